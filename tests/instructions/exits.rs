//! Where tests of withdrawals begin: a provider with a million in market 0's pool of 21 million, and a
//! withdrawal of theirs.

use bulkhead::state::{Market, Withdrawal};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Provider, TxOk, World};
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DEPOSIT: u64 = 1_000_000 * USD;

/// A withdrawal of 100,000 shares, worth a dollar each.
pub(crate) struct Exit {
    pub(crate) world: World,
    pub(crate) lp: Provider,
    pub(crate) withdrawal: Pubkey,
}

/// Shares of [`Exit`], in atoms.
pub(crate) const SHARES: u64 = 100_000 * USD;

impl Exit {
    pub(crate) fn requested() -> Self {
        Self::requested_in(World::new().unwrap(), SHARES)
    }

    pub(crate) fn requested_in(mut world: World, shares: u64) -> Self {
        let lp = world.provider(DEPOSIT, DEPOSIT).unwrap();
        let withdrawal = world.request_withdrawal(&lp, shares).unwrap();
        Self { world, lp, withdrawal }
    }

    /// An hour later, with a market that is fresh.
    pub(crate) fn matured() -> Self {
        Self::requested().after(HOUR)
    }

    pub(crate) fn after(mut self, secs: i64) -> Self {
        self.wait(secs);
        self
    }

    /// Lets time pass and updates the market at the same price.
    pub(crate) fn wait(&mut self, secs: i64) {
        self.world.advance(secs);
        self.world.send(&[ix::update_market(&self.world.keys)]).unwrap();
    }

    pub(crate) fn keys(&self) -> MarketKeys {
        self.world.keys
    }

    pub(crate) fn account(&self) -> Withdrawal {
        self.world.withdrawal(&self.withdrawal)
    }

    pub(crate) fn vault(&self) -> Pubkey {
        pda::withdrawal_vault(&self.withdrawal)
    }

    /// What the keeper sends to execute it.
    pub(crate) fn execution(&self) -> Instruction {
        let keeper = self.world.keeper.key;
        ix::execute_withdrawal(&self.world.keys, keeper, self.withdrawal, &self.account())
    }

    /// What `canceller` sends to cancel it; the shares go back where they came from.
    pub(crate) fn cancellation(&self, canceller: Pubkey) -> Instruction {
        ix::cancel_withdrawal(&self.world.keys, canceller, self.withdrawal, &self.account(), self.lp.shares)
    }

    pub(crate) fn by_owner(&self) -> Instruction {
        self.cancellation(self.lp.who.key)
    }

    #[track_caller]
    pub(crate) fn send(&mut self, instruction: Instruction) -> TxOk {
        self.world.send(&[instruction]).unwrap()
    }

    /// All of the pool is set aside, or nothing.
    pub(crate) fn set_aside_all(&mut self, all: bool) {
        let market = self.world.keys.market;
        poke(&mut self.world, &market, |market: &mut Market| {
            market.long.reserved_atoms = if all { market.pool_atoms } else { 0 };
        });
    }

    /// Pool shares and collateral wherever they lie: nothing appears and nothing vanishes.
    pub(crate) fn holdings(&self) -> Holdings {
        let market = self.world.keys.market;
        let mint = self.world.data(&pda::lp_mint(&market)).unwrap();
        Holdings {
            pool: self.world.token_balance(&pda::pool_vault(&market)),
            collateral: self.world.token_balance(&self.lp.who.tokens),
            shares: self.world.token_balance(&self.lp.shares),
            escrow: self.world.token_balance(&self.vault()),
            supply: u64::from_le_bytes(mint[36..44].try_into().unwrap()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holdings {
    pub(crate) pool: u64,
    pub(crate) collateral: u64,
    pub(crate) shares: u64,
    pub(crate) escrow: u64,
    pub(crate) supply: u64,
}
