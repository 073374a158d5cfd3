//! Follows the money: from the program's events, and the accounts they change, to who paid whom.
//!
//! Events name what was paid as losses, payouts, what was owed, and fees. What was owed is split into borrow fee
//! and funding as the position's account had accrued it; a loss or payout into the price's part, funding
//! received and price impact, by the fill price of the event against the price without impact.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use bulkhead::events::ClosedAmounts;
use bulkhead_client::events::AnyEvent;
use bulkhead_risk::liquidation::liquidation_price_of;
use bulkhead_risk::{BaseAtoms, Ledger, Market, Position, PriceE12, QuoteAtoms, Sample, Side, UnixSeconds};
use solana_pubkey::Pubkey;

use super::refused;
use crate::flows::{Flows, Party, Payment};
use crate::world::World;

#[derive(Default)]
pub(super) struct Money {
    pub(super) flows: Flows,
    followed: HashMap<Pubkey, Followed>,
}

/// A position as its account was after its last event.
struct Followed {
    side: Side,
    position: Position,
    /// Price impact of its openings that is still part of its entry price.
    charged: QuoteAtoms,
    paid_back: QuoteAtoms,
}

/// What the prices without impact are taken of.
pub(super) struct Scene<'a> {
    pub(super) world: &'a World,
    pub(super) sample: &'a Sample,
}

impl Scene<'_> {
    fn position(&self, key: &Pubkey) -> Result<Position> {
        Ok(self.world.position(key).view()?)
    }

    fn market(&self) -> Result<Market> {
        Ok(self.world.market().view()?)
    }
}

fn vault_of(side: Side) -> Party {
    match side {
        Side::Long => Party::Longs,
        Side::Short => Party::Shorts,
    }
}

/// The larger less the smaller: as a charge if `worse`, else as paid back.
fn split(worse: i128) -> Result<(u64, u64)> {
    let size = u64::try_from(worse.unsigned_abs())?;
    Ok(if worse > 0 { (size, 0) } else { (0, size) })
}

/// The part that belongs to `size` of `whole`; the last part takes what is left.
fn part_of(amount: QuoteAtoms, size: BaseAtoms, whole: BaseAtoms) -> u64 {
    (u128::from(amount.get()) * u128::from(size.get()) / u128::from(whole.get().max(1))) as u64
}

impl Money {
    /// Takes in what one transaction said.
    pub(super) fn note(&mut self, scene: &Scene<'_>, events: &[AnyEvent]) -> Result<()> {
        for event in events {
            self.note_one(scene, event)?;
        }
        Ok(())
    }

    fn note_one(&mut self, scene: &Scene<'_>, event: &AnyEvent) -> Result<()> {
        match event {
            AnyEvent::PositionCreated(event) => {
                let side = event.side.into();
                self.flows.pay(Payment::CollateralIn, Party::Traders, vault_of(side), event.collateral_atoms);
                let position = scene.position(&event.position)?;
                let (charged, paid_back) = Default::default();
                self.followed.insert(event.position, Followed { side, position, charged, paid_back });
            }
            AnyEvent::CollateralAdded(event) => {
                let vault = vault_of(self.known(&event.position)?.side);
                self.flows.pay(Payment::CollateralIn, Party::Traders, vault, event.amount_atoms);
            }
            AnyEvent::CollateralRemoved(event) => {
                let vault = vault_of(self.known(&event.position)?.side);
                self.flows.pay(Payment::CollateralOut, vault, Party::Traders, event.amount_atoms);
                self.note_owed(scene, &event.position, event.owed_paid_atoms, 0)?;
                self.look(scene, &event.position)?;
            }
            AnyEvent::PositionClosed(event) => {
                let vault = vault_of(self.known(&event.position)?.side);
                self.flows.pay(Payment::CollateralOut, vault, Party::Traders, event.returned_atoms);
                self.followed.remove(&event.position);
            }
            AnyEvent::PositionIncreased(event) => {
                self.note_owed(scene, &event.position, event.owed_paid_atoms, 0)?;
                self.note_trade_fee(&event.position, event.trade_fee_atoms)?;
                self.note_opening(scene, &event.position, event.fill_price_e12)?;
            }
            AnyEvent::PositionDecreased(event) => {
                let edge = scene.sample.closing_edge(self.known(&event.position)?.side).map_err(refused)?;
                self.note_closing(scene, &event.position, &event.closed, edge)?;
            }
            AnyEvent::PositionLiquidated(event) => {
                let side = self.known(&event.position)?.side;
                let (market, now) = (scene.market()?, UnixSeconds(scene.world.now()));
                let price = liquidation_price_of(&market, side, scene.sample, now).map_err(refused)?;
                self.note_closing(scene, &event.position, &event.closed, price)?;
                let (vault, flows) = (vault_of(side), &mut self.flows);
                flows.pay(Payment::LiquidationFine, vault, Party::Keepers, event.keeper_pay_atoms);
                flows.pay(Payment::LiquidationFine, vault, Party::Insurance, event.insurance_pay_atoms);
                let floor = event.keeper_floor_pay_atoms;
                flows.pay(Payment::KeeperFloor, Party::Insurance, Party::Keepers, floor);
                let cover = event.shortfall_covered_atoms;
                flows.pay(Payment::ShortfallCover, Party::Insurance, Party::Pool, cover);
                flows.pay(Payment::SettlePay, Party::CrankBudget, Party::Keepers, event.settle_pay_atoms);
            }
            AnyEvent::CappedSettled(event) => {
                self.note_closing(scene, &event.position, &event.closed, scene.sample.price)?;
                let pay = event.keeper_pay_atoms;
                self.flows.pay(Payment::SettlePay, Party::CrankBudget, Party::Keepers, pay);
            }
            AnyEvent::CrankPaid(event) => {
                let pay = event.amount_atoms;
                self.flows.pay(Payment::CrankPay, Party::CrankBudget, Party::Keepers, pay);
            }
            _ => {}
        }
        Ok(())
    }

    fn known(&self, key: &Pubkey) -> Result<&Followed> {
        self.followed.get(key).context("an event of a position that nobody created")
    }

    fn look(&mut self, scene: &Scene<'_>, key: &Pubkey) -> Result<()> {
        let position = scene.position(key)?;
        self.followed.get_mut(key).context("an event of a position that nobody created")?.position = position;
        Ok(())
    }

    /// Borrow fee and funding that were paid: all that had accrued, but for what was short. Funding counts as
    /// paid first.
    fn note_owed(&mut self, scene: &Scene<'_>, key: &Pubkey, paid: u64, short: u64) -> Result<()> {
        let (market, known) = (scene.market()?, self.known(key)?);
        let vault = vault_of(known.side);
        let accrued = known.position.accrued(&market.params, &market.ledger).map_err(refused)?;
        let owed = accrued.owed().map_err(refused)?.get();
        ensure!(paid <= owed && owed - paid <= short, "{key}: paid {paid} of {owed} owed, {short} short");
        let funding = accrued.owed_funding.get().min(paid);
        self.flows.pay(Payment::FundingPaid, vault, Party::Pool, funding);
        self.flows.pay(Payment::BorrowFee, vault, Party::Pool, paid - funding);
        Ok(())
    }

    fn note_trade_fee(&mut self, key: &Pubkey, fee: u64) -> Result<()> {
        let vault = vault_of(self.known(key)?.side);
        let mut booked = Ledger::default();
        booked.book_trade_fee(QuoteAtoms(fee)).map_err(refused)?;
        let shares = [
            (Party::Pool, booked.pool),
            (Party::ProtocolFees, booked.protocol_fees),
            (Party::CrankBudget, booked.crank_budget),
        ];
        for (party, share) in shares {
            self.flows.pay(Payment::TradeFee, vault, party, share.get());
        }
        Ok(())
    }

    /// Keeps what the fill of an opening cost more, or less, than the edge would have.
    fn note_opening(&mut self, scene: &Scene<'_>, key: &Pubkey, fill_e12: u64) -> Result<()> {
        let (params, after) = (scene.market()?.params, scene.position(key)?);
        let known = self.followed.get_mut(key).context("an opening of a position that nobody created")?;
        let added = after.size.minus(known.position.size).map_err(refused)?;
        let edge = scene.sample.opening_edge(known.side).map_err(refused)?;
        let worth = |price| params.notional_ceil(added, price).map(|worth| i128::from(worth.get()));
        let more = worth(PriceE12(fill_e12)).map_err(refused)? - worth(edge).map_err(refused)?;
        let (charged, paid_back) = split(if known.side == Side::Long { more } else { -more })?;
        known.charged = known.charged.plus(QuoteAtoms(charged)).map_err(refused)?;
        known.paid_back = known.paid_back.plus(QuoteAtoms(paid_back)).map_err(refused)?;
        known.position = after;
        Ok(())
    }

    /// What closing a part realised. `price` is that of the fill, without impact.
    fn note_closing(
        &mut self,
        scene: &Scene<'_>,
        key: &Pubkey,
        closed: &ClosedAmounts,
        price: PriceE12,
    ) -> Result<()> {
        self.note_owed(scene, key, closed.owed_paid_atoms, closed.shortfall_atoms)?;
        self.note_trade_fee(key, closed.trade_fee_atoms)?;
        let (market, after) = (scene.market()?, scene.position(key)?);
        let known = self.followed.get_mut(key).context("a closing of a position that nobody created")?;
        let before = known.position.accrued(&market.params, &market.ledger).map_err(refused)?;
        let size = BaseAtoms(closed.size_atoms);
        let charged = part_of(known.charged, size, before.size);
        let paid_back = part_of(known.paid_back, size, before.size);
        known.charged = known.charged.minus(QuoteAtoms(charged)).map_err(refused)?;
        known.paid_back = known.paid_back.minus(QuoteAtoms(paid_back)).map_err(refused)?;
        known.position = after;

        let due = i128::from(before.due.get()) - i128::from(after.due.get());
        let pnl = i128::from(closed.pnl_atoms);
        let without_impact = before.pnl_of(size, &market.params, price).map_err(refused)?.0;
        let moved = i128::from(closed.payout_atoms) - i128::from(closed.loss_paid_atoms);
        let (vault, flows) = (vault_of(known.side), &mut self.flows);
        // As the program counts it: a charge that ends beyond the payout cap or the collateral is not paid.
        let cap = i128::from(closed.reserved_released_atoms);
        let is_paid = closed.shortfall_atoms == 0 && without_impact + due <= cap;
        let (mut price_part, received) = if is_paid {
            ensure!(moved == pnl + due, "{key}: {moved} moved for {pnl} and {due} due");
            let (now_charged, now_paid_back) = split(without_impact - pnl)?;
            flows.pay(Payment::ImpactCharge, vault, Party::Pool, charged + now_charged);
            flows.pay(Payment::ImpactRebate, Party::Pool, vault, paid_back + now_paid_back);
            let impact = i128::from(charged) - i128::from(paid_back) + without_impact - pnl;
            (moved + impact, due)
        } else {
            (moved, due.min(i128::from(closed.payout_atoms)))
        };
        price_part -= received;
        flows.pay(Payment::FundingReceived, Party::Pool, vault, u64::try_from(received)?);
        let (loss, gain) = split(-price_part)?;
        flows.pay(Payment::PriceLoss, vault, Party::Pool, loss);
        flows.pay(Payment::PriceGain, Party::Pool, vault, gain);
        Ok(())
    }
}
