//! What has been sent and what waits: an action that is planned again and again is sent once, a failing one
//! less and less often, and keepers that stand beside each other take turns.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use solana_pubkey::Pubkey;

use crate::action::ActionKey;
use crate::config::{Send, Stagger};

/// An action in flight that nobody reports on is given up after so long: a blockhash lives no longer.
const IN_FLIGHT_MAX: Duration = Duration::from_secs(120);
/// In a dry run an action is shown again after so long.
const REHEARSED_HOLD: Duration = Duration::from_secs(60);
/// So many steps long a peer that is at work is trusted to get to an action.
const CREDIT_STEPS: u32 = 6;
/// Jitter has so many steps, so that actions of one step can share a transaction.
const JITTER_STEPS: u64 = 4;

/// Whose turn it is.
#[derive(Clone, Debug)]
pub struct Turns {
    own: Pubkey,
    peers: Vec<Pubkey>,
    step: Duration,
    jitter: Duration,
}

impl Turns {
    /// Of the keeper `own` among those that `settings` names.
    pub fn new(own: Pubkey, settings: &Stagger) -> Self {
        let peers = settings.peers.iter().map(|peer| peer.0).filter(|peer| *peer != own).collect();
        let (step, jitter) = (settings.step_ms, settings.jitter_ms);
        Self { own, peers, step: Duration::from_millis(step), jitter: Duration::from_millis(jitter) }
    }

    /// How long this keeper leaves an action to others: a step for each peer that the action falls to first,
    /// and its own jitter against those that it does not know. With it comes the first of those peers.
    fn of(&self, key: &ActionKey) -> (Duration, Option<usize>) {
        let own = draw(key, &self.own);
        let draws = self.peers.iter().enumerate().map(|(place, peer)| (draw(key, peer), place));
        let before: Vec<_> = draws.filter(|(number, _)| *number < own).collect();
        let step = u32::try_from(own % JITTER_STEPS).unwrap_or_default();
        let jitter = self.jitter * step / u32::try_from(JITTER_STEPS - 1).unwrap_or(1);
        let steps = u32::try_from(before.len()).unwrap_or(u32::MAX);
        (self.step * steps + jitter, before.into_iter().min().map(|(_, place)| place))
    }
}

/// The same number for everybody who asks, whatever it was built with: FNV-1a, and then mixed until every bit
/// counts.
///
/// By the account alone and not by the duty: who flags a position also liquidates it.
fn draw(key: &ActionKey, keeper: &Pubkey) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = key.target.as_ref().iter().chain(keeper.as_ref());
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    // The finaliser of MurmurHash3.
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// How an action that was sent came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It landed. It is not sent again before what it did has been heard of.
    Landed,
    /// It failed by itself.
    Failed,
    /// It failed for the company it was in: it is tried again at once, alone.
    Dragged,
    /// It failed for another's fault: it is tried again at once.
    Freed,
    /// Nothing is known against it: another was first, or it did not land.
    Missed,
    /// It was only rehearsed: that is enough for a while.
    Rehearsed,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    first_planned: Instant,
    round: u64,
    in_flight_until: Option<Instant>,
    not_before: Option<Instant>,
    failures: u32,
    is_alone: bool,
    was_sent: bool,
}

/// Everything that is planned or in flight.
#[derive(Debug)]
pub struct Table {
    entries: HashMap<ActionKey, Entry>,
    turns: Turns,
    hold: Duration,
    backoff: Duration,
    backoff_max: Duration,
    round: u64,
    /// When each peer was last seen to do what falls to it first.
    active: Vec<Option<Instant>>,
}

impl Table {
    /// An empty one.
    pub fn new(turns: Turns, settings: &Send) -> Self {
        Self {
            entries: HashMap::new(),
            active: vec![None; turns.peers.len()],
            turns,
            hold: Duration::from_millis(settings.hold_ms),
            backoff: Duration::from_millis(settings.backoff_ms),
            backoff_max: Duration::from_millis(settings.backoff_max_ms),
            round: 0,
        }
    }

    /// Begins a round of planning.
    pub fn begin(&mut self) {
        self.round += 1;
    }

    /// Notes that an action is planned, and says whether it may be sent now.
    pub fn is_due(&mut self, key: ActionKey, now: Instant) -> bool {
        let round = self.round;
        let entry = self.entries.entry(key).or_insert(Entry {
            first_planned: now,
            round,
            in_flight_until: None,
            not_before: None,
            failures: 0,
            is_alone: false,
            was_sent: false,
        });
        entry.round = round;
        let is_free = entry.in_flight_until.is_none_or(|until| until <= now);
        let is_ready = entry.not_before.is_none_or(|from| from <= now);
        let (delay, first) = self.turns.of(&key);
        let active = first.and_then(|peer| self.active.get(peer).copied().flatten());
        // A peer that is seen at work has more to do than it can do at once, and gets to this one too; but it
        // may also never, so its credit ends.
        let credit_end = entry.first_planned + self.turns.step * CREDIT_STEPS;
        let from = active.map_or(entry.first_planned, |at| at.clamp(entry.first_planned, credit_end));
        is_free && is_ready && from + delay <= now
    }

    /// Forgets what is planned no more, of the duties that `was_planned` in this round; what is in flight or
    /// waits stays.
    pub fn end(&mut self, now: Instant, was_planned: impl Fn(&ActionKey) -> bool) {
        let (round, turns, active) = (self.round, &self.turns, &mut self.active);
        self.entries.retain(|key, entry| {
            let waits = |until: Option<Instant>| until.is_some_and(|until| until > now);
            let stays = entry.round == round
                || waits(entry.in_flight_until)
                || waits(entry.not_before)
                || !was_planned(key);
            if !stays
                && !entry.was_sent
                && let Some(peer) = turns.of(key).1
            {
                active[peer] = Some(now);
            }
            stays
        });
    }

    /// Since when an action has been planned.
    pub fn planned_since(&self, key: &ActionKey) -> Option<Instant> {
        self.entries.get(key).map(|entry| entry.first_planned)
    }

    /// Whether an action has to go without company.
    pub fn is_alone(&self, key: &ActionKey) -> bool {
        self.entries.get(key).is_some_and(|entry| entry.is_alone)
    }

    /// Notes that an action is on its way.
    pub fn sent(&mut self, key: &ActionKey, now: Instant) {
        if let Some(entry) = self.entries.get_mut(key) {
            (entry.in_flight_until, entry.was_sent) = (Some(now + IN_FLIGHT_MAX), true);
        }
    }

    /// Notes how it came out.
    pub fn ended(&mut self, key: &ActionKey, outcome: Outcome, now: Instant) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        entry.in_flight_until = None;
        match outcome {
            Outcome::Landed => {
                (entry.failures, entry.is_alone) = (0, false);
                // What follows is another action of the same name, with a turn of its own.
                entry.first_planned = now + self.hold;
                entry.not_before = Some(now + self.hold);
            }
            Outcome::Failed => {
                let wait = self.backoff.saturating_mul(1 << entry.failures.min(16));
                entry.failures += 1;
                entry.is_alone = true;
                entry.not_before = Some(now + wait.min(self.backoff_max));
            }
            Outcome::Dragged => entry.is_alone = true,
            Outcome::Freed => {}
            Outcome::Rehearsed => entry.not_before = Some(now + REHEARSED_HOLD),
            Outcome::Missed => entry.not_before = Some(now + self.backoff),
        }
    }

    /// How many are in flight.
    pub fn in_flight(&self, now: Instant) -> usize {
        self.entries.values().filter(|entry| entry.in_flight_until.is_some_and(|until| until > now)).count()
    }

    /// How many wait after a failure.
    pub fn backing_off(&self, now: Instant) -> usize {
        let waits = |entry: &&Entry| entry.failures > 0 && entry.not_before.is_some_and(|from| from > now);
        self.entries.values().filter(waits).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Address;
    use crate::duty::Duty;

    fn key(number: u8) -> ActionKey {
        ActionKey { duty: Duty::Liquidate, target: Pubkey::new_from_array([number; 32]) }
    }

    fn keeper(number: u8) -> Pubkey {
        Pubkey::new_from_array([number; 32])
    }

    fn settings(peers: &[u8], jitter_ms: u64) -> Stagger {
        let peers = peers.iter().map(|peer| Address(keeper(*peer))).collect();
        Stagger { peers, step_ms: 1_000, jitter_ms }
    }

    fn table() -> Table {
        Table::new(Turns::new(keeper(1), &settings(&[], 0)), &Send::default())
    }

    #[test]
    fn an_action_in_flight_is_sent_once_and_given_up_in_the_end() {
        let (mut table, now) = (table(), Instant::now());
        table.begin();
        assert!(table.is_due(key(1), now));
        table.sent(&key(1), now);
        assert!(!table.is_due(key(1), now));
        assert_eq!(table.in_flight(now), 1);
        let later = now + IN_FLIGHT_MAX;
        assert!(table.is_due(key(1), later));
        assert_eq!(table.in_flight(later), 0);
    }

    #[test]
    fn what_landed_is_held_and_what_fails_waits_longer_each_time() {
        let (mut table, mut now) = (table(), Instant::now());
        table.begin();
        assert!(table.is_due(key(1), now));
        table.sent(&key(1), now);
        table.ended(&key(1), Outcome::Landed, now);
        assert!(!table.is_due(key(1), now + Duration::from_millis(2_400)));
        now += Duration::from_millis(2_500);
        assert!(table.is_due(key(1), now));
        for wait_secs in [1, 2, 4, 8, 16, 32, 60, 60] {
            table.sent(&key(1), now);
            table.ended(&key(1), Outcome::Failed, now);
            assert!(table.is_alone(&key(1)));
            assert!(!table.is_due(key(1), now + Duration::from_secs(wait_secs) - Duration::from_millis(1)));
            assert_eq!(table.backing_off(now), 1);
            now += Duration::from_secs(wait_secs);
            assert!(table.is_due(key(1), now), "{wait_secs}");
        }
        table.sent(&key(1), now);
        table.ended(&key(1), Outcome::Landed, now);
        assert!(!table.is_alone(&key(1)));
    }

    #[test]
    fn what_was_dragged_is_tried_at_once_and_alone() {
        let (mut table, now) = (table(), Instant::now());
        table.begin();
        assert!(table.is_due(key(1), now));
        table.sent(&key(1), now);
        table.ended(&key(1), Outcome::Dragged, now);
        assert!(table.is_due(key(1), now) && table.is_alone(&key(1)));
    }

    #[test]
    fn end_forgets_what_is_planned_no_more_and_keeps_what_waits() {
        let (mut table, now) = (table(), Instant::now());
        table.begin();
        for number in 1..=3 {
            table.is_due(key(number), now);
        }
        table.sent(&key(2), now);
        table.begin();
        table.is_due(key(3), now);
        table.end(now, |_| true);
        assert!(table.planned_since(&key(1)).is_none());
        assert!(table.planned_since(&key(2)).is_some() && table.planned_since(&key(3)).is_some());
        table.begin();
        table.end(now, |_| false);
        assert!(table.planned_since(&key(3)).is_some());
    }

    #[test]
    fn every_action_falls_to_one_keeper_first_and_to_the_others_a_step_later() {
        let all = [1, 2, 3];
        let turns: Vec<_> = all.iter().map(|own| Turns::new(keeper(*own), &settings(&all, 0))).collect();
        let mut firsts = [0; 3];
        for number in 0..=255 {
            let mut delays: Vec<_> = turns.iter().map(|turns| turns.of(&key(number)).0.as_secs()).collect();
            firsts[delays.iter().position(|delay| *delay == 0).unwrap()] += 1;
            delays.sort_unstable();
            assert_eq!(delays, [0, 1, 2]);
        }
        assert!(firsts.iter().all(|count| (55..=120).contains(count)), "{firsts:?}");
    }

    #[test]
    fn a_peer_at_work_is_trusted_for_a_while_and_a_dead_one_is_not() {
        let mut table = Table::new(Turns::new(keeper(1), &settings(&[1, 2], 0)), &Send::default());
        let now = Instant::now();
        let theirs: Vec<_> =
            (0..=255).map(key).filter(|key| !table.turns.of(key).0.is_zero()).take(20).collect();
        let at = |millis| now + Duration::from_millis(millis);
        // Every 900 ms the peer does one more; the others stay its own until the credit ends.
        for (round, millis) in (0..).zip((0..7_000).step_by(900)) {
            table.begin();
            for key in &theirs[round..] {
                assert!(!table.is_due(*key, at(millis)), "{millis}");
            }
            table.end(at(millis), |_| true);
        }
        table.begin();
        assert!(table.is_due(theirs[19], at(7_001)));
        // A dead one's are due after a step.
        let mut table = Table::new(Turns::new(keeper(1), &settings(&[1, 2], 0)), &Send::default());
        table.begin();
        assert!(!table.is_due(theirs[0], at(0)));
        assert!(table.is_due(theirs[0], at(1_000)));
    }

    #[test]
    fn jitter_spreads_over_its_width() {
        let turns = Turns::new(keeper(1), &settings(&[], 600));
        let mut delays: Vec<_> = (0..=255).map(|number| turns.of(&key(number)).0.as_millis()).collect();
        delays.sort_unstable();
        delays.dedup();
        assert_eq!(delays, [0, 200, 400, 600]);
    }
}
