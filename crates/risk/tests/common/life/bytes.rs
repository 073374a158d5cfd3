//! A life out of arbitrary bytes: what a fuzzer turns, and what its corpus is replayed with.

use std::collections::BTreeMap;

use bulkhead_risk::Side;
use bulkhead_risk::transition::Frozen;

use super::{Action, World, live_in};

/// Most actions of one life.
const ACTIONS_MAX: usize = 200;

/// Takes numbers off the front of some bytes; behind the end everything is zero.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> u64 {
        u64::from(self.byte()) | u64::from(self.byte()) << 8 | u64::from(self.byte()) << 16
    }

    /// A number in `low..=high`.
    fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low + 1)
    }

    fn place(&mut self) -> usize {
        usize::from(self.byte() % 8)
    }

    fn action(&mut self) -> Action {
        match self.byte() % 17 {
            0 => Action::Sample(self.within(985_000, 1_015_000), self.within(1, 40) as i64, 0),
            1 => Action::Sample(self.within(700_000, 1_300_000), self.within(1, 120) as i64, 0),
            2 => Action::Sample(
                self.within(900_000, 1_100_000),
                self.within(1, 20_000) as i64,
                self.within(0, 12_000),
            ),
            3 | 4 => Action::Open(
                if self.byte().is_multiple_of(2) { Side::Long } else { Side::Short },
                self.within(1, 2_000_000),
                self.within(20, 1_000),
                self.within(50_000, 1_000_000) as u32,
            ),
            5 => Action::Increase(self.place(), self.within(1, 500_000)),
            6 | 7 => Action::Decrease(self.place(), self.within(1, 1_300_000)),
            8 => Action::Add(self.place(), self.within(1, 50_000)),
            9 => Action::Remove(self.place(), self.within(1, 1_000_000)),
            10 => Action::Refresh(self.place()),
            11 => Action::Liquidate(self.frozen()),
            12 => Action::Settle(self.place()),
            13 => Action::Collect(self.place()),
            14 => match self.byte() % 2 {
                0 => Action::Deposit(self.within(1, 1_000_000)),
                _ => Action::Withdraw(self.within(0, 1_000_000)),
            },
            15 => Action::TopUp(self.place(), self.within(1, 50_000)),
            _ => match self.byte() {
                // Rare, because little happens afterwards.
                0..8 => Action::End,
                byte => Action::SettleFinal(usize::from(byte % 8), byte >= 128),
            },
        }
    }

    fn frozen(&mut self) -> Frozen {
        let byte = self.byte();
        Frozen { vault: byte & 3 == 3, insurance: byte & 12 == 12 }
    }
}

/// The first byte chooses the market, the others what happens in it; how often each thing happened.
pub fn live_of_bytes(data: &[u8]) -> BTreeMap<String, u32> {
    let mut bytes = Bytes(data);
    let kind = bytes.byte();
    let mut world = World::new(kind & 1 == 1);
    let params = &mut world.market.params;
    if kind & 2 == 2 {
        params.trade_fee_ppm = bulkhead_risk::Ppm(u32::from(kind) * 19);
    }
    if kind & 4 == 4 {
        params.impact_scale_quote_atoms = bulkhead_risk::QuoteAtoms::ZERO;
    }
    if kind & 8 == 8 {
        (params.borrow_kink_rate_e12, params.borrow_full_rate_e12) = (317_098, 317_098);
        (params.funding_rate_max_e12, params.funding_velocity_max_e18) = (317_098, 88_082_778);
    }
    params.validate().expect("within the bounds of every market");
    let mut actions = Vec::new();
    while !bytes.0.is_empty() && actions.len() < ACTIONS_MAX {
        actions.push(bytes.action());
    }
    live_in(world, &actions)
}
