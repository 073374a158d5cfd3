//! Two accounts of one instruction replaced at once, drawn at random: what goes through consists of substitutes that go
//! through alone, or is another position or withdrawal together with what belongs to it.
//!
//! Half of the draws are pairs of which one account names the other, so that they fit each other. `BULKHEAD_PAIRS` and
//! `BULKHEAD_SEED` for longer or other runs.

use std::collections::BTreeMap;

use bulkhead_tests::random::{Random, from_environment};
use solana_account::{Account, ReadableAccount};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use super::accepted::{Accepted, UNSPECIFIC};
use super::chain::{Chain, Outcome};
use super::families::FAMILY;
use super::interface::Interface;
use super::substitutes::Substitute;

/// Pairs tried in each situation.
const PAIRS: u64 = 1_000;
const SEED: u64 = 3;

/// A substitute that was tried alone.
pub(super) struct Single {
    pub(super) slot: String,
    pub(super) substitute: Substitute,
    pub(super) went_through: bool,
}

impl Single {
    /// The place at which it differs, and the address that it has there.
    fn change(&self, base: &Instruction) -> Option<(usize, Pubkey)> {
        let mut changed = self.substitute.instruction.accounts.iter().zip(&base.accounts).enumerate();
        let (place, (meta, _)) = changed.find(|(_, (meta, base))| meta.pubkey != base.pubkey)?;
        Some((place, meta.pubkey))
    }
}

/// What was tried in all situations.
pub(crate) struct Pairs {
    each: u64,
    random: Random,
    pub(super) attempts: u64,
    pub(super) went_through: u64,
    /// Those of which one goes through only with the other, by instruction, and a set-up in which they do.
    together: BTreeMap<(String, [String; 2]), String>,
    complaints: Vec<String>,
}

/// Two that are tried at once.
struct Pair<'a> {
    both: [&'a Single; 2],
    instruction: Instruction,
    there: Vec<(Pubkey, Account)>,
}

impl<'a> Pair<'a> {
    /// None where both change the same account.
    fn of(base: &Instruction, both: [&'a Single; 2]) -> Option<Self> {
        let [one, other] = both.map(|single| &single.substitute.instruction.accounts);
        let merged = |((one, other), base): ((&AccountMeta, &AccountMeta), &AccountMeta)| {
            let is_conflict = one != base && other != base;
            (!is_conflict).then(|| if one == base { other.clone() } else { one.clone() })
        };
        let accounts = one.iter().zip(other).zip(&base.accounts).map(merged).collect::<Option<Vec<_>>>()?;
        let there = both.iter().filter_map(|single| single.substitute.there.clone()).collect();
        Some(Self { both, instruction: Instruction { accounts, ..base.clone() }, there })
    }
}

impl Pairs {
    pub(super) fn new() -> Self {
        Self {
            each: from_environment("BULKHEAD_PAIRS", PAIRS),
            random: Random::new(from_environment("BULKHEAD_SEED", SEED)),
            attempts: 0,
            went_through: 0,
            together: BTreeMap::new(),
            complaints: Vec::new(),
        }
    }

    /// Tries pairs of what was tried alone in one situation.
    pub(super) fn try_some(
        &mut self,
        (chain, interface): (&mut Chain, &Interface),
        (name, set_up): (&str, &str),
        base: &Instruction,
        singles: &[Single],
    ) {
        let kin = Kin::among(chain, base, singles);
        let mut slots: BTreeMap<&str, Vec<&Single>> = BTreeMap::new();
        for single in singles.iter().filter(|single| single.slot != FAMILY) {
            slots.entry(&single.slot).or_default().push(single);
        }
        let slots = slots.into_values().collect::<Vec<_>>();
        if slots.len() < 2 {
            return;
        }
        for _ in 0..self.each {
            let both = match kin.draw(&mut self.random, singles) {
                Some(both) if self.random.chance(50) => both,
                _ => self.any_two(&slots),
            };
            let Some(pair) = Pair::of(base, both) else { continue };
            self.attempts += 1;
            let called = both.map(|single| format!("{}: {}", single.slot, single.substitute.name));
            let what = || format!("{name}, {set_up}: {}", called.join(" with "));
            match chain.attempt(interface, &pair.instruction, &pair.there) {
                Outcome::Success => {
                    self.went_through += 1;
                    if !is_accounted_for(&pair, singles) {
                        self.together.insert((name.to_owned(), called), set_up.to_owned());
                    }
                }
                Outcome::Refused(error) if !UNSPECIFIC.contains(&error.as_str()) => (),
                Outcome::Refused(error) => self.complaints.push(format!("{} is refused by {error}", what())),
                Outcome::Leaky(error) => self.complaints.push(format!("{}: {error}", what())),
            }
        }
    }

    fn any_two<'a>(&mut self, slots: &[Vec<&'a Single>]) -> [&'a Single; 2] {
        let most = slots.len() as u64 - 1;
        let first = self.random.range(0, most) as usize;
        let second = (first + self.random.range(1, most) as usize) % slots.len();
        [first, second].map(|slot| self.random.pick(&slots[slot]))
    }

    /// What went through together and not alone is on the list; and pairs did go through.
    pub(super) fn judge(&self, accepted: &Accepted, complaints: &mut Vec<String>) {
        complaints.extend_from_slice(&self.complaints);
        for ((instruction, pair), set_up) in &self.together {
            if !accepted.may_together(instruction, [&pair[0], &pair[1]]) {
                complaints.push(format!("{instruction}, {set_up}: {} goes through", pair.join(" with ")));
            }
        }
        if self.together.is_empty() {
            complaints.push("no pair goes through that fits itself only: none was drawn".to_owned());
        }
    }
}

/// Both go through alone, or they are a family that does.
fn is_accounted_for(pair: &Pair, singles: &[Single]) -> bool {
    let is_family = |single: &Single| {
        single.slot == FAMILY
            && single.went_through
            && single.substitute.instruction.accounts == pair.instruction.accounts
    };
    pair.both.iter().all(|single| single.went_through)
        || (pair.there.is_empty() && singles.iter().any(is_family))
}

/// Substitutes of which one names the other.
struct Kin(Vec<[usize; 2]>);

impl Kin {
    fn among(chain: &Chain, base: &Instruction, singles: &[Single]) -> Self {
        let known = singles.iter().enumerate().filter(|(_, single)| single.slot != FAMILY);
        let changes: Vec<_> = known
            .filter_map(|(number, single)| Some((number, single.change(base)?)))
            .filter(|(number, _)| singles[*number].substitute.there.is_none())
            .collect();
        let names = |one: &Pubkey, other: &Pubkey| {
            let data = chain.get(one).map_or(&[][..], |account| account.data());
            // A program and an empty key are named by everything.
            *other != Pubkey::default()
                && data.len() < 20_000
                && data.windows(32).any(|bytes| bytes == other.as_ref())
        };
        let mut related: BTreeMap<(Pubkey, Pubkey), bool> = BTreeMap::new();
        let mut kin = Vec::new();
        for (one, (place, address)) in &changes {
            for (other, (other_place, other_address)) in &changes {
                let mut is_kin = || {
                    *related
                        .entry((*address, *other_address))
                        .or_insert_with(|| names(address, other_address))
                };
                if place != other_place && is_kin() {
                    kin.push([*one, *other]);
                }
            }
        }
        Self(kin)
    }

    fn draw<'a>(&self, random: &mut Random, singles: &'a [Single]) -> Option<[&'a Single; 2]> {
        (!self.0.is_empty()).then(|| random.pick(&self.0).map(|number| &singles[number]))
    }
}
