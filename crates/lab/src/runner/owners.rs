//! The owners: they follow their plans, and know of the market what anyone can read.

use anyhow::{Context, Result, ensure};
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::instructions::{PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{OrderAction as ProgramAction, OrderKind, PositionSide};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::{ix, pda};
use bulkhead_risk::impact::{self, buys};
use bulkhead_risk::margin::addon_ppm_ceil;
use bulkhead_risk::orders::OrderAction;
use bulkhead_risk::transition;
use bulkhead_risk::{BaseAtoms, Position, PriceE12, Purpose, QuoteAtoms, RiskError, Side};
use solana_pubkey::Pubkey;

use super::holding::{Holding, Stage, Waiting};
use super::plan::Plan;
use super::{Replay, refused};
use crate::world::{any_price, defaults};

const PPM: u64 = 1_000_000;
/// Lowest leverage that anyone takes.
const LEVERAGE_MIN_E6: u64 = 2 * PPM;
/// Collateral over the initial margin of the last price, so that the next one does not refuse the order.
const HEADROOM_PERCENT: u64 = 105;
/// What a planned decrease closes.
const DECREASE_PERCENT: u64 = 40;

fn is_due(at: Option<i64>, now: i64) -> bool {
    at.is_some_and(|at| at <= now)
}

/// What a holding's owner would do at `now` before the next price.
fn has_plans(holding: &Holding, now: i64) -> bool {
    let plan = &holding.plan;
    match holding.stage {
        Stage::Planned => plan.open_at_secs <= now,
        Stage::Exists if holding.is_open() => {
            let may_order = holding.waiting.is_none();
            let orders = is_due(plan.close_at_secs, now) || is_due(plan.decrease_at_secs, now);
            is_due(plan.add_at_secs, now) || (may_order && orders)
        }
        _ => false,
    }
}

/// Size, and the collateral that the plan's leverage takes.
struct Sized {
    size: BaseAtoms,
    collateral: QuoteAtoms,
    leverage: u64,
}

impl Replay {
    pub(super) fn owners_have_plans(&self, now: i64) -> bool {
        // Before the first sample nobody knows a price.
        !self.sample.price.is_zero() && self.live.iter().any(|index| has_plans(&self.holdings[*index], now))
    }

    pub(super) fn owners_act(&mut self, now: i64) -> Result<()> {
        for index in self.live.clone() {
            if !has_plans(&self.holdings[index], now) {
                continue;
            }
            if self.holdings[index].stage == Stage::Planned {
                self.place_opening(index)?;
                continue;
            }
            if is_due(self.holdings[index].plan.add_at_secs, now) {
                self.add(index)?;
            }
            if self.holdings[index].waiting.is_none() {
                self.place_decrease(index, now)?;
            }
        }
        Ok(())
    }

    fn sized(&self, plan: &Plan) -> Result<Sized, RiskError> {
        let (params, side) = (&self.market.params, Side::from(plan.side));
        let notional = QuoteAtoms(plan.notional_usd * defaults::QUOTE_UNIT);
        let size = params.size_ceil(notional, self.market.oracle.index)?;
        let side_size = self.market.ledger.side(side).open_interest.plus(size)?;
        let side_notional = params.notional_ceil(side_size, self.market.oracle.index)?;
        let (ledger, index) = (&self.market.ledger, self.market.oracle.index);
        let impact = impact::impact(params, ledger, buys(side, OrderAction::Increase), size, index)?;
        let cost = notional.share_ceil(params.trade_fee_ppm)?.plus(impact.charge)?;
        let addon = addon_ppm_ceil(params, side_notional)?;
        let initial = notional.share_ceil(self.market.initial_ppm(addon, &self.sample)?)?.get();
        let most_e6 = (notional.get() * 100 / HEADROOM_PERCENT).saturating_mul(PPM) / initial;
        let span_e6 = most_e6.saturating_sub(LEVERAGE_MIN_E6);
        let leverage_e6 = LEVERAGE_MIN_E6.min(most_e6) + span_e6 * plan.leverage_share_ppm / PPM;
        let margin =
            QuoteAtoms((u128::from(notional.get()) * u128::from(PPM)).div_ceil(leverage_e6.into()) as u64);
        // What opening costs comes on top of what is to stay.
        let collateral = margin.plus(cost)?;
        Ok(Sized { size, collateral, leverage: (leverage_e6 + PPM / 2) / PPM })
    }

    fn acceptable(&self, plan: &Plan) -> PriceE12 {
        let index = self.market.oracle.index.get();
        let slippage = (u128::from(index) * u128::from(plan.slippage_ppm) / u128::from(PPM)) as u64;
        PriceE12(match plan.side {
            PositionSide::Long => index + slippage,
            PositionSide::Short => index - slippage,
        })
    }

    fn place_opening(&mut self, index: usize) -> Result<()> {
        let plan = self.holdings[index].plan;
        let sized = self.sized(&plan).map_err(refused)?;
        let acceptable = self.acceptable(&plan);
        let (keys, owner) = (self.world.keys, self.holdings[index].owner);
        self.grant(owner.tokens, sized.collateral);
        let args = PlaceOpeningOrderArgs {
            position_id: 0,
            side: plan.side,
            collateral_atoms: sized.collateral.get(),
            kind: OrderKind::Market,
            size_atoms: sized.size.get(),
            acceptable_price_e12: acceptable.get(),
            payout_cap_ppm: plan.payout_cap_ppm,
            tip_lamports: TIP_LAMPORTS_MIN,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let place = ix::place_opening_order(&keys, owner.key, owner.key, owner.tokens, args);
        let Some(events) = self.send(&[place])? else {
            self.holdings[index].stage = Stage::Gone;
            return Ok(());
        };
        let holding = &mut self.holdings[index];
        holding.key = pda::position(&keys.market, &owner.key, 0);
        holding.vault = pda::vault(&holding.key);
        holding.stage = Stage::Exists;
        holding.leverage = sized.leverage;
        holding.first_collateral_atoms = sized.collateral.get();
        holding.past.put_in_atoms = sized.collateral.get().into();
        holding.position = Position::pending(plan.side.into(), sized.collateral);
        holding.waiting = Some(Waiting {
            id: 0,
            action: OrderAction::Increase,
            placed_at: placed_at(&events)?,
            tip_lamports: TIP_LAMPORTS_MIN,
            size: sized.size,
            acceptable,
        });
        Ok(())
    }

    /// Collateral that an owner has not had before.
    fn grant(&mut self, tokens: Pubkey, amount: QuoteAtoms) {
        self.world.mint_to(tokens, amount.get());
        self.granted_atoms += amount.get();
    }

    fn place_decrease(&mut self, index: usize, now: i64) -> Result<()> {
        let holding = &mut self.holdings[index];
        let size_atoms = if is_due(holding.plan.close_at_secs, now) {
            holding.plan.close_at_secs = None;
            u64::MAX
        } else if is_due(holding.plan.decrease_at_secs, now) {
            holding.plan.decrease_at_secs = None;
            (u128::from(holding.position.size.get()) * u128::from(DECREASE_PERCENT) / 100) as u64
        } else {
            return Ok(());
        };
        let (key, owner, side) = (holding.key, holding.owner, holding.plan.side);
        let args = PlaceOrderArgs {
            order_id: self.world.position(&key).next_order_id,
            action: ProgramAction::Decrease,
            kind: OrderKind::Market,
            size_atoms,
            acceptable_price_e12: any_price(side, ProgramAction::Decrease),
            payout_cap_ppm: 0,
            tip_lamports: TIP_LAMPORTS_MIN,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let keys = self.world.keys;
        let place = ix::place_order(&keys, owner.key, owner.key, key, args);
        let Some(events) = self.send(&[place])? else { return Ok(()) };
        self.holdings[index].waiting = Some(Waiting {
            id: args.order_id,
            action: OrderAction::Decrease,
            placed_at: placed_at(&events)?,
            tip_lamports: args.tip_lamports,
            size: BaseAtoms(size_atoms),
            acceptable: PriceE12(args.acceptable_price_e12),
        });
        Ok(())
    }

    fn add(&mut self, index: usize) -> Result<()> {
        self.holdings[index].plan.add_at_secs = None;
        let (keys, owner) = (self.world.keys, self.holdings[index].owner);
        let amount = QuoteAtoms(self.holdings[index].first_collateral_atoms / 2);
        let foreseen = transition::add_collateral(&self.holdings[index].position, amount).map_err(refused)?;
        self.grant(owner.tokens, amount);
        let add = ix::add_collateral(&keys, owner.key, owner.tokens, self.holdings[index].key, amount.get());
        if self.send(&[add])?.is_some() {
            self.reload(index, &foreseen)?;
            self.holdings[index].past.put_in_atoms += i128::from(amount.get());
            self.begin_anew(index)?;
        }
        Ok(())
    }

    /// Whoever planned to takes collateral out at the price that stands: a half of it, or the largest of a
    /// quarter, an eighth and a sixteenth that the market lets go.
    pub(super) fn owners_remove_collateral(&mut self) -> Result<()> {
        let now = self.world.now();
        for index in self.live.clone() {
            let holding = &mut self.holdings[index];
            if !holding.is_open() || !is_due(holding.plan.remove_at_secs, now) {
                continue;
            }
            holding.plan.remove_at_secs = None;
            let Ok(seen) = self.seen(Purpose::Risk) else { continue };
            let position = self.holdings[index].position;
            let report = [2, 4, 8, 16].into_iter().find_map(|part| {
                let amount = QuoteAtoms(position.collateral.get() / part);
                transition::remove_collateral(&seen, &position, &self.sample, amount, self.now()).ok()
            });
            let Some(report) = report else { continue };
            let (keys, owner) = (self.world.keys, self.holdings[index].owner);
            let amount = report.removed.get();
            let remove =
                ix::remove_collateral(&keys, owner.key, self.holdings[index].key, owner.tokens, amount);
            if self.send(&[remove])?.is_some() {
                self.reload_market()?;
                self.reload(index, &report.position)?;
                let past = &mut self.holdings[index].past;
                past.put_in_atoms -= i128::from(amount);
                past.lost_atoms += i128::from(report.owed_paid.get());
                self.begin_anew(index)?;
            }
        }
        Ok(())
    }

    /// Owners of flat positions take everything out, some time later.
    pub(super) fn owners_leave(&mut self) -> Result<()> {
        let now = self.world.now();
        for index in self.live.clone() {
            let holding = &self.holdings[index];
            if !holding.is_flat() || now < holding.flat_since + holding.plan.leaves_after_secs {
                continue;
            }
            let keys = self.world.keys;
            let booked_atoms = holding.position.collateral.get();
            let leave = ix::close_position(&keys, holding.owner.key, holding.key, holding.owner.tokens);
            let Some(events) = self.send(&[leave])? else {
                self.tally.summary.promises.payouts_refused += u64::from(booked_atoms > 0);
                self.holdings[index].flat_since = now;
                continue;
            };
            let returned = events.iter().find_map(|event| match event {
                AnyEvent::PositionClosed(event) => Some(event.returned_atoms),
                _ => None,
            });
            ensure!(returned == Some(booked_atoms), "returned {returned:?}, booked were {booked_atoms}");
            self.holdings[index].stage = Stage::Gone;
        }
        Ok(())
    }
}

fn placed_at(events: &[AnyEvent]) -> Result<i64> {
    let placed = events.iter().find_map(|event| match event {
        AnyEvent::OrderPlaced(event) => Some(event.placed_at),
        _ => None,
    });
    placed.context("an order without its event")
}
