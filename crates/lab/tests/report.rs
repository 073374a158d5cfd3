//! The report over an invented run along the built-in crash: complete in itself, and true to its record. The
//! files are left in the target directory, to be looked at.

use std::path::Path;

use bulkhead_lab::flows::{Flows, Party, Payment};
use bulkhead_lab::path::{Expansion, synthetic};
use bulkhead_lab::record::{
    Cause, Liquidation, MarginMode, MinuteRow, Parameter, Rates, RunInfo, RunRecord, Side,
};
use bulkhead_lab::report;
use bulkhead_lab::summary::{
    Ending, InstructionUnits, LiquidationCounts, PromiseCounts, Shortfall, Summary, Transactions,
};

const SEED: u64 = synthetic::DEFAULT_SEED;

/// Rows whose prices are those of the path and whose other figures only look like those of a run.
fn rows(margin: MarginMode) -> Vec<MinuteRow> {
    let path = synthetic::crash(SEED);
    let mut samples = Expansion::default().samples(&path);
    let (mut mark_e8, mut sigma_ppm, mut m_ramp_ppm) = (path.bars()[0].open_e8, 600_000_u64, 33_000_u32);
    let mut row_of = |minute: usize| {
        let bar = path.bars()[minute];
        let conf_e8 = samples.by_ref().take(4).last().unwrap().conf_e8;
        mark_e8 = (mark_e8 + bar.close_e8) / 2;
        let range_ppm = (bar.high_e8 - bar.low_e8) * 1_000_000 / bar.close_e8;
        sigma_ppm = (sigma_ppm * 59 + range_ppm * 400) / 60;
        let m_target_ppm = (sigma_ppm / 25 + 18_000).clamp(25_000, 200_000) as u32;
        m_ramp_ppm = m_target_ppm.clamp(m_ramp_ppm - m_ramp_ppm / 3_000, m_ramp_ppm + m_ramp_ppm / 270);
        let open_positions =
            (minute.min(1_500) / 5) as u32 - (minute.saturating_sub(3_060).min(600) / 4) as u32;
        let tokens = u64::from(open_positions) * 9_000_000_000;
        MinuteRow {
            ts_secs: bar.ts_secs,
            price_e8: bar.close_e8,
            price_low_e8: bar.low_e8,
            price_high_e8: bar.high_e8,
            mark_e8,
            conf_e8,
            sigma_1h_ppm: sigma_ppm,
            sigma_1d_ppm: sigma_ppm / 2 + 300_000,
            sigma_30d_ppm: 780_000,
            m_target_ppm: if let MarginMode::Static { margin_ppm } = margin {
                margin_ppm
            } else {
                m_target_ppm
            },
            m_ramp_ppm: if let MarginMode::Static { margin_ppm } = margin { margin_ppm } else { m_ramp_ppm },
            long_oi_atoms: u64::from(open_positions) * bar.close_e8 / 100,
            short_oi_atoms: u64::from(open_positions) * bar.close_e8 / 120,
            vault_equity_sum_atoms: tokens as i64 + (bar.close_e8 as i64 - 6_000_000_000_000) / 8,
            vault_tokens_sum_atoms: tokens,
            booked_sum_atoms: tokens,
            pool_balance_atoms: 50_000_000_000_000 + minute as u64 * 100_000_000,
            reserved_atoms: u64::from(open_positions) * 80_000_000_000,
            insurance_balance_atoms: 500_000_000_000 + minute as u64 * 1_400_000,
            open_positions,
        }
    };
    (0..path.bars().len()).map(&mut row_of).collect()
}

fn liquidations(rows: &[MinuteRow], every: usize) -> Vec<Liquidation> {
    let crash = rows.iter().enumerate().skip(3_065).take(420).step_by(every);
    crash
        .map(|(minute, row)| Liquidation {
            ts_secs: row.ts_secs + 30,
            position: format!("L{minute:04} <10x>"),
            side: if minute % 5 == 0 { Side::Short } else { Side::Long },
            cause: Cause::ALL[[0, 1, 0, 1, 2, 1, 0, 3][minute / every % 8]],
            price_e8: row.price_low_e8,
            closed_notional_atoms: 42_000_000_000,
            fee_atoms: 150_000_000,
            keeper_pay_atoms: 90_000_000,
            shortfall_atoms: if minute / every % 8 == 4 { 310_000_000 } else { 0 },
            q_ppm: 24_000,
            mm_total_ppm: 31_000,
            q_opening_ppm: 60_000,
            q_lowest_survived_ppm: Some(25_000),
            mm_total_before_refresh_ppm: None,
            made_by_refresh: false,
        })
        .collect()
}

fn summary(liquidations: &[Liquidation]) -> Summary {
    let units = |name, units: [u64; 3]| InstructionUnits::of(name, units.to_vec()).unwrap();
    Summary {
        opened_long: 161,
        opened_short: 139,
        orders_executed: 1_204,
        orders_cancelled: 31,
        market_updates: 4_320,
        refreshes: 51_230,
        flags: 402,
        liquidations: LiquidationCounts::of(liquidations),
        promises: PromiseCounts { book_checks: 4_320, ..Default::default() },
        shortfall: Shortfall { count: 3, amount_atoms: 2_310_450_000, insured_atoms: 0 },
        ending: Ending {
            open_positions: 150,
            vault_tokens_atoms: 1_350_000_000_000,
            pool_at_start_atoms: 50_000_000_000_000,
            pool_atoms: 50_431_900_000_000,
            reserved_atoms: 12_000_000_000_000,
            insurance_at_start_atoms: 500_000_000_000,
            insurance_atoms: 506_001_600_000,
        },
        transactions: Transactions { sent: 61_204, failed: 0, failures: vec![] },
        compute_units: vec![
            units("execute_order", [38_000, 41_000, 52_300]),
            units("liquidate", [31_000, 38_200, 44_100]),
            units("update_market", [7_100, 8_900, 9_800]),
        ],
    }
}

fn run(margin: MarginMode, every: usize) -> RunRecord {
    let rows = rows(margin);
    let liquidations = liquidations(&rows, every);
    let parameter = |name: &str, value: &str, meaning: &str| Parameter {
        name: name.into(),
        value: value.into(),
        meaning: meaning.into(),
    };
    RunRecord {
        info: RunInfo {
            source: "Invented figures along the built-in crash <test>".into(),
            path_fingerprint: synthetic::crash(SEED).fingerprint(),
            from_secs: rows[0].ts_secs,
            to_secs: rows[rows.len() - 1].ts_secs + 60,
            bar_count: rows.len() as u64,
            gap_count: 0,
            gap_minutes: 0,
            sample_count: 4 * rows.len() as u64,
            positions_wanted: 300,
            seed: SEED,
            margin,
            rates: Rates::Live,
            quote_symbol: "USDC".into(),
            quote_decimals: 6,
            elapsed_secs: 92,
        },
        parameters: vec![
            parameter("m_min", "2.50 %", "lower bound of the target margin"),
            parameter("sigma_stress", "80.00 %", "volatility that a quarter of the target always assumes"),
        ],
        summary: summary(&liquidations),
        rows,
        liquidations,
        flows: flows(),
    }
}

/// A payment of each size, from nearly all to nearly nothing.
fn flows() -> Flows {
    let mut flows = Flows::default();
    flows.pay(Payment::PoolDeposit, Party::Providers, Party::Pool, 50_000_000_000_000);
    flows.pay(Payment::PriceLoss, Party::Longs, Party::Pool, 700_000_000_000);
    flows.pay(Payment::TradeFee, Party::Shorts, Party::CrankBudget, 1);
    flows
}

fn write(name: &str, html: &str) {
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), html).unwrap();
}

fn data_of(html: &str) -> serde_json::Value {
    let (_, rest) = html.split_once("id=\"report-data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn series<'a>(data: &'a serde_json::Value, chart: &str, label: &str) -> &'a Vec<serde_json::Value> {
    let named = |list: &'a serde_json::Value, key: &str, name: &str| {
        list.as_array().unwrap().iter().find(|item| item[key] == name).unwrap()
    };
    named(&named(&data["charts"], "id", chart)["series"], "label", label)["values"].as_array().unwrap()
}

#[test]
fn report_is_complete_in_itself_and_escapes_what_it_is_given() {
    let html = report::render(&run(MarginMode::VolatilityScaled, 3), None);
    write("report.html", &html);
    for remote in ["src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest"] {
        assert!(!html.contains(remote), "{remote}");
    }
    assert!(html.contains("default-src 'none'"));
    assert!(
        html.contains("built-in crash &lt;test&gt;") && !html.contains("<test>") && !html.contains("<10x>")
    );
    assert!(html.contains("Permission is hereby granted, free of charge"));
    assert!(html.contains("long vaults to pool, price losses: 700,000.00 USDC"));
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
}

#[test]
fn report_draws_what_the_record_holds() {
    let run = run(MarginMode::VolatilityScaled, 3);
    let data = data_of(&report::render(&run, None));
    let lowest = run.rows.iter().min_by_key(|row| row.price_low_e8).unwrap();
    let low = |value: &serde_json::Value| value.as_f64() == Some(lowest.price_low_e8 as f64 / 1e8);
    assert!(series(&data, "price", "").iter().any(low), "the wick survives the thinning");
    assert_eq!(data["low_secs"], lowest.ts_secs);
    let last = |chart, label| series(&data, chart, label).last().unwrap().as_f64().unwrap();
    let counts = &run.summary.liquidations;
    assert_eq!(last("liquidations", "insolvent"), counts.insolvent as f64);
    assert_eq!(last("liquidations", "payout capped, settled"), counts.payout_capped as f64);
    assert_eq!(last("pool", "pool"), 50_431_900.0);
    let told: f64 = series(&data, "price", "liquidations").iter().filter_map(|value| value.as_f64()).sum();
    assert_eq!(told, run.liquidations.len() as f64);
    assert_eq!(data["charts"][0]["markers"].as_array().unwrap().len(), run.liquidations.len());
}

#[test]
fn report_stands_two_runs_side_by_side() {
    let scaled = run(MarginMode::VolatilityScaled, 3);
    let fixed = run(MarginMode::Static { margin_ppm: 41_200 }, 2);
    let html = report::render(&scaled, Some(&fixed));
    write("report-compared.html", &html);
    let data = data_of(&html);
    let last = |chart, label| series(&data, chart, label).last().unwrap().as_f64().unwrap();
    assert_eq!(last("margin", "static margin"), 4.12);
    assert_eq!(
        last("liquidations", "all but settled, static margin"),
        fixed.summary.liquidations.forced() as f64
    );
    assert_eq!(last("positions", "open, static margin"), 150.0);
    assert!(html.contains("Every liquidation, static margin"));
}

#[test]
fn report_of_an_empty_run_still_opens() {
    let mut empty = run(MarginMode::VolatilityScaled, 3);
    empty.rows.clear();
    empty.liquidations.clear();
    let html = report::render(&empty, None);
    write("report-empty.html", &html);
    assert_eq!(data_of(&html)["ts_secs"].as_array().unwrap().len(), 0);
}
