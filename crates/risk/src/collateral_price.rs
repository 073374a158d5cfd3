//! What a unit of collateral must be worth before somebody puts more of it at risk. Exits never ask.

use crate::error::{Result, RiskError};
use crate::oracle::{FUTURE_TOLERANCE_SECS, Sample};
use crate::units::{PriceE12, UnixSeconds};

/// Oldest price of the collateral: feeds of stablecoins move rarely, and are pushed once a minute.
pub const COLLATERAL_AGE_SECS_MAX: u64 = 60;
/// Least worth of one unit of collateral: 0.98 USD.
pub const COLLATERAL_PRICE_MIN: PriceE12 = PriceE12(980_000_000_000);

/// An error unless the collateral is worth 0.98 USD at the lower edge of a sample at most 60 s old.
pub fn require_worth(sample: &Sample, now: UnixSeconds) -> Result<()> {
    let is_future = sample.publish_time > now.after_secs(FUTURE_TOLERANCE_SECS)?;
    if is_future || now.since(sample.publish_time)? > COLLATERAL_AGE_SECS_MAX {
        return Err(RiskError::CollateralPriceTooOld);
    }
    // A confidence wider than the price leaves no lower edge at all.
    let edge = sample.bid().map_err(|_| RiskError::CollateralDepegged)?;
    if edge < COLLATERAL_PRICE_MIN { Err(RiskError::CollateralDepegged) } else { Ok(()) }
}
