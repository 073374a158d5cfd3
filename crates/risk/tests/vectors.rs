//! The crate against an oracle in another language: `vectors/generate.py`.
//!
//! Money agrees to the atom, volatilities within 3e-4. The files are committed; `cargo xtask vectors` writes
//! them anew.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)] // Tests may panic; that is how they fail.

mod common;

#[path = "vectors/read.rs"]
mod read;

use common::*;
use read::*;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Largest relative error of a volatility, that is of the root of a variance.
const TOLERANCE: f64 = 3e-4;

fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Largest relative error of the four volatilities and the two margins against a row of the oracle.
fn worst_error(state: &Volatility, row: &[f64]) -> f64 {
    let ours = [
        (state.variance_1h_e24 as f64).sqrt(),
        (state.variance_1d_e24 as f64).sqrt(),
        (state.variance_30d_e24 as f64).sqrt(),
        (state.variance_ema_e24 as f64).sqrt(),
        f64::from(state.target_ppm.0),
        state.ramp_ppb as f64 / 1_000.0,
    ];
    let theirs = row.iter().enumerate().map(|(place, value)| if place < 4 { value.sqrt() } else { *value });
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / b).fold(0.0, f64::max)
}

fn step(state: &mut Volatility, params: &Params, (time, price, ema): (i64, u64, u64)) {
    let sample = Sample {
        price: PriceE12(price),
        conf: PriceE12::ZERO,
        ema: PriceE12(ema),
        publish_time: UnixSeconds(time),
    };
    if state.opens_bucket(sample.publish_time) {
        *state = state.sampled(&sample, params).unwrap();
    }
}

#[test]
fn volatility_ok_along_synthetic_series() {
    for series in load("volatility.json")["series"].as_array().unwrap() {
        let name = series["name"].as_str().unwrap();
        let params = read_params(&series["params"]);
        let (mut state, mut checksum, mut worst) = (Volatility::default(), 0_u64, 0.0_f64);
        let mut rows = series["rows"].as_array().unwrap().iter().peekable();
        for (number, sample) in path(series).enumerate() {
            let mixed = checksum.wrapping_mul(31).wrapping_add(sample.1).wrapping_add(sample.2);
            checksum = mixed.wrapping_add(sample.0 as u64);
            step(&mut state, &params, sample);
            if rows.peek().is_some_and(|row| row[0].as_u64() == Some(number as u64)) {
                let row: Vec<f64> = rows.next().unwrap().as_array().unwrap()[1..]
                    .iter()
                    .map(|v| v.as_f64().unwrap())
                    .collect();
                let error = worst_error(&state, &row);
                assert!(error <= TOLERANCE, "{name}, sample {number}: off by {error:e}");
                worst = worst.max(error);
            }
        }
        assert!(rows.next().is_none(), "{name}: rows left over");
        assert_eq!(checksum.to_string(), series["checksum"], "{name}: the paths differ");
        println!("{name}: largest relative error {worst:.1e}");
    }
}

/// Real minutes lie outside the repository: in BULKHEAD_DATA, or where the project's machines keep them.
fn real_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/spot_1m");
    std::env::var_os("BULKHEAD_DATA").map(PathBuf::from).or(Some(beside)).filter(|dir| dir.is_dir())
}

#[test]
fn volatility_ok_along_real_minutes_where_they_are() {
    let Some(dir) = real_data() else {
        println!("no real minutes here: set BULKHEAD_DATA to a folder of CSV files; nothing compared");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/generate.py");
    let params = read_params(&load("volatility.json")["series"][0]["params"]);
    let mut compared = 0;
    for entry in std::fs::read_dir(&dir).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !(name.ends_with(".csv") || name.ends_with(".csv.gz")) {
            continue;
        }
        let out = Command::new("python3").arg("-B").arg(&script).arg("--real").arg(&file).output();
        let Ok(out) = out else {
            println!("no python3 here: nothing compared");
            return;
        };
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        let (mut state, mut worst, mut lines) = (Volatility::default(), 0.0_f64, 0_u32);
        for line in String::from_utf8(out.stdout).unwrap().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let integer = |place: usize| words[place].parse::<u64>().unwrap();
            step(&mut state, &params, (integer(0) as i64, integer(1), integer(2)));
            let row: Vec<f64> = words[3..].iter().map(|word| word.parse().unwrap()).collect();
            let error = worst_error(&state, &row);
            assert!(error <= TOLERANCE, "{name}, {line}: off by {error:e}");
            (worst, lines) = (worst.max(error), lines + 1);
        }
        assert!(lines > 0, "{name} is empty");
        println!("{name}: {lines} minutes, largest relative error {worst:.1e}");
        compared += 1;
    }
    assert!(compared > 0, "{} holds no CSV file", dir.display());
}

/// Runs one case; what it came to, in words.
fn agree(params: &[Params], case: &Value, what: &str) -> String {
    let kind = case["kind"].as_str().unwrap();
    let expect = &case["expect"];
    match (run(kind, params[integer(case, "params") as usize], case), expect.get("err")) {
        (Ok(()), None) => (),
        (Err(Mismatch::Refused(error)), Some(name)) => assert_eq!(*name, format!("{error:?}"), "{what}"),
        (Ok(()), Some(name)) => panic!("should refuse with {name}, {what}"),
        (Err(Mismatch::Refused(error)), None) => panic!("refused with {error:?}, {what}"),
        (Err(Mismatch::Differs(how)), _) => panic!("{how}\n{what}"),
    }
    match ["err", "skipped", "reason"].iter().find_map(|key| expect[key].as_str()) {
        Some(outcome) => format!("{kind} {outcome}"),
        None => kind.to_owned(),
    }
}

#[test]
fn money_ok_to_the_atom() {
    let file = load("money.json");
    let params: Vec<Params> = file["params"].as_array().unwrap().iter().map(read_params).collect();
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for (number, case) in file["cases"].as_array().unwrap().iter().enumerate() {
        agree(&params, case, &format!("case {number}: {case}"));
        *seen.entry(case["kind"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    println!("{seen:?}");
    assert_eq!(seen.len(), 10, "a kind has no case");
}

/// Lives of a market played by the oracle, `BULKHEAD_HISTORIES` of them from `BULKHEAD_SEED` on: each of their
/// states was reached by acting, and each step must come out the same.
#[test]
fn histories_ok_to_the_atom() {
    let from = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (seed, histories) = (from("BULKHEAD_SEED", 1), from("BULKHEAD_HISTORIES", 30));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/histories.py");
    let mut python = Command::new("python3")
        .arg("-B")
        .arg(script)
        .args([seed, histories, 300].map(|number| number.to_string()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 plays the histories");
    let mut lines = BufReader::new(python.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    let head: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    let params: Vec<Params> = head["params"].as_array().unwrap().iter().map(read_params).collect();
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for (number, line) in lines.enumerate() {
        let case: Value = serde_json::from_str(&line).unwrap();
        let outcome = agree(&params, &case, &format!("seed {seed}, step {number}: {case}"));
        *seen.entry(outcome).or_default() += 1;
    }
    assert!(python.wait().unwrap().success(), "the oracle's own checks failed");
    println!("{seen:#?}");
    for outcome in
        ["liquidate BelowMaintenance", "liquidate Insolvent", "liquidate PayoutCapped", "settle", "remove"]
    {
        assert!(seen.contains_key(outcome), "no step ended in: {outcome}");
    }
}
