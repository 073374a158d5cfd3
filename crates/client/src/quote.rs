//! Quotes: what the program would do, computed by the functions with which it does it.
//!
//! A [`Look`] holds the market's account and a price sample at a moment; a quote takes the sample in as the
//! instruction would, with the same rules of age and confidence, and returns the risk crate's own report.
//! Nothing is computed here.

use bulkhead::state::{Market, Order, Position, TopUpPlan, Withdrawal};
use bulkhead_risk as risk;
use risk::health::Health;
use risk::orders::{self, Preview};
use risk::pool::state::{PoolState, state};
use risk::pool::withdraw::{self, WithdrawalReport};
use risk::top_up::{TopUpReport, top_up};
use risk::transition::{
    self, DecreaseArgs, DecreaseReport, Frozen, IncreaseArgs, IncreaseReport, Liquidation,
};
use risk::{MarketStatus, PriceE12, Purpose, QuoteAtoms, RiskError, Sample, Shares, Side, UnixSeconds};

use crate::refusal::{Refusal, Result};

/// A market and a price sample at a moment: what a quote looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    market: risk::Market,
    sample: Sample,
    now: UnixSeconds,
}

impl Look {
    /// At a market as its account says, with `sample` in its price account, at `now` by the chain's clock.
    pub fn new(market: &Market, sample: Sample, now: UnixSeconds) -> Result<Self> {
        Ok(Self { market: market.view()?, sample, now })
    }

    /// The same as it is after `update_market` in the same transaction: no longer stale.
    pub fn updated(mut self) -> Result<Self> {
        let _ = self.market.observe(&self.sample, Purpose::Update, self.now)?;
        Ok(self)
    }

    /// The market as an instruction with this purpose would see it.
    pub fn observed(&self, purpose: Purpose) -> Result<risk::Market> {
        let mut market = self.market;
        let _ = match purpose {
            Purpose::Risk => market.observe_for_risk(&self.sample, self.now),
            _ => market.observe(&self.sample, purpose, self.now),
        }?;
        Ok(market)
    }

    /// The same if the sample had said `price`: for what an order would do once its trigger is met.
    pub fn at(mut self, price: PriceE12) -> Self {
        self.sample.price = price;
        self
    }

    /// The market for which a pool is worth what it is: with the sample taken in for `purpose`, or settled.
    fn pool_market(&self, purpose: Purpose) -> Result<(risk::Market, PriceE12)> {
        if self.market.status == MarketStatus::Settled {
            return Ok((self.market, self.market.settlement_price));
        }
        let market = self.observed(purpose)?;
        Ok((market, market.oracle.index))
    }

    /// Price sample.
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// The price at which an owner of `side` closes now, before price impact: the sample's edge, further away for its age.
    pub fn exit_edge(&self, side: Side) -> Result<PriceE12> {
        Ok(self.observed(Purpose::Decrease)?.exit_edge(side, &self.sample, self.now)?)
    }

    /// The chain's clock.
    pub fn now(&self) -> UnixSeconds {
        self.now
    }

    /// Health of what a report leaves, beside the ledger that it leaves.
    fn after(
        &self,
        mut market: risk::Market,
        ledger: &risk::Ledger,
        position: &risk::Position,
    ) -> Result<Health> {
        market.ledger = *ledger;
        Ok(risk::health::health(&market, position, &self.sample, self.now)?)
    }
}

/// What opening or increasing would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncreaseQuote {
    /// Everything that would be booked and moved: fill price, notional, open fee, initial margin, and the
    /// position afterwards.
    pub report: IncreaseReport,
    /// Health afterwards at the same sample.
    pub after: Health,
    /// Index at which the position would be liquidatable if nothing else changes; zero if none does that.
    pub liquidation_price: PriceE12,
    /// The most that can be lost from here, fees included: all that lies in the vault before the fill.
    pub loss_max: QuoteAtoms,
    /// The most that the pool would ever pay to the position, before fees: what is set aside for it.
    pub win_max: QuoteAtoms,
}

/// What opening a position of `side` with `collateral` in its vault would do. The order itself fills later,
/// at a price that is not known yet: this is what it would do at the sample of `look`.
pub fn quote_open(
    look: &Look,
    side: Side,
    collateral: QuoteAtoms,
    args: &IncreaseArgs,
) -> Result<IncreaseQuote> {
    increase_of(look, &risk::Position::pending(side, collateral), args)
}

/// What an increase of `position` (pending or open) would do at the sample of `look`.
pub fn quote_increase(look: &Look, position: &Position, args: &IncreaseArgs) -> Result<IncreaseQuote> {
    increase_of(look, &position.view()?, args)
}

fn increase_of(look: &Look, position: &risk::Position, args: &IncreaseArgs) -> Result<IncreaseQuote> {
    let market = look.observed(Purpose::Risk)?;
    let report = transition::increase(&market, position, &look.sample, args, look.now)?;
    let after = look.after(market, &report.ledger, &report.position)?;
    Ok(IncreaseQuote {
        report,
        after,
        liquidation_price: after.liquidation_price,
        loss_max: position.collateral,
        win_max: report.position.reserved,
    })
}

/// What a decrease would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecreaseQuote {
    /// Everything that would be booked and moved: fill price, what is realised, close fee, and the position
    /// afterwards. After a full one its collateral is what `close_position` returns.
    pub report: DecreaseReport,
    /// Health of what stays open, at the same sample; none if everything closes.
    pub after: Option<Health>,
}

/// What a decrease of `position` would do at the sample of `look`; a size of `u64::MAX` closes all.
pub fn quote_decrease(look: &Look, position: &Position, args: &DecreaseArgs) -> Result<DecreaseQuote> {
    let market = look.observed(Purpose::Decrease)?;
    let report = transition::decrease(&market, &position.view()?, &look.sample, args, look.now)?;
    let after = match report.closed.is_full {
        true => None,
        false => Some(look.after(market, &report.ledger, &report.position)?),
    };
    Ok(DecreaseQuote { report, after })
}

/// What `liquidate` would do: the plan with every amount, or why it would do nothing. `frozen` says which token
/// accounts are frozen.
pub fn quote_liquidation(look: &Look, position: &Position, frozen: Frozen) -> Result<Liquidation> {
    let market = look.observed(Purpose::Liquidate)?;
    Ok(transition::liquidate(&market, &position.view()?, &look.sample, frozen, look.now)?)
}

/// What `execute_top_up` would do by the position's plan; the refusal says why it would do nothing. What the
/// wallet holds and has approved is not looked at.
pub fn quote_top_up(look: &Look, position: &Position, plan: &TopUpPlan) -> Result<TopUpReport> {
    let market = look.observed(Purpose::Liquidate)?;
    Ok(top_up(&market, &position.view()?, &plan.view()?, &look.sample, look.now)?)
}

/// Where `order` stands at the sample of `look` and what it would do, as `view_order` answers, but for the
/// pauses and for an order of this very slot.
pub fn quote_order(look: &Look, position: &Position, order: &Order) -> Result<Preview> {
    let mut market = look.market;
    Ok(orders::preview(&mut market, &position.view()?, &order.view()?, &look.sample, look.now)?)
}

/// The pool, as `view_pool` answers.
pub fn pool(look: &Look) -> Result<PoolState> {
    let (market, price) = look.pool_market(Purpose::Observe)?;
    Ok(state(&market, price, look.now)?)
}

/// What `execute_withdrawal` would do; the refusal says why it would do nothing. Its escrow is taken to hold
/// exactly its shares.
pub fn quote_withdrawal(look: &Look, withdrawal: &Withdrawal) -> Result<WithdrawalReport> {
    let view = withdrawal.view()?;
    let (market, price) = look.pool_market(Purpose::Risk)?;
    Ok(withdraw::execute(&market, price, &view, view.shares, look.now)?)
}

/// What a withdrawal of `shares` would pay if it were requested and could be executed now, at the sample of
/// `look`: it waits an hour, and is paid at what is known then.
pub fn quote_withdrawal_of(look: &Look, shares: Shares) -> Result<WithdrawalReport> {
    let (market, price) = look.pool_market(Purpose::Risk)?;
    let mut request = withdraw::request(&market.ledger, &market.params, shares, 0, look.now)?;
    request.executable_from = look.now;
    Ok(withdraw::execute(&market, price, &request, shares, look.now)?)
}

/// Health of `position`, as `view_position` answers.
pub fn health(look: &Look, position: &Position) -> Result<Health> {
    let market = look.observed(Purpose::Observe)?;
    Ok(risk::health::health(&market, &position.view()?, &look.sample, look.now)?)
}

/// The largest amount that `remove_collateral` accepts now; zero where margin or collateral allow none.
/// Anything else that forbids a removal (the position is reduce-only, the market stale) is the refusal.
pub fn removable_collateral(look: &Look, position: &Position) -> Result<QuoteAtoms> {
    let market = look.observed(Purpose::Risk)?;
    let position = position.view()?;
    let is_accepted = |amount: u64| {
        let removed =
            transition::remove_collateral(&market, &position, &look.sample, QuoteAtoms(amount), look.now);
        match removed {
            Ok(_) => Ok(true),
            Err(RiskError::InitialMarginShort | RiskError::InsufficientCollateral) => Ok(false),
            Err(other) => Err(Refusal::from(other)),
        }
    };
    // What stays falls with what goes while the requirement stands still: one border between yes and no.
    largest_accepted(position.collateral.get(), is_accepted).map(QuoteAtoms)
}

/// The largest number in `1..=most` that `is_accepted`, where it accepts all below a border; else zero.
fn largest_accepted(most: u64, is_accepted: impl Fn(u64) -> Result<bool>) -> Result<u64> {
    let (mut accepted, mut refused) = (0, most.saturating_add(1));
    if most == 0 {
        is_accepted(1)?;
    }
    while refused - accepted > 1 {
        let middle = accepted + (refused - accepted) / 2;
        match is_accepted(middle)? {
            true => accepted = middle,
            false => refused = middle,
        }
    }
    Ok(accepted)
}
