//! What a run leaves behind: one row per minute, one event per liquidation, the counts, and what was run.
//!
//! The runner fills it from account data and program events; summary, report and `--json` read it. All
//! amounts are quote atoms as the program holds them.

use serde::{Deserialize, Serialize};

use crate::flows::Flows;
use crate::summary::Summary;

/// How the market of a run sets its margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginMode {
    VolatilityScaled,
    /// `m_min = m_max = margin_ppm`: what margin would be if it followed nothing.
    Static {
        margin_ppm: u32,
    },
}

impl MarginMode {
    pub fn label(&self) -> &'static str {
        match self {
            Self::VolatilityScaled => "volatility-scaled",
            Self::Static { .. } => "static margin",
        }
    }
}

/// What trading costs in the market of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Rates {
    /// Trade fee, borrow fee, funding, price impact, keepers' least pay and paid updates, as live markets have them.
    Live,
    /// None of them.
    Zero,
}

impl Rates {
    pub fn label(self) -> &'static str {
        match self {
            Self::Live => "live rates",
            Self::Zero => "rates of zero",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    pub info: RunInfo,
    /// The market's parameters as read back from its account.
    pub parameters: Vec<Parameter>,
    /// One row per minute that has a bar, in order of time: the state after the minute's last sample.
    pub rows: Vec<MinuteRow>,
    /// In order of time.
    pub liquidations: Vec<Liquidation>,
    pub flows: Flows,
    pub summary: Summary,
}

/// What was replayed, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// File name without folders, or the name of the built-in path.
    pub source: String,
    pub path_fingerprint: u64,
    pub from_secs: i64,
    pub to_secs: i64,
    pub bar_count: u64,
    pub gap_count: u64,
    pub gap_minutes: u64,
    pub sample_count: u64,
    pub positions_wanted: u32,
    pub seed: u64,
    pub margin: MarginMode,
    pub rates: Rates,
    pub quote_symbol: String,
    pub quote_decimals: u8,
    /// Wall-clock time of the replay.
    pub elapsed_secs: u64,
}

/// One line of the table of parameters, already in display form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    pub value: String,
    pub meaning: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinuteRow {
    pub ts_secs: i64,
    /// Index at the minute's last sample, and the range of its samples.
    pub price_e8: u64,
    pub price_low_e8: u64,
    pub price_high_e8: u64,
    pub mark_e8: u64,
    pub conf_e8: u64,
    /// Annualised volatilities of the three horizons.
    pub sigma_1h_ppm: u64,
    pub sigma_1d_ppm: u64,
    pub sigma_30d_ppm: u64,
    pub m_target_ppm: u32,
    pub m_ramp_ppm: u32,
    pub long_oi_atoms: u64,
    pub short_oi_atoms: u64,
    /// Sum of the positions' equity; may be negative in a crash.
    pub vault_equity_sum_atoms: i64,
    pub vault_tokens_sum_atoms: u64,
    pub booked_sum_atoms: u64,
    pub pool_balance_atoms: u64,
    pub reserved_atoms: u64,
    pub insurance_balance_atoms: u64,
    pub open_positions: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Long,
    Short,
}

impl Side {
    pub fn label(&self) -> &'static str {
        match self {
            Self::Long => "long",
            Self::Short => "short",
        }
    }
}

/// Why and how far a position was closed against its owner's will (or, for a capped payout, at his gain).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    BelowMaintenancePartial,
    BelowMaintenanceFull,
    Insolvent,
    PayoutCapped,
}

impl Cause {
    pub const ALL: [Self; 4] =
        [Self::BelowMaintenancePartial, Self::BelowMaintenanceFull, Self::Insolvent, Self::PayoutCapped];

    pub fn label(&self) -> &'static str {
        match self {
            Self::BelowMaintenancePartial => "below maintenance, partial",
            Self::BelowMaintenanceFull => "below maintenance, full",
            Self::Insolvent => "insolvent",
            Self::PayoutCapped => "payout capped, settled",
        }
    }
}

/// One liquidation, or one settling of a position whose payout reached its reserve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Liquidation {
    pub ts_secs: i64,
    /// Short name of the position in reports, such as `L042 10x`.
    pub position: String,
    pub side: Side,
    pub cause: Cause,
    pub price_e8: u64,
    pub closed_notional_atoms: u64,
    pub fee_atoms: u64,
    pub keeper_pay_atoms: u64,
    /// Loss beyond the position's collateral, borne by the pool.
    pub shortfall_atoms: u64,
    /// Equity / notional just before it, and mm_pos + addon_pos + liq_fee_pos against which it was judged.
    pub q_ppm: i64,
    pub mm_total_ppm: u32,
    /// q right after opening, or after size or collateral last changed: by its owner or a partial liquidation.
    pub q_opening_ppm: i64,
    /// Lowest q since then at an earlier sample at which it was healthy; none if there was no such sample.
    pub q_lowest_survived_ppm: Option<i64>,
    /// What `mm_total_ppm` was before the last minute's refresh; none if that did not raise it.
    pub mm_total_before_refresh_ppm: Option<u32>,
    /// It was healthy at this very sample before it was refreshed at it. Must never be.
    pub made_by_refresh: bool,
}

impl RunRecord {
    /// Mean of m_ramp over the run, weighted by open interest; by minutes where there never was any: the
    /// margin that a static run is given. A mean over minutes alone would ask a crash's aftermath, when
    /// margin is high and nearly nobody is left, what those before it should have held.
    pub fn mean_margin_ppm(&self) -> Option<u32> {
        let never_open = self.rows.iter().all(|row| open_interest_atoms(row) == 0);
        let weight = |row: &MinuteRow| if never_open { 1 } else { open_interest_atoms(row) };
        let total: u128 = self.rows.iter().map(weight).sum();
        let sum: u128 = self.rows.iter().map(|row| u128::from(row.m_ramp_ppm) * weight(row)).sum();
        (total > 0).then(|| ((sum + total / 2) / total) as u32)
    }

    /// m_ramp of the minutes with open positions; of all minutes if there never was one.
    pub fn margins_ppm(&self) -> impl Iterator<Item = u32> {
        let never_open = self.rows.iter().all(|row| row.open_positions == 0);
        self.rows.iter().filter(move |row| never_open || row.open_positions > 0).map(|row| row.m_ramp_ppm)
    }
}

fn open_interest_atoms(row: &MinuteRow) -> u128 {
    u128::from(row.long_oi_atoms) + u128::from(row.short_oi_atoms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_margin_is_weighted_by_open_interest() {
        let row = |m_ramp_ppm, long_oi_atoms, short_oi_atoms| MinuteRow {
            m_ramp_ppm,
            long_oi_atoms,
            short_oi_atoms,
            ..Default::default()
        };
        let mut record = RunRecord {
            info: crate::summary::fixture::info(),
            parameters: vec![],
            rows: vec![row(90_000, 0, 0), row(30_000, 2, 1), row(41_001, 0, 1)],
            liquidations: vec![],
            flows: Flows::default(),
            summary: Summary::default(),
        };
        assert_eq!(record.mean_margin_ppm(), Some(32_750));
        record.rows.truncate(1);
        assert_eq!(record.mean_margin_ppm(), Some(90_000));
        record.rows.clear();
        assert_eq!(record.mean_margin_ppm(), None);
    }
}
