//! Lives of a market: prices, time, and several positions of both sides, one action after another. After each, what
//! is booked is what was moved, the sums are the sums, and nothing was rounded for whoever acts.

pub mod bytes;
mod leaving;
mod rounding;

use std::collections::BTreeMap;

use bulkhead_risk::liquidation::LiquidationReason;
use bulkhead_risk::transition::*;
use bulkhead_risk::volatility::Volatility;
use bulkhead_risk::*;

use super::state::*;

/// Something that happens to a market or to one of its positions, counted round those that there are.
#[derive(Clone, Debug)]
pub enum Action {
    /// Price by so many ppm, after so many seconds, with this confidence in ppm.
    Sample(u64, i64, u64),
    Open(Side, u64, u64, u32),
    Increase(usize, u64),
    Decrease(usize, u64),
    Add(usize, u64),
    Remove(usize, u64),
    Refresh(usize),
    /// The keeper goes round all positions; their vaults and the insurance vault are frozen or not.
    Liquidate(Frozen),
    Settle(usize),
    Collect(usize),
    Deposit(u64),
    /// Shares that leave, in ppm of those of the first provider.
    Withdraw(u64),
    /// A position is topped up by a plan of this amount, if it may be.
    TopUp(usize, u64),
    /// The market ends at its index; positions are settled from then on.
    End,
    /// A position of an ended market is closed, its vault frozen or not.
    SettleFinal(usize, bool),
}

/// A market and its positions, with what has come in from outside and gone out again.
pub struct World {
    pub market: Market,
    sample: Sample,
    now: UnixSeconds,
    positions: Vec<Position>,
    came_in: i128,
    seen: BTreeMap<String, u32>,
}

impl World {
    pub fn new(tight: bool) -> Self {
        let mut market = market();
        market.params.utilisation_max_ppm = Ppm(900_000);
        if tight {
            market.ledger.pool = usd(400_000);
            market.ledger.shares = Shares(400_000 * USD);
            market.params.pool_share_max_ppm = Ppm(500_000);
        }
        market.params.impact_scale_quote_atoms = usd(if tight { 400_000_000 } else { 4_000_000_000 });
        market.params.keeper_floor_quote_atoms = QuoteAtoms(30_000);
        market.volatility = Volatility::default();
        let sample = sample(PRICE);
        let _ = market.observe(&sample, Purpose::Update, NOW).unwrap();
        let came_in = i128::from(market.ledger.pool.0) + i128::from(market.ledger.insurance.0);
        Self { market, sample, now: NOW, positions: Vec::new(), came_in, seen: BTreeMap::new() }
    }

    fn is_over(&self) -> bool {
        self.market.status == MarketStatus::Settled
    }

    /// The place, counted round what there is.
    fn pick(&self, place: usize) -> Option<usize> {
        (!self.positions.is_empty()).then(|| place % self.positions.len())
    }

    fn note<T>(&mut self, what: &str, outcome: Result<T>) -> Option<T> {
        let name = match &outcome {
            Ok(_) => what.to_owned(),
            Err(error) => format!("{what}: {error:?}"),
        };
        let broken = [RiskError::Overflow, RiskError::DivisionByZero, RiskError::AccountingBroken];
        assert!(outcome.as_ref().err().is_none_or(|error| !broken.contains(error)), "{name}");
        *self.seen.entry(name).or_default() += 1;
        outcome.ok()
    }

    fn book(&mut self, place: usize, position: Position, ledger: Ledger, flow: PoolFlow, out_of_vault: u64) {
        self.book_with(place, position, ledger, flow, out_of_vault, 0);
    }

    /// The same where `into_pool` came into the pool vault from elsewhere than the position's.
    fn book_with(
        &mut self,
        place: usize,
        position: Position,
        ledger: Ledger,
        flow: PoolFlow,
        out_of_vault: u64,
        into_pool: i128,
    ) {
        let (old, vault) = (self.positions[place], self.market.ledger.pool_vault_booked().unwrap());
        let moved = i128::from(flow.to_vault.0) - i128::from(flow.to_pool.0);
        let collateral = i128::from(old.collateral.0) + moved - i128::from(out_of_vault);
        assert_eq!(i128::from(position.collateral.0), collateral, "the flow is not what was booked");
        let vault_after = i128::from(ledger.pool_vault_booked().unwrap().0);
        let expected = i128::from(vault.0) - moved + into_pool;
        assert_eq!(vault_after, expected, "the flow is not what the pool has booked");
        (self.positions[place], self.market.ledger) = (position, ledger);
    }

    pub fn act(&mut self, action: &Action) {
        if self.is_over() && action.needs_a_price() {
            return;
        }
        match *action {
            Action::Sample(ppm, seconds, conf) => self.observe(ppm, seconds, conf),
            Action::Open(side, dollars, margin, cap) => self.open(side, dollars, margin, cap),
            Action::Increase(place, dollars) => self.increase(place, dollars),
            Action::Decrease(place, part) => self.decrease(place, part),
            Action::Add(place, dollars) => {
                let Some(place) = self.pick(place) else { return };
                let added = add_collateral(&self.positions[place], usd(dollars));
                if let Some(position) = self.note("add", added) {
                    self.positions[place] = position;
                    self.came_in += i128::from(usd(dollars).0);
                }
            }
            Action::Remove(place, part) => self.remove(place, part),
            Action::Refresh(place) => {
                let Some(place) = self.pick(place) else { return };
                let position = self.positions[place];
                if position.status == PositionStatus::Open {
                    let accrued = position.accrued(&self.market.params, &self.market.ledger).unwrap();
                    let refreshed = accrued.refreshed(&self.market, &self.sample, self.now);
                    self.positions[place] = self.note("refresh", refreshed).unwrap();
                }
            }
            Action::Liquidate(frozen) => {
                for place in 0..self.positions.len() {
                    self.liquidate(place, frozen);
                    self.check();
                }
            }
            Action::Settle(place) => {
                let Some(place) = self.pick(place) else { return };
                let settled = settle_capped(&self.market, &self.positions[place], &self.sample);
                if let Some(done) = self.note("settle", settled) {
                    rounding::assert_closed(&self.market.params, &self.positions[place], &done.closed);
                    let paid = i128::from(done.keeper_pay.0);
                    assert!(done.keeper_pay <= done.trade_fee);
                    self.book_with(place, done.position, done.ledger, done.flow, 0, -paid);
                    self.came_in -= paid;
                }
            }
            Action::Collect(place) => {
                let Some(place) = self.pick(place) else { return };
                let collected = collect_frozen(&self.market.ledger, &self.positions[place]);
                if let Some(done) = self.note("collect", collected) {
                    self.book(place, done.position, done.ledger, done.flow, 0);
                }
            }
            Action::Deposit(dollars) => {
                let deposited = pool::deposit(&self.market, usd(dollars));
                if let Some(done) = self.note("deposit", deposited) {
                    rounding::assert_deposit(&self.market.ledger, &done);
                    self.market.ledger = done.ledger;
                    self.came_in += i128::from(done.amount.0);
                }
            }
            Action::Withdraw(ppm) => self.withdraw(ppm),
            Action::TopUp(place, dollars) => self.top_up(place, dollars),
            Action::End => self.end(),
            Action::SettleFinal(place, frozen) => self.settle_final(place, frozen),
        }
    }

    fn observe(&mut self, ppm: u64, seconds: i64, conf_ppm: u64) {
        let price = (u128::from(self.sample.price.0) * u128::from(ppm) / 1_000_000) as u64;
        let price = price.clamp(PRICE.0 / 1_000, PRICE.0 * 100);
        self.now = UnixSeconds(self.now.0 + seconds);
        let conf = PriceE12((u128::from(price) * u128::from(conf_ppm) / 1_000_000) as u64);
        self.sample = Sample { price: PriceE12(price), conf, ema: PriceE12(price), publish_time: self.now };
        let observed = self.market.observe(&self.sample, Purpose::Update, self.now);
        assert!(self.note("sample", observed).unwrap().counted);
    }

    fn open(&mut self, side: Side, dollars: u64, margin: u64, cap: u32) {
        let collateral = usd((dollars * margin / 1_000).max(1));
        self.positions.push(Position::pending(side, collateral));
        let place = self.positions.len() - 1;
        self.grow("open", place, dollars, cap);
        if self.positions[place].status == PositionStatus::Pending {
            self.positions.pop();
        } else {
            self.came_in += i128::from(collateral.0);
        }
    }

    fn increase(&mut self, place: usize, dollars: u64) {
        if let Some(place) = self.pick(place) {
            self.grow("increase", place, dollars, 1_000_000);
        }
    }

    fn grow(&mut self, what: &str, place: usize, dollars: u64, cap: u32) {
        let position = self.positions[place];
        let acceptable = if position.side == Side::Long { PriceE12(u64::MAX) } else { PriceE12(1) };
        let size = self.market.params.size_ceil(usd(dollars), self.sample.price).unwrap();
        let args = IncreaseArgs { size, payout_cap_ppm: Ppm(cap), acceptable };
        let grown = increase(&self.market, &position, &self.sample, &args, self.now);
        if let Some(done) = self.note(what, grown) {
            rounding::assert_entry(&position, &done);
            rounding::assert_fee(&self.market.params, done.notional, done.trade_fee);
            let reason = reason_at(&self.market, &done.position, self.sample.price);
            assert!(matches!(reason, None | Some(LiquidationReason::PayoutCapped)), "{reason:?}");
            self.book(place, done.position, done.ledger, done.flow, 0);
        }
    }

    fn decrease(&mut self, place: usize, part: u64) {
        let Some(place) = self.pick(place) else { return };
        let position = self.positions[place];
        let acceptable = if position.side == Side::Long { PriceE12(1) } else { PriceE12(u64::MAX) };
        let size = BaseAtoms((u128::from(position.size.0) * u128::from(part) / 1_000_000).max(1) as u64);
        let args = DecreaseArgs { size, acceptable };
        let done = decrease(&self.market, &position, &self.sample, &args, self.now);
        assert!(size < position.size || position.status != PositionStatus::Open || done.is_ok(), "{done:?}");
        if let Some(done) = self.note("decrease", done) {
            rounding::assert_closed(&self.market.params, &position, &done.closed);
            self.book(place, done.position, done.ledger, done.flow, 0);
        }
    }

    fn remove(&mut self, place: usize, part: u64) {
        let Some(place) = self.pick(place) else { return };
        let position = self.positions[place];
        let amount = (u128::from(position.collateral.0) * u128::from(part) / 1_000_000).max(1) as u64;
        let removed = remove_collateral(&self.market, &position, &self.sample, QuoteAtoms(amount), self.now);
        if let Some(done) = self.note("remove", removed) {
            self.book(place, done.position, done.ledger, done.flow, amount);
            self.came_in -= i128::from(amount);
        }
    }

    fn liquidate(&mut self, place: usize, frozen: Frozen) {
        let position = self.positions[place];
        if position.status != PositionStatus::Open {
            return;
        }
        match liquidate(&self.market, &position, &self.sample, frozen, self.now).unwrap() {
            Liquidation::Skipped { position, assessment } => {
                *self.seen.entry(format!("{:?}", assessment.readiness)).or_default() += 1;
                self.positions[place] = position;
            }
            Liquidation::Done(done) => {
                let kind = if done.closed.is_full { "full" } else { "partial" };
                *self.seen.entry(format!("liquidated {kind}: {:?}", done.reason)).or_default() += 1;
                rounding::assert_closed(&self.market.params, &position, &done.closed);
                let fees = done.keeper_pay.0 + done.insurance_pay.0;
                assert!(frozen.insurance || fees == done.fee.0);
                let before = self.market.ledger.insurance.0;
                let insurance = i128::from(before) + i128::from(done.insurance_pay.0)
                    - i128::from(done.insured.to_keeper.0)
                    - i128::from(done.insured.to_pool.0);
                assert_eq!(i128::from(done.ledger.insurance.0), insurance, "insurance");
                assert!(!frozen.insurance || done.ledger.insurance.0 == before);
                assert!(done.insured.to_pool <= done.closed.shortfall);
                for (what, paid) in [
                    ("floor paid", done.insured.to_keeper),
                    ("shortfall covered", done.insured.to_pool),
                    ("settling paid", done.settle_pay),
                ] {
                    if !paid.is_zero() {
                        *self.seen.entry(what.to_owned()).or_default() += 1;
                    }
                }
                let into_pool = i128::from(done.insured.to_pool.0) - i128::from(done.settle_pay.0);
                self.book_with(place, done.position, done.ledger, done.flow, fees, into_pool);
                let paid = [done.keeper_pay, done.insured.to_keeper, done.settle_pay];
                self.came_in -= paid.iter().map(|paid| i128::from(paid.0)).sum::<i128>();
            }
        }
    }

    /// The invariants that hold between any two actions.
    pub fn check(&self) {
        let ledger = &self.market.ledger;
        for side in [Side::Long, Side::Short] {
            let (sums, of_side) = (ledger.side(side), self.positions.iter().filter(|p| p.side == side));
            let of_side: Vec<_> = of_side.collect();
            let sum = |value: fn(&Position) -> u64| of_side.iter().map(|p| value(p)).sum::<u64>();
            assert_eq!(sums.open_interest.0, sum(|p| p.size.0), "INV-12: open interest");
            assert_eq!(sums.reserved.0, sum(|p| p.reserved.0), "INV-12: reserved");
            assert_eq!(sums.collateral.0, sum(|p| p.collateral_counted.0), "INV-12: counted collateral");
            let cost: u128 = of_side.iter().map(|p| u128::from(p.size.0) * u128::from(p.entry.0)).sum();
            assert_eq!(sums.cost_e12, cost, "INV-12: cost");
            let open = of_side.iter().filter(|p| p.status == PositionStatus::Open).count();
            assert_eq!(sums.positions as usize, open, "INV-12: positions");
        }
        assert_eq!(ledger.assert_reserve_covered(), Ok(()), "INV-03");
        let vaults: i128 = self.positions.iter().map(|p| i128::from(p.collateral.0)).sum();
        let booked = ledger.pool_vault_booked().unwrap().plus(ledger.insurance).unwrap();
        assert_eq!(i128::from(booked.0) + vaults, self.came_in, "INV-11: something appeared or vanished");
        // What the market thinks it owes and is owed, against the positions brought up to now.
        let (mut due, mut owed) = (0, 0);
        for position in &self.positions {
            let now = position.accrued(&self.market.params, ledger).unwrap();
            due += now.due.0;
            owed += now.owed_borrow.0;
        }
        assert!(ledger.funding_due.0 >= due, "INV-12: funding due {} under {due}", ledger.funding_due.0);
        assert!(ledger.borrow_owed.0 <= owed, "INV-12: borrow {} over {owed}", ledger.borrow_owed.0);
    }
}

impl Action {
    /// Whether a market that has ended refuses it.
    fn needs_a_price(&self) -> bool {
        !matches!(
            self,
            Self::Add(..) | Self::Collect(_) | Self::Withdraw(_) | Self::End | Self::SettleFinal(..)
        )
    }
}

/// A whole life, everybody's way out included; how often each thing happened.
pub fn live(actions: &[Action], tight: bool) -> BTreeMap<String, u32> {
    live_in(World::new(tight), actions)
}

/// The same in a market of one's own.
pub fn live_in(mut world: World, actions: &[Action]) -> BTreeMap<String, u32> {
    for action in actions {
        world.act(action);
        world.check();
    }
    // Everyone can leave in the end, whatever the pool holds.
    for place in 0..world.positions.len() {
        if world.positions[place].status == PositionStatus::Open {
            match world.is_over() {
                true => world.settle_final(place, false),
                false => world.decrease(place, 1_000_000),
            }
            assert_eq!(world.positions[place].status, PositionStatus::Closed);
        }
        world.act(&Action::Collect(place));
        world.check();
    }
    assert_eq!(world.market.ledger.reserved(), Ok(QuoteAtoms::ZERO));
    world.seen
}
