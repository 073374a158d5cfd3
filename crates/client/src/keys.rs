//! The keys of a market that instructions need and that no seed gives.

use anchor_lang::prelude::Pubkey;
use bulkhead::state::Market;

/// What a market's instructions need to know of it. Everything else is derived from these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketKeys {
    /// Market.
    pub market: Pubkey,
    /// The one price account that it reads.
    pub price: Pubkey,
    /// The price account of its collateral, where it asks for that price.
    pub collateral_price: Option<Pubkey>,
    /// Collateral mint.
    pub collateral_mint: Pubkey,
    /// Token program of the collateral.
    pub token_program: Pubkey,
}

impl MarketKeys {
    /// Of the market at `market`, whose account says `account`.
    pub fn of(market: Pubkey, account: &Market) -> Self {
        Self {
            market,
            price: account.oracle.account,
            collateral_price: account.collateral_oracle.is_set().then_some(account.collateral_oracle.account),
            collateral_mint: account.collateral_mint,
            token_program: account.token_program,
        }
    }
}
