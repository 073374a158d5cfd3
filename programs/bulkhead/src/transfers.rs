//! The movements between a position's vault, the pool vault and the outside, as a report books them.

use anchor_lang::prelude::*;
use bulkhead_risk::transition::PoolFlow;

use crate::state::{Market, Position, market_signer, position_signer};
use crate::token::Transfer;

/// Everything needed to move tokens of one position.
pub(crate) struct PositionTransfers<'a, 'info> {
    /// Token program of the collateral.
    pub(crate) program: &'a AccountInfo<'info>,
    /// Collateral mint.
    pub(crate) mint: &'a AccountInfo<'info>,
    /// Market, authority of the pool vault.
    pub(crate) market: &'a AccountInfo<'info>,
    /// Position, authority of its vault.
    pub(crate) position: &'a AccountInfo<'info>,
    /// Vault of the position.
    pub(crate) vault: &'a AccountInfo<'info>,
    /// Seeds and decimals.
    pub(crate) keys: SignerKeys,
}

/// What signing for a market and a position needs, copied out of their accounts: they cannot stay
/// borrowed while the token program runs.
#[derive(Clone, Copy)]
pub(crate) struct SignerKeys {
    market: Pubkey,
    owner: Pubkey,
    market_tail: ([u8; 2], [u8; 1]),
    position_tail: ([u8; 4], [u8; 1]),
    decimals: u8,
}

impl SignerKeys {
    /// Of a market and one of its positions.
    pub(crate) fn of(market: &Market, position: &Position) -> Self {
        Self {
            market: position.market,
            owner: position.owner,
            market_tail: market.seed_tail(),
            position_tail: position.seed_tail(),
            decimals: market.params.quote_decimals,
        }
    }
}

impl<'info> PositionTransfers<'_, 'info> {
    /// Moves a report's net flow between vault and pool.
    pub(crate) fn flow(&self, flow: PoolFlow, pool_vault: &AccountInfo<'info>) -> Result<()> {
        self.out_of_vault(pool_vault, flow.to_pool.get())?;
        self.out_of_market(pool_vault, self.vault, flow.to_vault.get())
    }

    /// Moves tokens out of one of the market's own vaults.
    pub(crate) fn out_of_market(
        &self,
        from: &AccountInfo<'info>,
        to: &AccountInfo<'info>,
        amount_atoms: u64,
    ) -> Result<()> {
        if amount_atoms == 0 {
            return Ok(());
        }
        Transfer {
            program: self.program,
            mint: self.mint,
            decimals: self.keys.decimals,
            from,
            to,
            authority: self.market,
        }
        .send(amount_atoms, &market_signer(&self.keys.market_tail))
    }

    /// Moves tokens out of the position's own vault; nothing but an instruction that names it can (INV-10).
    pub(crate) fn out_of_vault(&self, to: &AccountInfo<'info>, amount_atoms: u64) -> Result<()> {
        if amount_atoms == 0 {
            return Ok(());
        }
        let seeds = position_signer(&self.keys.market, &self.keys.owner, &self.keys.position_tail);
        Transfer {
            program: self.program,
            mint: self.mint,
            decimals: self.keys.decimals,
            from: self.vault,
            to,
            authority: self.position,
        }
        .send(amount_atoms, &seeds)
    }

    /// Signer seeds of the position, for closing its vault.
    pub(crate) fn close_vault(&self, rent_to: &AccountInfo<'info>) -> Result<()> {
        let seeds = position_signer(&self.keys.market, &self.keys.owner, &self.keys.position_tail);
        crate::token::close_vault(self.program, self.vault, rent_to, self.position, &seeds)
    }
}
