//! A short crash with many traders: what the protocol promises holds while keepers fail and prices cascade, and
//! nothing is lost in the books of any venue.

use std::sync::LazyLock;

use bulkhead_lab::path::synthetic::DEFAULT_SEED;
use bulkhead_lab::stress::{Event, Feedback, Row, Setting, Venue, draw, holds, play, play_event};

static EVENT: LazyLock<Event> = LazyLock::new(|| Event::built_in(DEFAULT_SEED, 4).unwrap());
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| play_event(&EVENT, &setting(100)).unwrap());

/// Few traders in a pool that fits them; depth small enough that they move the price.
fn setting(depth_percent: u32) -> Setting {
    Setting {
        people: draw(250, DEFAULT_SEED),
        seed: DEFAULT_SEED,
        pool_atoms: 3_000_000_000_000,
        insurance_atoms: 10_000_000_000,
        feedback: Feedback { depth_percent: depth_percent / 50, half_life_secs: 300 },
    }
}

fn of<'a>(scenario: &'a str, venue: &'a str) -> &'a Row {
    let found = ROWS.iter().find(|row| row.scenario.name == scenario && row.venue.label() == venue);
    found.expect("every scenario is played at every venue")
}

#[test]
fn stress_ok_promises_hold_in_every_scenario() {
    assert_eq!(ROWS.len(), 16);
    assert!(holds(&ROWS), "{ROWS:#?}");
    for row in ROWS.iter() {
        assert!(row.tally.books_balance, "{row:?}");
        assert_eq!(row.tally.winners_unpaid, 0, "{row:?}");
        assert!(row.tally.opened > 200 && row.tally.hit > 50 && row.tally.payouts > 0, "{row:?}");
        if row.venue != Venue::Cross {
            assert_eq!(row.tally.contagion, 0, "{row:?}");
        }
    }
}

#[test]
fn stress_ok_one_account_liquidates_what_was_sound_alone() {
    assert!(of("keepers fine", "cross margin").tally.contagion > 0);
}

#[test]
fn stress_ok_dead_keepers_cost_the_pool_and_insurance_pays_within_its_limits() {
    let (fine, dead) = (&of("keepers fine", "Bulkhead").tally, &of("dead for 30 min", "Bulkhead").tally);
    assert!(dead.bad_debt > fine.bad_debt && dead.insolvent > fine.insolvent, "{fine:?} {dead:?}");
    assert!(dead.insured <= dead.bad_debt);
    assert!(dead.slowest_secs > 600 && fine.slowest_secs < 60, "{fine:?} {dead:?}");
}

#[test]
fn stress_ok_feedback_pushes_the_price_and_the_same_seed_gives_the_same_run() {
    let scenario = ROWS[0].scenario;
    let again = play(&EVENT, &setting(100), scenario, Venue::Bulkhead).unwrap();
    assert_eq!(again, ROWS[0].tally);
    let without = play(&EVENT, &setting(0), scenario, Venue::Bulkhead).unwrap();
    assert_eq!(without.overshoot_ppm, [0, 0]);
    assert!(again.overshoot_ppm.iter().all(|ppm| *ppm > 1_000), "{again:?}");
    assert!(again.parts + again.wholes > without.parts + without.wholes, "{again:?} {without:?}");
}
