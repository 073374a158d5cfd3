//! Lives out of arbitrary bytes: what the fuzzer plays, and what is replayed of it.

use crate::act::{GARBLED, act};
use crate::actions::{Plan, draw};
use crate::coverage::Counts;
use crate::ending::begin_late;
use crate::random::Random;
use crate::town::{Town, ending_of};

/// Bytes that say where a life begins, and bytes that say what one action is: the first whether its arguments are
/// garbled, the last two seed what the others do not say.
pub(crate) const HEAD: usize = 3;
pub(crate) const RECORD: usize = 20;
const GARBLED_OF_256: u8 = 24;
/// Not garbled: whoever governs means what they say, and one thing that is wrong is enough.
const LEFT: [&str; 5] = ["queue", "propose", "pause", "unpause", "wrong account"];
/// Actions of a life, so that it ends within a second.
pub(crate) const ACTIONS_MAX: usize = 160;
/// Random actions that lie behind the towns in which lives begin.
const BEHIND: [u64; 4] = [0, 60, 250, 900];
const SEED: u64 = 21;

/// Towns of several ages to begin in.
pub(crate) struct Starts(Vec<Town>);

impl Starts {
    pub(crate) fn new() -> Self {
        let (mut town, mut random) = (Town::new(SEED), Random::new(SEED));
        let mut towns = Vec::new();
        for number in 0..=BEHIND[BEHIND.len() - 1] {
            if BEHIND.contains(&number) {
                towns.push(town.clone());
            }
            if let Some(plan) = draw(&mut random, &mut town, number + 1) {
                act(&mut town, &plan, &mut Counts::new()).expect("the scenarios' own actions");
            }
        }
        Self(towns)
    }

    /// For whoever looks at what runs.
    #[allow(dead_code)] // Only the fuzzer does.
    pub(crate) fn each_chain(&mut self, look: impl FnMut(&mut litesvm::LiteSVM)) {
        self.0.iter_mut().map(|town| &mut town.world.svm).for_each(look);
    }

    /// Plays the life that these bytes describe; an error is a breach of an invariant.
    pub(crate) fn live(&self, data: &[u8], done: &mut Counts) -> Result<(), String> {
        let Some(([start, late, ending], records)) = data.split_first_chunk::<HEAD>() else { return Ok(()) };
        let mut town = self.0[usize::from(*start) % self.0.len()].clone();
        town.ending = ending_of(u64::from(*ending));
        let age = begin_late(&mut town, *late);
        for (number, record) in (age + 1..).zip(records.chunks(RECORD).take(ACTIONS_MAX)) {
            let (first, choices) = record.split_first().expect("chunks are not empty");
            let mut random = Random::of_bytes(choices);
            let Some(mut plan) = draw(&mut random, &mut town, number) else { continue };
            if *first < GARBLED_OF_256 && !LEFT.contains(&plan.name) {
                garble(&mut random, &mut plan);
            }
            act(&mut town, &plan, done)
                .map_err(|breach| format!("action {}, {}: {breach}", number - age, plan.name))?;
        }
        Ok(())
    }
}

/// Writes something else into the arguments.
fn garble(random: &mut Random, plan: &mut Plan) {
    let last = plan.instructions.last_mut().expect("a plan sends something");
    let arguments = last.data.get_mut(8..).unwrap_or_default();
    if last.program_id != bulkhead_client::ID || arguments.is_empty() || plan.view.is_some() {
        return;
    }
    let at = random.range(0, arguments.len() as u64 - 1) as usize;
    let number = 8.min(arguments.len() - at);
    match random.range(0, 4) {
        0 => arguments[at] = random.bits() as u8,
        1 => arguments[at] = arguments[at].wrapping_add(1),
        2 => arguments[at] = arguments[at].wrapping_sub(1),
        3 => arguments[at..at + number].fill(random.pick(&[0, 0x7f, 0x80, 0xff])),
        _ => {
            let value = random.magnitude(0, u64::MAX).to_le_bytes();
            arguments[at..at + number].copy_from_slice(&value[..number]);
        }
    }
    (plan.name, plan.is_sure) = (GARBLED, false);
}
