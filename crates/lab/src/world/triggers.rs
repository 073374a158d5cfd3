//! Orders that wait for a trigger: placing, triggering, looking at them.

use anchor_lang::AnchorDeserialize;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::instructions::{OrderView, PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{OrderAction, OrderKind, PositionSide, Trader};
use bulkhead_client::{ix, pda};
use solana_pubkey::Pubkey;

use super::{Actor, Opening, TxFailed, TxOk, World, any_price};

/// What waits for a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub kind: OrderKind,
    pub action: OrderAction,
    pub size_atoms: u64,
    pub trigger_price_e12: u64,
    /// Zero for never.
    pub expires_at: i64,
}

impl Waiting {
    /// A limit order that adds `size_atoms`.
    pub fn limit_increase(size_atoms: u64, trigger_price_e12: u64) -> Self {
        let (kind, action) = (OrderKind::Limit, OrderAction::Increase);
        Self { kind, action, size_atoms, trigger_price_e12, expires_at: 0 }
    }

    /// An order of `kind` that closes `size_atoms`; u64::MAX for all.
    pub fn decrease(kind: OrderKind, size_atoms: u64, trigger_price_e12: u64) -> Self {
        Self { kind, action: OrderAction::Decrease, size_atoms, trigger_price_e12, expires_at: 0 }
    }

    pub fn until(self, expires_at: i64) -> Self {
        Self { expires_at, ..self }
    }

    /// The position's next order of this kind, at any price.
    pub fn args(&self, world: &World, position: &Pubkey) -> PlaceOrderArgs {
        let account = world.position(position);
        let side = if account.side == 0 { PositionSide::Long } else { PositionSide::Short };
        PlaceOrderArgs {
            order_id: account.next_order_id,
            action: self.action,
            kind: self.kind,
            size_atoms: self.size_atoms,
            acceptable_price_e12: any_price(side, self.action),
            payout_cap_ppm: 1_000_000,
            tip_lamports: TIP_LAMPORTS_MIN,
            trigger_price_e12: self.trigger_price_e12,
            expires_at: self.expires_at,
        }
    }
}

impl World {
    /// Places an order that waits for a trigger on an open position; returns its id.
    pub fn place_waiting(
        &mut self,
        owner: &Actor,
        position: Pubkey,
        waiting: &Waiting,
    ) -> Result<u32, TxFailed> {
        let args = waiting.args(self, &position);
        let keys = self.keys;
        self.send(&[ix::place_order(&keys, owner.key, owner.key, position, args)])?;
        Ok(args.order_id)
    }

    /// Places the limit order that opens a position of `trader` in market 0; the address is the position's.
    pub fn place_limit(
        &mut self,
        trader: &Actor,
        opening: &Opening,
        trigger_price_e12: u64,
        expires_at: i64,
    ) -> Result<Pubkey, TxFailed> {
        let keys = self.keys;
        let counters = self.load::<Trader>(&pda::trader(&keys.market, &trader.key));
        let position_id = counters.map_or(0, |counters| counters.next_position_id);
        let args = PlaceOpeningOrderArgs {
            position_id,
            side: opening.side,
            collateral_atoms: opening.collateral_atoms,
            kind: OrderKind::Limit,
            size_atoms: opening.size_atoms,
            acceptable_price_e12: opening.acceptable_price_e12,
            payout_cap_ppm: opening.payout_cap_ppm,
            tip_lamports: opening.tip_lamports,
            trigger_price_e12,
            expires_at,
        };
        self.send(&[ix::place_opening_order(&keys, trader.key, trader.key, trader.tokens, args)])?;
        Ok(pda::position(&keys.market, &trader.key, position_id))
    }

    /// Triggers an order as the keeper, at the price that stands.
    pub fn trigger(&mut self, position: Pubkey, order_id: u32) -> Result<TxOk, TxFailed> {
        let keys = self.keys;
        self.send(&[ix::trigger_order(&keys, self.keeper.key, position, order_id)])
    }

    /// Where an order stands at the price that stands.
    pub fn view_order(&mut self, position: Pubkey, order_id: u32) -> Result<OrderView, TxFailed> {
        let keys = self.keys;
        let done = self.send(&[ix::view_order(&keys, position, order_id)])?;
        Ok(OrderView::try_from_slice(&done.return_data).expect("the program answers with an OrderView"))
    }
}
