//! The worst day and a half of each file of real minutes, where there are any, through the compiled program at live
//! rates and at rates of zero. The files stay where they are: nothing of them is part of this repository.

use std::path::{Path, PathBuf};

use bulkhead_lab::flows::Payment;
use bulkhead_lab::path::{Expansion, PricePath, load};
use bulkhead_lab::record::{MarginMode, Rates};
use bulkhead_lab::runner::{ReplayConfig, replay};
use indicatif::ProgressBar;

const HOUR_SECS: i64 = 3_600;
const POSITIONS: u32 = 40;

fn real_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/spot_1m");
    std::env::var_os("BULKHEAD_DATA").map(PathBuf::from).or(Some(beside)).filter(|dir| dir.is_dir())
}

/// A day before the low, and half a day after.
fn around_the_low(path: PricePath) -> PricePath {
    let low_secs = path.bars().iter().min_by_key(|bar| bar.low_e8).unwrap().ts_secs;
    path.slice(Some(low_secs - 24 * HOUR_SECS), Some(low_secs + 12 * HOUR_SECS)).unwrap()
}

#[test]
fn real_minutes_break_no_promise() {
    let Some(dir) = real_data() else {
        println!("no real minutes here: set BULKHEAD_DATA to a folder of CSV files; nothing replayed");
        return;
    };
    let (mut replayed, mut liquidated) = (0, 0);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !(name.ends_with(".csv") || name.ends_with(".csv.gz")) {
            continue;
        }
        let path = around_the_low(load::load(&file).unwrap());
        for rates in [Rates::Live, Rates::Zero] {
            let margin = MarginMode::VolatilityScaled;
            let expansion = Expansion::default();
            let config = ReplayConfig { positions: POSITIONS, seed: 1, margin, rates, expansion };
            let record = replay(&path, &config, &ProgressBar::hidden()).unwrap();
            let summary = &record.summary;
            assert!(summary.promises_hold(), "{name}, {rates:?}: {:#?}", summary.checks());
            assert_eq!(summary.liquidations.not_below_opening, 0, "{name}, {rates:?}");
            assert_eq!(summary.transactions.failed, 0, "{name}, {:?}", summary.transactions.failures);
            let insured = summary.shortfall.insured_atoms;
            assert!(insured <= summary.shortfall.amount_atoms, "{name}, {rates:?}");
            assert_eq!(record.flows.total(Payment::ShortfallCover), insured, "{name}, {rates:?}");
            assert_eq!(record.flows.total(Payment::TradeFee) > 0, rates == Rates::Live, "{name}, {rates:?}");
            liquidated += summary.liquidations.forced();
        }
        replayed += 1;
    }
    assert!(replayed > 0 && liquidated > 0, "{} holds no CSV file of a fall", dir.display());
}
