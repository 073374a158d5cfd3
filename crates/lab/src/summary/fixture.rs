//! Invented counts for the tests of what shows them.

use super::{
    Ending, Failure, InstructionUnits, LiquidationCounts, PromiseCounts, Shortfall, Summary, Transactions,
};
use crate::flows::Flows;
use crate::record::{MarginMode, Parameter, Rates, RunInfo, RunRecord};

pub(crate) fn info() -> RunInfo {
    RunInfo {
        source: "built-in crash, seed 1".into(),
        path_fingerprint: 0x0123_4567_89ab_cdef,
        from_secs: 1_767_571_200,
        to_secs: 1_767_830_400,
        bar_count: 4_320,
        gap_count: 0,
        gap_minutes: 0,
        sample_count: 17_280,
        positions_wanted: 300,
        seed: 1,
        margin: MarginMode::VolatilityScaled,
        rates: Rates::Live,
        quote_symbol: "USDC".into(),
        quote_decimals: 6,
        elapsed_secs: 92,
    }
}

pub(crate) fn summary() -> Summary {
    let units = |instruction, units: [u64; 3]| InstructionUnits::of(instruction, units.to_vec()).unwrap();
    Summary {
        opened_long: 161,
        opened_short: 139,
        orders_executed: 1_204,
        orders_cancelled: 31,
        market_updates: 4_320,
        refreshes: 51_230,
        flags: 402,
        liquidations: LiquidationCounts {
            below_maintenance_partial: 71,
            below_maintenance_full: 48,
            insolvent: 3,
            payout_capped: 2,
            positions: 97,
            not_below_survived: 1,
            closed_notional_atoms: 4_812_345_678_901,
            fee_atoms: 15_004_000_000,
            keeper_pay_atoms: 9_002_400_000,
            ..Default::default()
        },
        promises: PromiseCounts { book_checks: 4_320, ..Default::default() },
        shortfall: Shortfall { count: 3, amount_atoms: 2_310_450_000, insured_atoms: 0 },
        ending: Ending {
            open_positions: 118,
            vault_tokens_atoms: 912_345_678_901,
            pool_at_start_atoms: 50_000_000_000_000,
            pool_atoms: 50_641_234_000_000,
            reserved_atoms: 11_000_000_000_000,
            insurance_at_start_atoms: 500_000_000_000,
            insurance_atoms: 506_001_600_000,
        },
        transactions: Transactions {
            sent: 61_204,
            failed: 12,
            failures: vec![Failure {
                instruction: "execute_order".into(),
                error: "OrderWindowPassed".into(),
                count: 12,
            }],
        },
        compute_units: vec![
            units("update_market", [7_100, 8_900, 9_800]),
            units("liquidate", [31_000, 38_200, 44_100]),
        ],
    }
}

pub(crate) fn record() -> RunRecord {
    RunRecord {
        info: info(),
        parameters: vec![Parameter {
            name: "m_min".into(),
            value: "2.50 %".into(),
            meaning: "lower bound of the target".into(),
        }],
        rows: vec![],
        liquidations: vec![],
        flows: Flows::default(),
        summary: summary(),
    }
}
