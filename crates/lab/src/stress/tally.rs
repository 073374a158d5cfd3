//! What a run counts.

use super::feed::MARKETS;

/// Sums over a run, amounts in quote atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Positions opened, and their notional.
    pub opened: u32,
    /// See `opened`.
    pub opened_notional: u64,
    /// Openings that the market refused: caps, no reserve left, no price.
    pub refused: u32,
    /// Positions that were liquidated at least once.
    pub hit: u32,
    /// Liquidations of a part.
    pub parts: u32,
    /// Liquidations of everything that was left.
    pub wholes: u32,
    /// Of those, without equity.
    pub insolvent: u32,
    /// Settled at the payout cap.
    pub capped: u32,
    /// Notional liquidated.
    pub liquidated_notional: u64,
    /// Closed by their owners: at their stop, in panic.
    pub gave_up: u32,
    /// Collateral added at margin calls, times.
    pub added: u32,
    /// Losses that no collateral was left for.
    pub bad_debt: u64,
    /// Of those, paid by insurance.
    pub insured: u64,
    /// Everything that insurance paid, keepers included.
    pub insurance_used: u64,
    /// What the pools have after everybody has left, less what was put in, LPs' withdrawals added.
    pub pool_result: i128,
    /// Of that, what LPs who panicked took out.
    pub lenders_left: u64,
    /// Liquidated positions whose own equity was not below their own maintenance margin.
    pub contagion: u32,
    /// Gains that were paid short, or payouts that the pool could not have paid.
    pub winners_unpaid: u32,
    /// Gains paid.
    pub payouts: u64,
    /// Furthest that the venue's own flow pushed the price down, by market, in ppm.
    pub overshoot_ppm: [u64; MARKETS],
    /// Seconds from the first price below maintenance to the liquidation, longest.
    pub slowest_secs: i64,
    /// m_ramp, mean by open interest, by market.
    pub mean_ramp_ppm: [u32; MARKETS],
    /// The same until the crash began.
    pub mean_ramp_before_ppm: [u32; MARKETS],
    /// Whether no atom came from nowhere or went there.
    pub books_balance: bool,
}

impl Tally {
    /// Bad debt in ppm of the notional that was opened.
    pub fn bad_debt_ppm(&self) -> u64 {
        (u128::from(self.bad_debt) * 1_000_000 / u128::from(self.opened_notional.max(1))) as u64
    }
}
