//! A market with nobody in it but one attacker and his accounts, and all that he can do there.
#![allow(unreachable_pub)] // A part of the test.

use crate::common::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub enum Action {
    /// Side, dollars, collateral over notional in 1/1,000, payout cap.
    Open(Side, u64, u64, u32),
    Increase(usize, u64),
    /// By order, so many ppm of it; a million and more: all.
    Decrease(usize, u64),
    Remove(usize, u64),
    /// The attacker as keeper: the first from there on that may be; vault and insurance frozen or not.
    Liquidate(usize, Frozen),
    SettleCapped(usize),
    Collect(usize),
    /// Funding, borrow fee and sightings run; the price stays.
    Wait(i64),
    /// Governance sets another scale, in thousand dollars; zero turns impact off.
    Scale(u64),
}

/// Rates of a market.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    pub live_fees: bool,
    pub carry: bool,
}

/// Ways in which the program could be wrong. What holds for the right one must fail for each of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    Nothing,
    /// Growth of the skew counts as paid for, whoever paid.
    EverythingCountsAsPaid,
    /// A change of the scale keeps the reference.
    ScaleKeepsTheReference,
}

pub fn actions() -> impl Strategy<Value = Action> {
    let place = 0_usize..8;
    let dollars = prop_oneof![20_u64..5_000, 100_000_u64..4_000_000];
    let frozen = (prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    prop_oneof![
        6 => (side(), dollars.clone(), 70_u64..300, 50_000_u32..=1_000_000)
            .prop_map(|(side, dollars, margin, cap)| Action::Open(side, dollars, margin, cap)),
        3 => (place.clone(), dollars).prop_map(|(place, dollars)| Action::Increase(place, dollars)),
        5 => (place.clone(), 1_u64..1_600_000).prop_map(|(place, part)| Action::Decrease(place, part)),
        1 => (place.clone(), 1_u64..1_000_000).prop_map(|(place, part)| Action::Remove(place, part)),
        5 => (place.clone(), frozen)
            .prop_map(|(place, (vault, insurance))| Action::Liquidate(place, Frozen { vault, insurance })),
        2 => place.clone().prop_map(Action::SettleCapped),
        1 => place.prop_map(Action::Collect),
        2 => prop_oneof![1_i64..60, 3_600_i64..400_000].prop_map(Action::Wait),
        1 => prop_oneof![Just(0_u64), 4_000_u64..400_000].prop_map(Action::Scale),
    ]
}

pub struct World {
    pub market: Market,
    pub now: UnixSeconds,
    pub positions: Vec<Position>,
    /// What the attacker has taken out, fees of a keeper too, less what he has put in.
    pub cash: i128,
    /// What insurance has paid him as a keeper.
    pub floors: i128,
    pub wrong: Wrong,
    pub seen: BTreeMap<&'static str, u32>,
}

impl World {
    pub fn new(scale: u64, rates: Rates, wrong: Wrong) -> Self {
        let mut market = market();
        let params = &mut market.params;
        params.open_interest_cap_quote_atoms = usd(1_000_000_000);
        params.skew_cap_quote_atoms = usd(1_000_000_000);
        params.pool_share_max_ppm = Ppm(500_000);
        params.utilisation_max_ppm = Ppm(900_000);
        params.impact_scale_quote_atoms = usd(scale * 1_000);
        params.trade_fee_ppm = Ppm(if rates.live_fees { 600 } else { 0 });
        params.keeper_floor_quote_atoms = QuoteAtoms(if rates.live_fees { 30_000 } else { 0 });
        if !rates.carry {
            (params.borrow_kink_rate_e12, params.borrow_full_rate_e12) = (0, 0);
            params.funding_skew_scale_quote_atoms = QuoteAtoms::ZERO;
        }
        let seen = BTreeMap::new();
        Self { market, now: NOW, positions: vec![], cash: 0, floors: 0, wrong, seen }
    }

    pub fn sample(&self) -> Sample {
        sample_at(self.market.oracle.index, self.now)
    }

    pub fn note(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// Everything to a later second, at this price.
    pub fn observe(&mut self, price: PriceE12, seconds: i64) {
        self.now = UnixSeconds(self.now.0 + seconds);
        let sample = sample_at(price, self.now);
        let _ = self.market.observe(&sample, Purpose::Update, self.now).unwrap();
    }

    pub fn store(&mut self, place: usize, position: Position, mut ledger: Ledger) {
        if self.wrong == Wrong::EverythingCountsAsPaid
            && ledger.long.open_interest != ledger.short.open_interest
        {
            ledger.impact_reference = self.market.oracle.index;
        }
        (self.positions[place], self.market.ledger) = (position, ledger);
    }

    pub fn act(&mut self, action: &Action) {
        let place_of = |place: usize| (!self.positions.is_empty()).then(|| place % self.positions.len());
        match *action {
            Action::Open(side, dollars, margin, cap) => self.open(side, dollars, margin, cap),
            Action::Increase(place, dollars) => {
                if let Some(place) = place_of(place) {
                    self.grow("increase", place, dollars, 1_000_000);
                }
            }
            Action::Decrease(place, part) => {
                place_of(place).into_iter().for_each(|it| self.decrease(it, part))
            }
            Action::Remove(place, part) => place_of(place).into_iter().for_each(|it| self.remove(it, part)),
            Action::Liquidate(place, frozen) => {
                let count = self.positions.len();
                let _ = (0..count).any(|step| self.liquidate((place + step) % count, frozen));
            }
            Action::SettleCapped(place) => place_of(place).into_iter().for_each(|it| self.settle_capped(it)),
            Action::Collect(place) => place_of(place).into_iter().for_each(|it| self.collect(it)),
            Action::Wait(seconds) => self.observe(self.market.oracle.index, seconds),
            Action::Scale(scale) => {
                self.market.params.impact_scale_quote_atoms = usd(scale * 1_000);
                if self.wrong != Wrong::ScaleKeepsTheReference {
                    self.market.ledger.impact_reference = PriceE12::ZERO; // As `apply_change` does.
                }
                self.note("scale");
            }
        }
    }

    pub fn open(&mut self, side: Side, dollars: u64, margin: u64, cap: u32) {
        let collateral = usd((dollars * margin / 1_000).max(1));
        self.positions.push(Position::pending(side, collateral));
        let place = self.positions.len() - 1;
        self.grow("open", place, dollars, cap);
        match self.positions[place].status {
            PositionStatus::Pending => drop(self.positions.pop()),
            _ => self.cash -= i128::from(collateral.0),
        }
    }

    pub fn grow(&mut self, what: &'static str, place: usize, dollars: u64, cap: u32) {
        let position = self.positions[place];
        let acceptable = if position.side == Side::Long { PriceE12(u64::MAX) } else { PriceE12(1) };
        let size = self.market.params.size_ceil(usd(dollars), self.market.oracle.index).unwrap();
        let args = IncreaseArgs { size, payout_cap_ppm: Ppm(cap), acceptable };
        if let Ok(done) = increase(&self.market, &position, &self.sample(), &args, self.now) {
            self.store(place, done.position, done.ledger);
            self.note(what);
        }
    }

    pub fn decrease(&mut self, place: usize, part: u64) {
        let position = self.positions[place];
        let acceptable = if position.side == Side::Long { PriceE12(1) } else { PriceE12(u64::MAX) };
        let size = BaseAtoms((u128::from(position.size.0) * u128::from(part) / 1_000_000).max(1) as u64);
        let args = DecreaseArgs { size, acceptable };
        if let Ok(done) = decrease(&self.market, &position, &self.sample(), &args, self.now) {
            self.store(place, done.position, done.ledger);
            self.note(if done.closed.is_full { "close" } else { "decrease" });
        }
    }

    pub fn remove(&mut self, place: usize, part: u64) {
        let position = self.positions[place];
        let amount = (u128::from(position.collateral.0) * u128::from(part) / 1_000_000).max(1) as u64;
        let amount = QuoteAtoms(amount);
        if let Ok(done) = remove_collateral(&self.market, &position, &self.sample(), amount, self.now) {
            self.store(place, done.position, done.ledger);
            self.cash += i128::from(amount.0);
            self.note("remove");
        }
    }

    /// With a second sighting where it takes one; whether it was liquidated.
    pub fn liquidate(&mut self, place: usize, frozen: Frozen) -> bool {
        for _sighting in 0..2 {
            let position = self.positions[place];
            if position.status != PositionStatus::Open {
                return false;
            }
            match liquidate(&self.market, &position, &self.sample(), frozen, self.now).unwrap() {
                Liquidation::Skipped { position, assessment } => {
                    self.positions[place] = position;
                    if assessment.readiness == Readiness::Healthy {
                        return false;
                    }
                    self.observe(self.market.oracle.index, 2);
                }
                Liquidation::Done(done) => {
                    self.store(place, done.position, done.ledger);
                    self.cash += i128::from(done.keeper_pay.0) + i128::from(done.settle_pay.0);
                    self.floors += i128::from(done.insured.to_keeper.0);
                    self.note(match (frozen.vault, done.reason, done.closed.is_full) {
                        (true, ..) => "frozen",
                        (_, LiquidationReason::BelowMaintenance, false) => "liquidated in part",
                        (_, LiquidationReason::BelowMaintenance, true) => "liquidated whole",
                        (_, LiquidationReason::Insolvent, _) => "insolvent",
                        (_, LiquidationReason::PayoutCapped, _) => "liquidated at the cap",
                    });
                    return true;
                }
            }
        }
        false
    }

    pub fn settle_capped(&mut self, place: usize) {
        if let Ok(done) = settle_capped(&self.market, &self.positions[place], &self.sample()) {
            self.store(place, done.position, done.ledger);
            self.cash += i128::from(done.keeper_pay.0);
            self.note("settled at the cap");
        }
    }

    pub fn collect(&mut self, place: usize) {
        if let Ok(done) = collect_frozen(&self.market.ledger, &self.positions[place]) {
            self.store(place, done.position, done.ledger);
            self.note("collected");
        }
    }

    /// What closing everything at the index would bring without impact and fees, or a loss that nobody pays.
    pub fn standing(&self) -> (i128, i128) {
        let (mut worth, mut bad) = (self.cash, 0);
        for position in &self.positions {
            let equity = match position.status {
                PositionStatus::Open => {
                    let accrued = position.accrued(&self.market.params, &self.market.ledger).unwrap();
                    accrued.value(&self.market.params, self.market.oracle.index).unwrap().equity.0
                }
                _ => {
                    let booked = i128::from(position.collateral.0) + i128::from(position.reserved.0);
                    booked - i128::from(position.frozen_owed.0)
                }
            };
            worth += equity.max(0);
            bad += (-equity).max(0);
        }
        (worth, bad)
    }

    /// Everybody leaves: by order, or, where the market is settled, at its price.
    pub fn end(&mut self, settles: bool) {
        if settles {
            self.market.status = MarketStatus::Settled;
            self.market.settlement_price = self.market.oracle.index;
        }
        for place in 0..self.positions.len() {
            if self.positions[place].status == PositionStatus::Open {
                if settles {
                    let done = settle_final(&self.market, &self.positions[place], false).unwrap();
                    self.store(place, done.position, done.ledger);
                    self.note("settled at the end");
                } else {
                    self.decrease(place, 1_000_000);
                }
            }
            self.collect(place);
            assert_eq!(self.positions[place].status, PositionStatus::Closed);
        }
    }

    /// What the present skew was charged and not paid back, at most: Phi at the reference, rounded up.
    pub fn potential(&self) -> i128 {
        let (params, ledger) = (&self.market.params, &self.market.ledger);
        let scale = u128::from(params.impact_scale_quote_atoms.0);
        if scale == 0 {
            return 0;
        }
        let skew = BaseAtoms(ledger.long.open_interest.0.abs_diff(ledger.short.open_interest.0));
        let x = u128::from(params.notional_ceil(skew, ledger.impact_reference).unwrap().0);
        let steep = scale / 4;
        let twice = if x <= steep { x * x } else { steep * (2 * x - steep) };
        twice.div_ceil(2 * scale) as i128
    }
}
