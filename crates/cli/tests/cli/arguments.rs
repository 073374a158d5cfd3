//! What can be typed, and with which code the command ends.

use std::process::{Command, Output};

use bulkhead_cli::args::Cli;
use clap::{CommandFactory, Parser};

const KEY: &str = "So11111111111111111111111111111111111111112";

fn parses(line: &str) -> bool {
    let words = line.split_whitespace().map(|word| word.replace('~', " ").replace("KEY", KEY));
    Cli::try_parse_from(["bulkhead".to_owned()].into_iter().chain(words)).is_ok()
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .args(args)
        .env("BULKHEAD_URL", "http://127.0.0.1:1")
        .output()
        .unwrap()
}

/// One line of every command, and of what it takes.
const UNDERSTOOD: [&str; 74] = [
    "market list",
    "market show BTC --output json",
    "position open BTC long 1.5BTC 5000~USDC",
    "position open 0 short 1.5 5000 --slippage 0.5% --payout-cap 50% --tip 0.001SOL --execute",
    "position open 0 short 1.5 5000 --limit 59000 --wait",
    "position show KEY",
    "position show BTC/0",
    "position list --all --market 0",
    "position list --owner KEY",
    "position watch 0/3 --every 10",
    "position close BTC/0 --slippage any --to KEY",
    "position add BTC/0 100~USDC --source KEY",
    "position remove BTC/0 max",
    "position delegate BTC/0 nobody",
    "order place BTC/0 decrease 0.5~BTC --execute",
    "order place BTC/0 decrease all --wait",
    "order place BTC/0 decrease all --kind stop-loss --trigger 55000 --expires 7d",
    "order place BTC/0 increase 0.1 --kind limit --trigger 55000USD --slippage 0.3%",
    "order place 0/1 decrease 0.1 --kind take-profit --trigger 70000 --expires @1900000000",
    "order trigger BTC/0 3",
    "order list BTC/0",
    "order execute KEY 3",
    "order cancel KEY 3",
    "lp deposit BTC 1000~USDC --slippage 1%",
    "lp show BTC --owner KEY",
    "lp request BTC all --to KEY --tip 0.001SOL",
    "lp request BTC 12.5",
    "lp withdrawals BTC --owner KEY",
    "lp execute KEY",
    "lp cancel BTC/0",
    "top-up set BTC/0 --budget 1000 --amount 200USDC --trigger 150% --interval 5min --keeper-pay 1",
    "top-up show BTC/0",
    "top-up execute KEY --to KEY",
    "top-up approve BTC 1000~USDC",
    "top-up revoke BTC --source KEY",
    "top-up cancel BTC/0",
    "market rates BTC",
    "market record-price 0",
    "market settle KEY",
    "market release-funds BTC",
    "position settle KEY",
    "migrate market 0",
    "protocol show",
    "liquidate KEY --dry-run",
    "flag KEY KEY",
    "refresh KEY",
    "settle KEY",
    "collect-frozen KEY",
    "update BTC --paid --to KEY",
    "update BTC --priority-fee p90 --priority-fee-max 0.01SOL",
    "collect-fees 0",
    "admin queue params 0 --set trade_fee_ppm=500 --set order_window_secs=20",
    "admin queue params 0 --file params.toml",
    "admin queue status 0 reduce-only",
    "admin queue status 0 wind-down",
    "admin queue collateral-oracle 0 none",
    "admin queue oracle 0 core --shard 7",
    "admin queue settings --timelock 86400",
    "admin list",
    "admin apply 4",
    "admin cancel 4 --yes",
    "admin pause new-risk",
    "admin unpause deposits",
    "admin propose KEY",
    "admin accept",
    "decode account KEY",
    "decode account --data AAAA",
    "decode account --file account.json",
    "decode event AAAA",
    "decode instruction 0x00",
    "decode error 6000",
    "decode transaction 5j",
    "completion bash",
    "--url devnet --keypair k.json --commitment finalized market list",
];

#[test]
fn every_command_is_understood() {
    for line in UNDERSTOOD {
        assert!(parses(line), "{line}");
    }
    let feed = "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a";
    assert!(parses(&format!("admin queue collateral-oracle 0 0x{feed} --generation compatible --shard 7")));
}

/// Commands with all their words.
fn leaves(command: &clap::Command, words: &str) -> Vec<String> {
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    let words_of = |below: &clap::Command| format!("{words} {}", below.get_name());
    let all: Vec<String> = below.flat_map(|below| leaves(below, &words_of(below))).collect();
    if all.is_empty() { vec![words.to_owned()] } else { all }
}

#[test]
fn every_command_is_documented() {
    let text = include_str!("../../../../docs/cli.md");
    let leaves = leaves(&Cli::command(), "bulkhead");
    assert!(leaves.len() > 50, "{leaves:?}");
    let missing: Vec<_> = leaves.iter().filter(|words| !text.contains(&format!("\n{words}"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "",
        "market",
        "position open BTC sideways 1 1",
        "position open BTC long -1 5000",
        "position open BTC long 1 5000 --wait --execute",
        "position open BTC long 1 5000 --slippage 1% --limit 5",
        "position open BTC long 1 5000 --payout-cap 101%",
        "position show BTC",
        "position list --all --owner KEY",
        "position watch BTC/0 --every 0",
        "order place BTC/0 close 1",
        "order place BTC/0 decrease 1 --expires 1h",
        "order place BTC/0 decrease 1 --kind limit --trigger 5 --expires soon",
        "lp execute BTC",
        "top-up set BTC/0 --budget 1000",
        "top-up set BTC/0 --budget 1000 --amount 10 --trigger 1.5",
        "update BTC --to KEY",
        "admin queue collateral-oracle 0 abc",
        "update BTC --priority-fee fast",
        "admin queue settings",
        "admin queue params 0 --set trade_fee_ppm",
        "decode account",
        "decode account KEY --data AAAA",
        "completion tcsh",
        "market list --output yaml",
    ] {
        assert!(!parses(line), "{line}");
    }
}

#[test]
fn completion_ok_for_three_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completion", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("bulkhead"), "{shell}");
        assert!(script.contains("collect-frozen"), "{shell}");
    }
}

#[test]
fn exit_codes_tell_usage_from_network() {
    assert_eq!(run(&["market", "show", "/"]).status.code(), Some(2));
    assert_eq!(run(&["decode", "error", "NoSuchError"]).status.code(), Some(2));
    assert_eq!(run(&["--commitment", "sure", "market", "list"]).status.code(), Some(2));
    assert_eq!(run(&["--url", "nonsense", "market", "list"]).status.code(), Some(2));
    assert_eq!(run(&["--keypair", "/no/such/key", "position", "list"]).status.code(), Some(2));
    let output = run(&["--output", "json", "market", "list"]);
    assert_eq!(output.status.code(), Some(3));
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["kind"], "network");
}

#[test]
fn decode_error_ok_without_a_node() {
    let by_code = run(&["decode", "error", "1"]);
    assert!(String::from_utf8(by_code.stdout).unwrap().contains("InsufficientFunds"));
    let by_name = run(&["--output", "json", "decode", "error", "pricetooold"]);
    let error: serde_json::Value = serde_json::from_slice(&by_name.stdout).unwrap();
    assert_eq!((error["name"].as_str(), error["origin"].as_str()), (Some("PriceTooOld"), Some("bulkhead")));
    let hex = format!("{:#x}", error["code"].as_u64().unwrap());
    assert!(String::from_utf8(run(&["decode", "error", &hex]).stdout).unwrap().contains("PriceTooOld"));
}
