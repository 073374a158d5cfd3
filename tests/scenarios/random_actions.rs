//! Random sequences of actions on the compiled program; every invariant after every action.
//!
//! A run is a number of lives: a fresh town each, in which a market is wound down and the oracle of another
//! dies. `BULKHEAD_ACTIONS` and `BULKHEAD_SEED` for longer or other runs. A failure names the seed of its life
//! and after how many actions it came, which is the shortest prefix: the two variables repeat it. Put both
//! into regressions.txt once it is understood.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::act::act;
use crate::actions::draw;
use crate::coverage::{Counts, assert_complete};
use crate::ending::LIFE;
use crate::random::{Random, from_environment};
use crate::town::Town;

const ACTIONS: u64 = 40_000;
const SEED: u64 = 7;
/// Lives at a time.
const THREADS: u64 = 2;

#[test]
fn random_actions_keep_every_invariant() {
    let actions = from_environment("BULKHEAD_ACTIONS", ACTIONS);
    let seed = from_environment("BULKHEAD_SEED", SEED);
    let done = run(seed, actions);
    for (name, count) in &done {
        println!("{count:>6} {name}");
    }
    if actions >= ACTIONS {
        assert_complete(&done);
    }
}

/// What once failed: a seed and a number of actions a line, and behind a number sign why.
#[test]
fn regressions_stay_mended() {
    for line in include_str!("regressions.txt").lines() {
        let mut numbers = line.split('#').next().unwrap_or_default().split_whitespace().map(str::parse);
        if let (Some(Ok(seed)), Some(Ok(actions))) = (numbers.next(), numbers.next()) {
            run(seed, actions);
        }
    }
}

/// All lives, as many at a time as there are threads; each stands on its own seed.
fn run(seed: u64, actions: u64) -> Counts {
    let (lives, next) = (actions.div_ceil(LIFE), AtomicU64::new(0));
    let work = || {
        let mut done = Counts::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= lives {
                return done;
            }
            live(seed + number, LIFE.min(actions - number * LIFE), &mut done);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS.min(lives)).map(|_| scope.spawn(work)).collect();
        let mut all = Counts::new();
        for thread in threads {
            let done = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (name, count) in done {
                *all.entry(name).or_default() += count;
            }
        }
        all
    })
}

fn live(seed: u64, actions: u64, done: &mut Counts) {
    let mut town = Town::new(seed);
    let mut random = Random::new(seed);
    for number in 1..=actions {
        let Some(plan) = draw(&mut random, &mut town, number) else { continue };
        if let Err(breach) = act(&mut town, &plan, done) {
            panic!("BULKHEAD_SEED={seed} BULKHEAD_ACTIONS={number}, {}: {breach}", plan.name);
        }
    }
}
