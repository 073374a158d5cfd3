//! What traders do: open, add, close.

use anyhow::Result;
use bulkhead_risk::transition::{self, ClosedPart, DecreaseArgs, IncreaseArgs};
use bulkhead_risk::{BaseAtoms, Position, PositionStatus, Ppm, PriceE12, QuoteAtoms, RiskError, Side};

use super::book::broken;
use super::held::{Act, Held};
use super::people::Kind;
use super::run::Run;

const PPM: u64 = 1_000_000;
const QUOTE_UNIT: u64 = 1_000_000;
/// What traders put in above the least that the venue asks: 3 %.
const ABOVE_LEAST_PPM: u64 = 1_030_000;
/// Margin calls that a defender answers.
const ADDS: u8 = 2;

fn any_price(buys: bool) -> PriceE12 {
    if buys { PriceE12(u64::MAX) } else { PriceE12::ZERO }
}

fn share(of: u64, ppm: u64) -> u64 {
    (u128::from(of) * u128::from(ppm) / u128::from(PPM)) as u64
}

impl Run<'_> {
    /// Opens what `person` wants in `market`, at the leverage wanted or the most that the venue allows.
    pub(super) fn open(&mut self, person: usize, market: usize) -> Result<()> {
        let who = self.setting.people[person];
        let Some(want) = who.wants[market] else { return Ok(()) };
        let book = &mut self.books[market];
        let now = book.sample.publish_time;
        // Nobody brings a price where keepers are dead: new risk waits, and here it goes elsewhere.
        if !book.has_sample || book.market.volatility.sampled_at.is_zero() || !book.observe()? {
            self.tally.refused += 1;
            return Ok(());
        }
        let (params, sample) = (&book.market.params, &book.sample);
        let notional = want.notional_usd * QUOTE_UNIT;
        let size = params.size_ceil(QuoteAtoms(notional), sample.price).map_err(broken)?;
        let addon = book.market.addon_ppm(want.side).map_err(broken)?;
        let least = book.market.initial_ppm(addon, sample).map_err(broken)?;
        let asked = share(notional, u64::from(least.get()) + 2 * u64::from(params.trade_fee_ppm.get()));
        let mut collateral = (notional * 100 / want.leverage_e2).max(share(asked, ABOVE_LEAST_PPM));
        let args = IncreaseArgs {
            size,
            payout_cap_ppm: Ppm(want.payout_cap_ppm),
            acceptable: any_price(want.side == Side::Long),
        };
        for _ in 0..5 {
            let pending = Position::pending(want.side, QuoteAtoms(collateral));
            match transition::increase(&book.market, &pending, sample, &args, now) {
                // Price impact and the mark ask for more than the quick look did.
                Err(RiskError::InitialMarginShort) => collateral = share(collateral, 1_100_000),
                Err(_) => break,
                Ok(report) => {
                    book.market.ledger = report.ledger;
                    self.tally.opened += 1;
                    self.tally.opened_notional += report.notional.get();
                    self.put_in += u128::from(collateral);
                    return self.hold(person, market, report.position, QuoteAtoms(collateral));
                }
            }
        }
        self.tally.refused += 1;
        Ok(())
    }

    fn hold(
        &mut self,
        person: usize,
        market: usize,
        mut position: Position,
        first: QuoteAtoms,
    ) -> Result<()> {
        let kind = self.setting.people[person].kind;
        let own = position.collateral;
        let index = self.held.len();
        if self.venue.is_pooled() {
            let account = &mut self.accounts[person];
            account.cash = account.cash.plus(own).map_err(broken)?;
            account.held[market] = Some(index);
            position.collateral = QuoteAtoms::ZERO;
        }
        let stop = match kind {
            Kind::StopsAt(ppm) => Some(self.stop_price(market, &position, own, ppm)?),
            _ => None,
        };
        self.held.push(Held {
            person,
            market,
            position,
            own,
            first,
            stop,
            adds_left: if kind == Kind::Defends { ADDS } else { 0 },
            act: None,
            waits_since: None,
            low: u64::MAX,
            high: 0,
        });
        self.look(index)
    }

    /// Where so much of the collateral is lost.
    fn stop_price(&self, market: usize, position: &Position, own: QuoteAtoms, ppm: u32) -> Result<PriceE12> {
        let params = &self.books[market].market.params;
        let notional = params.notional_floor(position.size, position.entry).map_err(broken)?;
        let way = u128::from(own.get()) * u128::from(ppm) / u128::from(notional.get().max(1));
        let way = share(position.entry.get(), way.min(900_000) as u64);
        Ok(PriceE12(match position.side {
            Side::Long => position.entry.get() - way,
            Side::Short => position.entry.get() + way,
        }))
    }

    /// Plans to close as soon as the owner is ready.
    pub(super) fn plan_close(&mut self, index: usize) {
        self.plan(index, Act::Close);
    }

    /// Plans an act, unless closing is planned already.
    pub(super) fn plan(&mut self, index: usize, act: Act) {
        let held = &mut self.held[index];
        if matches!(held.act, Some((_, planned)) if planned == act || planned == Act::Close) {
            return;
        }
        // A stop is an order that waits already; the others have to notice first.
        let reacts_in = match self.setting.people[held.person].kind {
            Kind::StopsAt(_) => i64::from(self.books[held.market].market.params.order_delay_secs),
            _ => self.setting.people[held.person].reacts_in,
        };
        if held.act.is_none() {
            self.pending.push(index);
        }
        held.act = Some((self.now + reacts_in, act));
    }

    /// Does what owners have planned and what lands.
    pub(super) fn act_for_owners(&mut self) -> Result<()> {
        for index in std::mem::take(&mut self.pending) {
            let Some((at, act)) = self.held[index].act else { continue };
            if !self.held[index].is_open() {
                self.held[index].act = None;
                continue;
            }
            let has_price = self.books[self.held[index].market].has_sample;
            if at > self.now || !has_price || !self.lands() {
                self.pending.push(index);
                continue;
            }
            match act {
                Act::Add => self.add(index)?,
                Act::Close => {
                    if !self.books[self.held[index].market].observe()? {
                        self.pending.push(index);
                        continue;
                    }
                    let traded = self.close(index)?;
                    let is_buy = !self.held[index].is_long();
                    self.books[self.held[index].market].trade(traded, is_buy);
                    self.tally.gave_up += 1;
                }
            }
            self.held[index].act = None;
        }
        Ok(())
    }

    fn add(&mut self, index: usize) -> Result<()> {
        let amount = QuoteAtoms(self.held[index].first.get() / 2);
        self.tally.added += 1;
        self.put_in += u128::from(amount.get());
        let held = &mut self.held[index];
        held.adds_left = held.adds_left.saturating_sub(1);
        held.own = held.own.plus(amount).map_err(broken)?;
        if self.venue.is_pooled() {
            let account = &mut self.accounts[held.person];
            account.cash = account.cash.plus(amount).map_err(broken)?;
        } else {
            held.position = transition::add_collateral(&held.position, amount).map_err(broken)?;
        }
        self.look(index)
    }

    /// Closes all of a position at the price that stands; the notional comes back.
    pub(super) fn close(&mut self, index: usize) -> Result<QuoteAtoms> {
        self.lend_cash(index);
        let held = &self.held[index];
        let (market, long) = (held.market, held.is_long());
        let book = &self.books[market];
        let args = DecreaseArgs { size: BaseAtoms(u64::MAX), acceptable: any_price(!long) };
        let now = book.sample.publish_time;
        let report = transition::decrease(&book.market, &held.position, &book.sample, &args, now);
        let report = report.map_err(broken)?;
        self.note_closed(&report.closed);
        self.books[market].market.ledger = report.ledger;
        self.held[index].position = report.position;
        self.return_cash(index);
        Ok(report.closed.notional)
    }

    /// A pooled account's cash stands behind the position that is about to close.
    pub(super) fn lend_cash(&mut self, index: usize) {
        if self.venue.is_pooled() {
            let held = &mut self.held[index];
            held.position.collateral = std::mem::take(&mut self.accounts[held.person].cash);
        }
    }

    /// What closing left goes back to the account.
    pub(super) fn return_cash(&mut self, index: usize) {
        if self.venue.is_pooled() {
            let held = &mut self.held[index];
            let account = &mut self.accounts[held.person];
            account.cash = std::mem::take(&mut held.position.collateral);
            if held.position.status == PositionStatus::Closed {
                account.held[held.market] = None;
            }
        }
    }

    /// Counts what any close realised.
    pub(super) fn note_closed(&mut self, closed: &ClosedPart) {
        self.tally.bad_debt += closed.shortfall.get();
        self.tally.payouts += closed.payout.get();
        let gain = closed.pnl.get() + closed.due.signed().get();
        let owed = gain.clamp(0, closed.reserved_released.signed().get());
        self.tally.winners_unpaid += u32::from(closed.payout.signed().get() < owed);
    }
}
