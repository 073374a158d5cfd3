//! What an instruction must do, computed on the host: accounts to views, the risk crate, views to accounts.

use anchor_lang::AnchorSerialize;
use bulkhead::error::BulkheadError;
use bulkhead::instructions::PositionHealth;
use bulkhead::state::{Market, Position};
use bulkhead::views::{closed_amounts, to_event_atoms};
use bulkhead_client::Result;
use bulkhead_risk as risk;
use risk::health::health;
use risk::liquidation::{LiquidationReason, Readiness, assess};
use risk::margin_call::Standing;
use risk::market::Observed;
use risk::orders::{OrderAction, require_in_window, spends_order};
use risk::transition::{self, DecreaseArgs, Frozen, IncreaseArgs, Liquidation, LiquidationReport, PoolFlow};
use risk::{BaseAtoms, Ppm, PriceE12, Purpose, QuoteAtoms, RiskError, Sample, UnixSeconds};

use crate::case::{Action, Case};
use crate::ground::Balances;

/// Accounts and balances afterwards.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) market: Market,
    pub(crate) position: Position,
    pub(crate) balances: Balances,
    pub(crate) return_data: Vec<u8>,
    /// Whether the order is gone, filled or spent, its tip and rent paid out.
    pub(crate) filled: bool,
    /// What happened, for the statistics.
    pub(crate) label: &'static str,
}

const STATUS_OPEN: u8 = 1;
const STATUS_CLOSED: u8 = 2;

struct Seen {
    market: risk::Market,
    sample: Sample,
    observed: Observed,
    now: UnixSeconds,
}

/// What the instruction must do, or the error that it must answer with.
pub(crate) fn expected(case: &Case) -> Result<Expected> {
    let mut after = Expected {
        market: case.market,
        position: case.position,
        balances: case.balances,
        return_data: Vec::new(),
        filled: false,
        label: "done",
    };
    match case.action {
        Action::Update => update(case, &mut after)?,
        Action::Crank => crank(case, &mut after)?,
        Action::Refresh => refresh(case, &mut after)?,
        Action::Flag => flag(case, &mut after)?,
        Action::View => view(case, &mut after)?,
        Action::Liquidate => liquidate(case, &mut after)?,
        Action::Settle => settle(case, &mut after)?,
        Action::Increase => increase(case, &mut after)?,
        Action::Decrease => decrease(case, &mut after)?,
        Action::Remove => remove(case, &mut after)?,
        Action::Deposit => deposit(case, &mut after)?,
        Action::Add => add(case, &mut after)?,
    }
    after.position.assert_consistent()?;
    after.market.ledger().assert_reserve_covered()?;
    Ok(after)
}

fn observe(case: &Case, purpose: Purpose) -> Result<Seen> {
    let price = &case.price;
    let sample =
        Sample::from_raw(price.price, price.conf, price.ema_price, price.exponent, price.publish_time)?;
    let now = UnixSeconds(case.now);
    let mut market = case.market.view()?;
    let observed = match purpose {
        Purpose::Risk => market.observe_for_risk(&sample, now),
        _ => market.observe(&sample, purpose, now),
    }?;
    Ok(Seen { market, sample, observed, now })
}

impl Expected {
    fn store(&mut self, seen: Seen, ledger: risk::Ledger, position: &risk::Position) -> Result<()> {
        let standing = match position.status {
            risk::PositionStatus::Open => Some(Standing::at(&seen.market, position, &seen.sample, seen.now)?),
            _ => None,
        };
        self.store_market(seen, ledger);
        match standing {
            Some(standing) => self.store_called(position, &standing),
            None => {
                self.position.store(position);
                Ok(())
            }
        }
    }

    fn store_market(&mut self, mut seen: Seen, ledger: risk::Ledger) {
        seen.market.ledger = ledger;
        self.market.store_observed(&seen.market);
    }

    /// The position, and a margin call if it is one: an event must be able to say its amounts.
    fn store_called(&mut self, position: &risk::Position, standing: &Standing) -> Result<()> {
        let called = position.called(standing)?;
        if called.margin_called && self.position.margin_called == 0 {
            let _ = to_event_atoms(standing.equity)?;
        }
        self.position.store(&called);
        Ok(())
    }

    fn flow(&mut self, flow: PoolFlow) {
        let (to_pool, to_vault) = (flow.to_pool.get(), flow.to_vault.get());
        self.balances.vault = self.balances.vault - to_pool + to_vault;
        self.balances.pool = self.balances.pool + to_pool - to_vault;
    }
}

fn update(case: &Case, after: &mut Expected) -> Result<()> {
    let seen = observe(case, Purpose::Update)?;
    after.label = match (case.market.observations.first_sampled_at == 0, seen.observed) {
        (true, _) => "first sample",
        (_, Observed { counted: false, .. }) => "confidence too wide to count",
        (_, Observed { opened_bucket: false, .. }) => "same bucket",
        (_, Observed { gap_secs: 3_601.., .. }) => "new bucket after a gap",
        _ => "new bucket",
    };
    let _ = seen.market.volatility.ramp_ppm_ceil()?;
    after.market.store_observed(&seen.market);
    Ok(())
}

fn crank(case: &Case, after: &mut Expected) -> Result<()> {
    let mut seen = observe(case, Purpose::Update)?;
    let fee = seen.market.take_crank_fee(&seen.observed)?;
    after.label = if fee.is_zero() { "not paid" } else { "paid" };
    let _ = seen.market.volatility.ramp_ppm_ceil()?;
    after.market.store_observed(&seen.market);
    after.balances.pool -= fee.get();
    after.balances.keeper += fee.get();
    Ok(())
}

fn refresh(case: &Case, after: &mut Expected) -> Result<()> {
    let seen = observe(case, Purpose::Observe)?;
    let before = case.position.view()?;
    before.require_open()?;
    let accrued = before.accrued(&seen.market.params, &seen.market.ledger)?;
    let mut refreshed = accrued.refreshed(&seen.market, &seen.sample, seen.now)?;
    let standing = assess(&seen.market, &refreshed, &seen.sample, seen.now)?;
    if standing.readiness == Readiness::Healthy {
        refreshed = refreshed.sighted(standing.readiness, &seen.sample);
    }
    after.label = match refreshed.margin_ppm.cmp(&before.margin_ppm) {
        std::cmp::Ordering::Less => "lowered",
        std::cmp::Ordering::Greater => "raised",
        std::cmp::Ordering::Equal => "held",
    };
    after.store_called(&before.with_requirement_of(&refreshed), &Standing::of(&standing))
}

fn flag(case: &Case, after: &mut Expected) -> Result<()> {
    let seen = observe(case, Purpose::Liquidate)?;
    let before = case.position.view()?;
    let current = before.accrued(&seen.market.params, &seen.market.ledger)?.lowered(&seen.market)?;
    let standing = assess(&seen.market, &current, &seen.sample, seen.now)?;
    after.label = readiness_label(standing.readiness);
    let call = Standing::of(&standing);
    let current = current.sighted(standing.readiness, &seen.sample).called(&call)?;
    let sighted = before.with_requirement_of(&current);
    let same_call = sighted.margin_called == before.margin_called;
    if standing.readiness == Readiness::Healthy && before.below_since.is_zero() && same_call {
        return Ok(());
    }
    if sighted.below_since != before.below_since {
        let _ = to_event_atoms(standing.valuation.equity)?;
    }
    after.store_called(&sighted, &call)
}

fn view(case: &Case, after: &mut Expected) -> Result<()> {
    let seen = observe(case, Purpose::Observe)?;
    let health = health(&seen.market, &case.position.view()?, &seen.sample, seen.now)?;
    let standing = health.assessment;
    after.label = readiness_label(standing.readiness);
    let liquidatable = match standing.readiness {
        Readiness::Ready(reason) => Some(reason.into()),
        _ => None,
    };
    let answer = PositionHealth {
        price_e12: standing.price.get(),
        notional_atoms: standing.valuation.notional.get(),
        equity_atoms: to_event_atoms(standing.valuation.equity)?,
        pnl_atoms: to_event_atoms(standing.valuation.pnl)?,
        owed_atoms: health.owed.get(),
        due_atoms: health.due.get(),
        maintenance_atoms: standing.maintenance_margin.get(),
        initial_atoms: health.initial_margin.get(),
        health_ppm: health.health_ppm,
        maintenance_ppm: health.maintenance_ppm.get(),
        liquidation_price_e12: health.liquidation_price.get(),
        reduce_only: health.reduce_only,
        liquidatable,
        below_maintenance: standing.readiness != Readiness::Healthy && liquidatable.is_none(),
    };
    answer.serialize(&mut after.return_data).expect("a Vec takes every byte");
    Ok(())
}

fn readiness_label(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Healthy => "healthy",
        Readiness::FirstSighting => "first sighting",
        Readiness::Unconfirmed => "unconfirmed",
        Readiness::HeldBack => "held back",
        Readiness::Ready(LiquidationReason::PayoutCapped) => "payout capped",
        Readiness::Ready(LiquidationReason::Insolvent) => "insolvent",
        Readiness::Ready(LiquidationReason::BelowMaintenance) => "below maintenance",
    }
}

fn liquidate(case: &Case, after: &mut Expected) -> Result<()> {
    if case.position.status != STATUS_OPEN {
        after.label = "not open";
        return Ok(());
    }
    let seen = observe(case, Purpose::Liquidate)?;
    let position = case.position.view()?;
    let frozen = Frozen { vault: case.vault_frozen, insurance: case.insurance_frozen };
    let outcome = transition::liquidate(&seen.market, &position, &seen.sample, frozen, seen.now)?;
    match outcome {
        Liquidation::Skipped { assessment, position } => {
            after.label = readiness_label(assessment.readiness);
            let _ = to_event_atoms(assessment.valuation.equity)?;
            let ledger = seen.market.ledger;
            after.store_market(seen, ledger);
            after.store_called(&position, &Standing::of(&assessment))?;
        }
        Liquidation::Done(report) => {
            after.label = done_label(case, &report);
            let _ = closed_amounts(&report.closed, report.trade_fee, &report.position)?;
            let _ = to_event_atoms(report.assessment.valuation.equity)?;
            after.store(seen, report.ledger, &report.position)?;
            after.flow(report.flow);
            after.balances.vault -= report.keeper_pay.get() + report.insurance_pay.get();
            after.balances.keeper += report.keeper_pay.get();
            after.balances.insurance += report.insurance_pay.get();
            after.balances.keeper += report.insured.to_keeper.get() + report.settle_pay.get();
            after.balances.insurance -= report.insured.to_keeper.get() + report.insured.to_pool.get();
            after.balances.pool += report.insured.to_pool.get();
            after.balances.pool -= report.settle_pay.get();
        }
    }
    Ok(())
}

fn done_label(case: &Case, report: &LiquidationReport) -> &'static str {
    match (report.reason, report.closed.is_full) {
        _ if case.vault_frozen => "closed in the books, vault frozen",
        (LiquidationReason::PayoutCapped, _) => "payout capped",
        _ if case.insurance_frozen => "insurance frozen",
        (LiquidationReason::Insolvent, _) if !report.insured.to_keeper.is_zero() => {
            "insolvent, keeper paid by insurance"
        }
        (LiquidationReason::Insolvent, _) if report.closed.shortfall.is_zero() => "insolvent",
        (LiquidationReason::Insolvent, _) if report.insured.to_pool == report.closed.shortfall => {
            "insolvent, shortfall covered in full"
        }
        (LiquidationReason::Insolvent, _) => "insolvent with shortfall",
        (LiquidationReason::BelowMaintenance, true) => "full",
        (LiquidationReason::BelowMaintenance, false) => "partial",
    }
}

fn settle(case: &Case, after: &mut Expected) -> Result<()> {
    let seen = observe(case, Purpose::Observe)?;
    let report = transition::settle_capped(&seen.market, &case.position.view()?, &seen.sample)?;
    after.label = if report.keeper_pay.is_zero() { "done" } else { "done, keeper paid" };
    let _ = closed_amounts(&report.closed, report.trade_fee, &report.position)?;
    after.store(seen, report.ledger, &report.position)?;
    after.flow(report.flow);
    after.balances.keeper += report.keeper_pay.get();
    after.balances.pool -= report.keeper_pay.get();
    Ok(())
}

fn look_in_window(case: &Case, purpose: Purpose) -> Result<Seen> {
    if case.same_slot {
        return Err(BulkheadError::OrderSameSlot.into());
    }
    if case.position.status == STATUS_CLOSED {
        return Err(BulkheadError::OrderVoid.into());
    }
    let seen = observe(case, purpose)?;
    require_in_window(&seen.market.params, UnixSeconds(case.order.placed_at), seen.sample.publish_time)?;
    Ok(seen)
}

fn increase(case: &Case, after: &mut Expected) -> Result<()> {
    let seen = look_in_window(case, Purpose::Risk)?;
    let args = IncreaseArgs {
        size: BaseAtoms(case.order.size_atoms),
        payout_cap_ppm: Ppm(case.order.payout_cap_ppm),
        acceptable: PriceE12(case.order.acceptable_price_e12),
    };
    let view = case.position.view()?;
    let report = match transition::increase(&seen.market, &view, &seen.sample, &args, seen.now) {
        Err(refusal) if spends_order(OrderAction::Increase, refusal) => return spent(case, after, &seen),
        other => other?,
    };
    after.label = if case.position.status == 0 { "opened" } else { "increased" };
    after.store(seen, report.ledger, &report.position)?;
    after.flow(report.flow);
    filled(case, after)
}

fn decrease(case: &Case, after: &mut Expected) -> Result<()> {
    let seen = look_in_window(case, Purpose::Decrease)?;
    let args = DecreaseArgs {
        size: BaseAtoms(case.order.size_atoms),
        acceptable: PriceE12(case.order.acceptable_price_e12),
    };
    let view = case.position.view()?;
    let report = match transition::decrease(&seen.market, &view, &seen.sample, &args, seen.now) {
        Err(refusal) if spends_order(OrderAction::Decrease, refusal) => return spent(case, after, &seen),
        other => other?,
    };
    let _ = closed_amounts(&report.closed, report.trade_fee, &report.position)?;
    after.label = match (report.closed.is_full, report.closed.pnl.is_negative()) {
        (true, true) => "closed at a loss",
        (true, false) => "closed at a gain",
        (false, true) => "decreased at a loss",
        (false, false) => "decreased at a gain",
    };
    after.store(seen, report.ledger, &report.position)?;
    after.flow(report.flow);
    filled(case, after)
}

/// The order is gone, the position keeps what it has.
fn spent(case: &Case, after: &mut Expected, seen: &Seen) -> Result<()> {
    after.label = "order spent";
    after.market.store_observed(&seen.market);
    filled(case, after)
}

fn filled(case: &Case, after: &mut Expected) -> Result<()> {
    after.filled = true;
    Ok(after.position.remove_order(&case.order)?)
}

fn remove(case: &Case, after: &mut Expected) -> Result<()> {
    if case.position.waiting_increases != 0 {
        return Err(BulkheadError::OrdersWaiting.into());
    }
    let seen = observe(case, Purpose::Risk)?;
    let amount = QuoteAtoms(case.amount);
    let report =
        transition::remove_collateral(&seen.market, &case.position.view()?, &seen.sample, amount, seen.now)?;
    after.label = if report.owed_paid.is_zero() { "removed" } else { "removed, owed paid" };
    after.store(seen, report.ledger, &report.position)?;
    after.flow(report.flow);
    after.balances.vault -= report.removed.get();
    after.balances.owner += report.removed.get();
    Ok(())
}

fn deposit(case: &Case, after: &mut Expected) -> Result<()> {
    let mut seen = observe(case, Purpose::Risk)?;
    let report = risk::pool::deposit(&seen.market, QuoteAtoms(case.amount))?;
    after.label = if case.market.shares == 0 { "first deposit" } else { "later deposit" };
    seen.market.ledger = report.ledger;
    after.market.store_observed(&seen.market);
    after.balances.owner -= report.amount.get();
    after.balances.pool += report.amount.get();
    after.balances.shares += report.shares.get();
    Ok(())
}

fn add(case: &Case, after: &mut Expected) -> Result<()> {
    let position = transition::add_collateral(&case.position.view()?, QuoteAtoms(case.amount))?;
    after.position.store(&position);
    after.balances.owner -= case.amount;
    after.balances.vault += case.amount;
    Ok(())
}

/// Whether an error says that booked amounts contradict each other: never, in a state that can come about.
pub(crate) fn is_accounting_error(code: u32) -> bool {
    let block = u32::from(BulkheadError::VaultBelowBooked)..=u32::from(BulkheadError::AccountingBroken);
    block.contains(&code) || code == u32::from(BulkheadError::from(RiskError::DivisionByZero))
}
