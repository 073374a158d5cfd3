//! What the keepers and the chain are like, and which venue is played.

use super::feed::MARKETS;

/// How positions are margined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Venue {
    /// The protocol: each position alone, margin scaled with volatility.
    Bulkhead,
    /// The same with margins that never move, in ppm by market: the mean of m_ramp until the crash began, which a
    /// venue could have known.
    FixedBefore([u32; MARKETS]),
    /// The mean of m_ramp over the whole event, crash included: what only hindsight would have set.
    FixedAll([u32; MARKETS]),
    /// One account a trader over both markets; margin scaled with volatility.
    Cross,
}

impl Venue {
    /// As tables call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bulkhead => "Bulkhead",
            Self::FixedBefore(_) => "fixed, mean before",
            Self::FixedAll(_) => "fixed, mean of all",
            Self::Cross => "cross margin",
        }
    }

    /// Whether a trader's positions stand for each other.
    pub const fn is_pooled(self) -> bool {
        matches!(self, Self::Cross)
    }
}

/// Acts of a keeper in tenths: a first sighting is one, a liquidation ten.
pub const SIGHTING_TENTHS: u32 = 1;
/// See [`SIGHTING_TENTHS`].
pub const LIQUIDATION_TENTHS: u32 = 10;

/// Keepers and chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// As tables call it.
    pub name: &'static str,
    /// Liquidations a second.
    pub per_second: u32,
    /// From a price to the first act on it.
    pub delay_secs: i64,
    /// Seconds of the crash, from its beginning, in which no keeper does anything.
    pub outage_secs: Option<(i64, i64)>,
    /// While prices run, one liquidation every two seconds lands, and one of ten acts of a trader.
    pub congested: bool,
}

/// All of them.
pub const SCENARIOS: [Scenario; 4] = [
    Scenario { name: "keepers fine", per_second: 40, delay_secs: 0, outage_secs: None, congested: false },
    Scenario { name: "keepers slow", per_second: 1, delay_secs: 30, outage_secs: None, congested: false },
    Scenario {
        name: "dead for 30 min",
        per_second: 40,
        delay_secs: 0,
        outage_secs: Some((0, 1_800)),
        congested: false,
    },
    Scenario { name: "congested", per_second: 40, delay_secs: 0, outage_secs: None, congested: true },
];

/// From this move within five minutes on the chain is congested, in ppm.
pub const CONGESTED_FROM_PPM: u64 = 15_000;
/// Liquidations that land then, in tenths a second: one in two seconds.
pub const CONGESTED_TENTHS_PER_SECOND: u32 = 5;
/// Of a hundred tries of a trader at every price, so many land then.
pub const CONGESTED_LANDS_OF_100: u32 = 10;
