//! Every account of every instruction replaced by every account that could be taken for it: each attempt is refused
//! with an error of its own and changes nothing, or stands in `matrix/accepted.toml` with the reason why it may.
//!
//! Two at once are tried at random ([`pairs`]). The instructions come from the committed IDL, the situations from [`bulkhead_tests::set_ups`], in which each of them
//! goes through. `BULKHEAD_BLESS=1` rewrites `docs/substitution.md`.

mod accepted;
mod chain;
mod crowd;
mod families;
mod interface;
mod names;
mod pairs;
mod substitutes;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bulkhead_lab::world::World;
use bulkhead_tests::set_ups;
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use accepted::Accepted;
use chain::{Chain, Outcome};
use families::FAMILY;
use interface::Interface;
use names::Scene;
use pairs::{Pairs, Single};

/// Of one account of one instruction: substitutes by what they came to.
#[derive(Default)]
pub(crate) struct Tried {
    attempts: u64,
    /// Substitutes by the error that refused them.
    refused: BTreeMap<String, BTreeSet<String>>,
    /// Substitutes that went through, with the set-up.
    succeeded: BTreeSet<(String, String)>,
}

/// By instruction and slot.
type Matrix = BTreeMap<(String, String), Tried>;

struct Run {
    interface: Interface,
    crowd: Vec<(Pubkey, Account)>,
    matrix: Matrix,
    pairs: Pairs,
    complaints: Vec<String>,
}

impl Run {
    fn try_all(&mut self, world: &World, set_up: &str, instruction: &Instruction) {
        let free = instruction.accounts.iter().map(|meta| meta.pubkey).collect::<Vec<_>>();
        let mut chain = Chain::of(&world.svm, world.fee_payer, &self.crowd, &free);
        substitutes::add_siblings(&mut chain, instruction);
        let described = self.interface.of(instruction);
        let base = chain.attempt(&self.interface, instruction, &[]);
        assert_eq!(base, Outcome::Success, "{}, {set_up}", described.name);
        let scene = Scene {
            described,
            instruction,
            chain: &chain,
            admin: world.admin,
            guardian: world.guardian,
            fee_receiver: world.fee_receiver,
        };
        let of_place = |place| (described.slot(place).to_owned(), scene.substitutes(place));
        let mut all = (0..instruction.accounts.len()).map(of_place).collect::<Vec<_>>();
        let families = scene.families();
        if !families.is_empty() {
            all.push((FAMILY.to_owned(), families));
        }
        let mut singles = Vec::new();
        for (slot, substitutes) in all {
            let tried = self.matrix.entry((described.name.clone(), slot.clone())).or_default();
            for substitute in substitutes {
                tried.attempts += 1;
                let name = substitute.name.clone();
                let outcome =
                    chain.attempt(&self.interface, &substitute.instruction, substitute.there.as_slice());
                let went_through = outcome == Outcome::Success;
                singles.push(Single { slot: slot.clone(), substitute, went_through });
                match outcome {
                    Outcome::Success => drop(tried.succeeded.insert((name, set_up.to_owned()))),
                    Outcome::Refused(error) => drop(tried.refused.entry(error).or_default().insert(name)),
                    Outcome::Leaky(error) => {
                        let complaint = format!("{}.{slot}, {set_up}, {name}: {error}", described.name);
                        self.complaints.push(complaint);
                    }
                }
            }
        }
        let situation = (described.name.as_str(), set_up);
        self.pairs.try_some((&mut chain, &self.interface), situation, instruction, &singles);
    }

    /// Every instruction and account of the IDL has been tried.
    fn require_complete(&mut self) {
        for described in &self.interface.instructions {
            for slot in &described.accounts {
                let key = (described.name.clone(), slot.name.clone());
                if !self.matrix.contains_key(&key) {
                    self.complaints.push(format!("{}.{}: no set-up comes to it", key.0, key.1));
                }
            }
        }
    }
}

#[test]
fn accounts_fail_when_substituted() {
    let crowd = crowd::crowd();
    let mut run = Run {
        interface: Interface::committed(),
        crowd,
        matrix: Matrix::new(),
        pairs: Pairs::new(),
        complaints: Vec::new(),
    };
    set_ups::walk(&mut |world, set_up, instruction| {
        run.try_all(world, set_up, &instruction);
        world.send(&[instruction]).unwrap_or_else(|failed| panic!("{set_up}: {failed}"))
    });
    run.require_complete();
    let accepted = Accepted::committed();
    accepted.judge(&run.matrix, &mut run.complaints);
    run.pairs.judge(&accepted, &mut run.complaints);
    println!("{} pairs, of which {} went through", run.pairs.attempts, run.pairs.went_through);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/substitution.md");
    let text = table::render(&run.interface, &run.matrix, &accepted);
    if std::env::var("BULKHEAD_BLESS").is_ok_and(|bless| bless == "1") {
        fs::write(&file, &text).expect("the table can be written");
    }
    if fs::read_to_string(&file).unwrap_or_default() != text {
        run.complaints
            .push("docs/substitution.md is not what was tried: BULKHEAD_BLESS=1 rewrites it".to_owned());
    }
    assert!(run.complaints.is_empty(), "{}", run.complaints.join("\n"));
}
