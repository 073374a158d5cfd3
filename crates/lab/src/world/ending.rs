//! The end of a market: wind-down, settlement, and everybody's way out.

use bulkhead::instructions::{Change, MarketMode, QueueChangeArgs};
use bulkhead::state::Settlement;
use bulkhead_client::{MarketKeys, ix, pda};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::{PriceUpdate, TxFailed, TxOk, World};

const MINUTE_SECS: i64 = 60;

impl World {
    /// Queues a change as the admin, lets the timelock pass, and applies it.
    pub fn change(&mut self, market: Option<Pubkey>, definition: Change) -> Result<TxOk, TxFailed> {
        let apply = self.queue_change(market, definition)?;
        self.send(&[apply])
    }

    /// Queues a change as the admin and lets the timelock pass; what comes back applies it.
    pub fn queue_change(
        &mut self,
        market: Option<Pubkey>,
        definition: Change,
    ) -> Result<Instruction, TxFailed> {
        let protocol = self.protocol().expect("the protocol is set up");
        let (nonce, admin) = (protocol.next_change, protocol.admin);
        self.send(&[ix::queue_change(admin, market, QueueChangeArgs { nonce, definition })])?;
        self.warp_to(self.now() + i64::from(protocol.timelock_secs).max(1));
        Ok(ix::apply_change(nonce, market, admin))
    }

    /// Begins the wind-down of market 0.
    pub fn wind_down(&mut self) -> Result<TxOk, TxFailed> {
        self.change(Some(self.keys.market), Change::MarketStatus(MarketMode::WindDown))
    }

    /// Publishes a price for market 0 at the beginning of the next minute, and keeps it for the wind-down.
    pub fn record_minute(&mut self, price_e8: u64) -> Result<TxOk, TxFailed> {
        let now = self.now();
        self.warp_to(now - now.rem_euclid(MINUTE_SECS) + MINUTE_SECS);
        self.set_price(&PriceUpdate::at(price_e8, self.now()));
        self.send(&[ix::record_settlement_price(&self.keys, self.keeper.key)])
    }

    /// What the wind-down of a market has kept; none before the first price, and after the settlement.
    pub fn settlement(&self, market: &Pubkey) -> Option<Settlement> {
        self.load(&pda::settlement(market))
    }

    /// Settles market 0.
    pub fn settle_market(&mut self) -> Result<TxOk, TxFailed> {
        let market = self.keys.market;
        let payer = self.settlement(&market).map_or(self.keeper.key, |kept| kept.payer);
        self.send(&[ix::settle_market(market, payer)])
    }

    /// Closes a position of a settled market, as the keeper.
    pub fn settle_position(&mut self, keys: &MarketKeys, position: Pubkey) -> Result<TxOk, TxFailed> {
        self.send(&[ix::settle_position(keys, self.keeper.key, position)])
    }
}
