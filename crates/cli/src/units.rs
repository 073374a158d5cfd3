//! What a market's amounts are called, and how they are read and written.
//!
//! No account says what its asset is called. Names are known for well-known feeds and mints; elsewhere
//! amounts stand alone, and a unit that cannot be checked is refused on mainnet.

use anchor_lang::prelude::Pubkey;
use bulkhead::state::Market;

use crate::amount::{self, Typed};
use crate::error::{CliError, Result};

/// Pyth feed ids of well-known assets.
const FEEDS: [(&str, &str); 3] = [
    ("e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43", "BTC"),
    ("ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace", "ETH"),
    ("ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d", "SOL"),
];

/// Mints of well-known stablecoins.
const MINTS: [(Pubkey, &str); 3] = [
    (Pubkey::from_str_const("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v"), "USDC"),
    (Pubkey::from_str_const("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPiZgJDncDU"), "USDC"),
    (Pubkey::from_str_const("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"), "USDT"),
];

/// Every collateral is a dollar stablecoin, and one whole token counts as one dollar.
const DOLLAR: &str = "USD";

/// Names and decimals of a market's two assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// Base asset, where its feed is known.
    pub base: Option<&'static str>,
    /// Its decimals.
    pub base_decimals: u8,
    /// Collateral, where its mint is known.
    pub quote: Option<&'static str>,
    /// Its decimals.
    pub quote_decimals: u8,
}

impl Units {
    /// Of a market.
    pub fn of(market: &Market) -> Self {
        let quote = MINTS.iter().find(|(mint, _)| *mint == market.collateral_mint);
        Self {
            base: base_name(&market.oracle.feed_id),
            base_decimals: market.params.base_decimals,
            quote: quote.map(|(_, name)| *name),
            quote_decimals: market.params.quote_decimals,
        }
    }

    /// Reads a size in base atoms.
    pub fn read_base(&self, typed: &Typed) -> Result<u64> {
        let accepted = |unit: &str| match self.base {
            Some(name) => unit.eq_ignore_ascii_case(name),
            None => unit.eq_ignore_ascii_case("base"),
        };
        require_unit(typed, accepted, self.base.unwrap_or("base"))?;
        typed.atoms(self.base_decimals)
    }

    /// Reads collateral in quote atoms. Where the mint is not a known one, any name of a dollar will do.
    pub fn read_quote(&self, typed: &Typed) -> Result<u64> {
        let accepted = |unit: &str| match self.quote {
            Some(name) => unit.eq_ignore_ascii_case(name) || unit.eq_ignore_ascii_case(DOLLAR),
            None => unit.to_ascii_uppercase().contains(DOLLAR),
        };
        require_unit(typed, accepted, self.quote.unwrap_or(DOLLAR))?;
        typed.atoms(self.quote_decimals)
    }

    /// The same, zero allowed.
    pub fn read_quote_or_zero(&self, typed: &Typed) -> Result<u64> {
        match typed.atoms_or_zero(self.quote_decimals)? {
            0 => Ok(0),
            _ => self.read_quote(typed),
        }
    }

    /// A size, for people.
    pub fn base(&self, atoms: u64) -> String {
        named(amount::grouped(atoms.into(), self.base_decimals), self.base)
    }

    /// An amount of collateral, for people.
    pub fn quote(&self, atoms: u64) -> String {
        self.signed_quote(atoms.into())
    }

    /// The same, of either sign.
    pub fn signed_quote(&self, atoms: i128) -> String {
        named(amount::grouped(atoms, self.quote_decimals), Some(self.quote.unwrap_or(DOLLAR)))
    }

    /// A size, for machines.
    pub fn plain_base(&self, atoms: u64) -> String {
        amount::plain(atoms.into(), self.base_decimals)
    }

    /// An amount of collateral, for machines.
    pub fn plain_quote(&self, atoms: i128) -> String {
        amount::plain(atoms, self.quote_decimals)
    }
}

/// The asset's name, where its feed is known.
pub fn base_name(feed_id: &[u8; 32]) -> Option<&'static str> {
    let hex: String = feed_id.iter().map(|byte| format!("{byte:02x}")).collect();
    FEEDS.iter().find(|(known, _)| *known == hex).map(|(_, name)| *name)
}

fn named(number: String, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{number} {name}"),
        None => number,
    }
}

fn require_unit(typed: &Typed, accepted: impl Fn(&str) -> bool, expected: &str) -> Result<()> {
    match typed.unit() {
        Some(unit) if !accepted(unit) => {
            Err(CliError::usage(format!("this amount is counted in {expected}, not in {unit}")))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BTC: Units = Units { base: Some("BTC"), base_decimals: 8, quote: Some("USDC"), quote_decimals: 6 };
    const NAMELESS: Units = Units { base: None, quote: None, ..BTC };

    fn typed(text: &str) -> Typed {
        Typed::parse(text).unwrap()
    }

    #[test]
    fn units_ok_only_of_the_market_itself() {
        assert_eq!(BTC.read_base(&typed("1.5 BTC")), Ok(150_000_000));
        assert_eq!(BTC.read_base(&typed("1.5btc")), Ok(150_000_000));
        assert_eq!(BTC.read_base(&typed("1.5")), Ok(150_000_000));
        assert_eq!(BTC.read_quote(&typed("100 USDC")), Ok(100_000_000));
        assert_eq!(BTC.read_quote(&typed("100 USD")), Ok(100_000_000));
        for wrong in [BTC.read_base(&typed("1.5 ETH")), BTC.read_base(&typed("100 USDC"))] {
            assert!(wrong.unwrap_err().to_string().contains("counted in BTC"));
        }
        assert!(BTC.read_quote(&typed("100 USDT")).unwrap_err().to_string().contains("counted in USDC"));
        assert_eq!(NAMELESS.read_quote(&typed("1 USDC")), Ok(1_000_000));
        assert!(NAMELESS.read_quote(&typed("1 BTC")).is_err());
        assert!(NAMELESS.read_base(&typed("1 BTC")).unwrap_err().to_string().contains("counted in base"));
    }

    #[test]
    fn amounts_are_written_with_their_names() {
        assert_eq!(BTC.base(150_000_000), "1.5 BTC");
        assert_eq!(BTC.signed_quote(-1_234_500_000), "-1,234.5 USDC");
        assert_eq!(NAMELESS.base(1), "0.00000001");
        assert_eq!(NAMELESS.quote(1_000_000), "1 USD");
    }
}
