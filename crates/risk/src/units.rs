//! Quantities. A number that has a unit has a type; only the products that mean something exist.

use crate::error::{Result, RiskError};

/// Parts in one: rates are in millionths.
pub const PPM: u64 = 1_000_000;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// The raw number.
            pub const fn get(self) -> $inner {
                self.0
            }

            /// Whether it is nothing.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// Sum, or an error.
            pub fn plus(self, other: Self) -> Result<Self> {
                self.0.checked_add(other.0).map(Self).ok_or(RiskError::Overflow)
            }

            /// Difference, or an error where it would pass the type's end (below zero for unsigned).
            pub fn minus(self, other: Self) -> Result<Self> {
                self.0.checked_sub(other.0).map(Self).ok_or(RiskError::Overflow)
            }
        }
    };
}

quantity!(
    /// Smallest units of a market's base asset.
    BaseAtoms(u64)
);
quantity!(
    /// Smallest units of the collateral token. One whole token counts as one US dollar.
    QuoteAtoms(u64)
);
quantity!(
    /// A signed amount of collateral: profit and loss, equity. Wide enough for any sum of two notionals.
    SignedQuoteAtoms(i128)
);
quantity!(
    /// US dollars per whole base unit, times 10^12: up to 18.4 million dollars.
    PriceE12(u64)
);
quantity!(
    /// A rate in millionths.
    Ppm(u32)
);
quantity!(
    /// Pool shares.
    Shares(u64)
);
quantity!(
    /// Seconds since 1970-01-01 UTC, as `Clock::unix_timestamp` counts them.
    UnixSeconds(i64)
);

impl QuoteAtoms {
    /// As a signed amount.
    pub fn signed(self) -> SignedQuoteAtoms {
        SignedQuoteAtoms(i128::from(self.0))
    }
}

impl SignedQuoteAtoms {
    /// The amount if positive, else nothing.
    pub fn positive_part(self) -> Result<QuoteAtoms> {
        u64::try_from(self.0.max(0)).map(QuoteAtoms).map_err(|_| RiskError::Overflow)
    }

    /// The amount below zero, as a positive number, else nothing.
    pub fn negative_part(self) -> Result<QuoteAtoms> {
        let below = self.0.min(0).checked_neg().ok_or(RiskError::Overflow)?;
        u64::try_from(below).map(QuoteAtoms).map_err(|_| RiskError::Overflow)
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl UnixSeconds {
    /// Seconds from `earlier` to `self`; zero if `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> Result<u64> {
        let seconds = self.0.checked_sub(earlier.0).ok_or(RiskError::Overflow)?;
        u64::try_from(seconds.max(0)).map_err(|_| RiskError::Overflow)
    }

    /// The time `seconds` later.
    pub fn after_secs(self, seconds: u32) -> Result<Self> {
        self.0.checked_add(i64::from(seconds)).map(Self).ok_or(RiskError::Overflow)
    }
}

impl Ppm {
    /// One, as a rate.
    pub const ONE: Self = Self(1_000_000);

    /// Sum of rates, or an error.
    pub fn plus_all(self, others: &[Self]) -> Result<Self> {
        others.iter().try_fold(self, |sum, other| sum.plus(*other))
    }
}
