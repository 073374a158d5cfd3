//! The command line program: its output, its files, its commands, and its end.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bulkhead::state::Market;
use bulkhead_localnet::link::Link;
use serde_json::Value;

/// A keeper that notes its arguments, and how it was asked to end.
const KEEPER: &str = "#!/bin/sh\necho \"started $1 $2\"\ntrap 'echo asked to end; exit 0' TERM\n\
    while :; do sleep 0.1; done\n";

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead-localnet"));
    command.args(["--rpc-port", "0", "--ws-port", "0", "--traders", "0", "--hold-prices", "--state"]);
    command.arg(folder).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Lines up to one that contains `text`.
fn read_to(lines: &mut impl Iterator<Item = std::io::Result<String>>, text: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for line in lines {
        seen.push(line.unwrap());
        if seen.last().is_some_and(|line| line.contains(text)) {
            return seen;
        }
    }
    panic!("ended without '{text}': {seen:#?}");
}

fn wait(child: &mut Child) -> std::process::ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("it did not end");
}

#[tokio::test]
async fn commands_set_prices_and_quit_stops_everything() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path(), &[]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let shown = read_to(&mut lines, "Ctrl-C stops everything").join("\n");
    let all: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("localnet.json")).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for said in [&all["rpcUrl"], &all["wsUrl"], &all["mint"], &all["markets"][2]["market"]] {
        assert!(shown.contains(&text(said)), "{said} is not in {shown}");
    }
    let keypair = text(&all["wallets"]["user"]["keypair"]);
    assert!(solana_keypair::read_keypair_file(keypair).is_ok());

    let mut input = child.stdin.take().unwrap();
    writeln!(input, "price sol 200\nmove SOL -10\nnonsense").unwrap();
    read_to(&mut lines, "SOL 200.00 USD");
    read_to(&mut lines, "SOL 180.00 USD");
    read_to(&mut lines, "'nonsense' is no command");
    let link = Link::new(&text(&all["rpcUrl"]));
    let address = text(&all["markets"][0]["market"]).parse().unwrap();
    let market: Market = link.expect(&address).await.unwrap();
    let sample = bulkhead_localnet::trade::sample(&link, &market).await.unwrap();
    assert_eq!(sample.price.get(), 180_000_000_000_000);

    writeln!(input, "quit").unwrap();
    assert_eq!(read_to(&mut lines, "stopped").last().unwrap(), "stopped");
    assert!(wait(&mut child).success());
    assert!(link.rpc.get_slot().await.is_err());
}

#[test]
fn keeper_gets_a_configuration_and_is_asked_to_end_first() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = folder.path().join("keeper.sh");
    fs::write(&keeper, KEEPER).unwrap();
    fs::set_permissions(&keeper, fs::Permissions::from_mode(0o755)).unwrap();
    let mut child = start(folder.path(), &["--keeper", keeper.to_str().unwrap()]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    read_to(&mut lines, "Ctrl-C stops everything");
    let log = folder.path().join("keeper.log");
    let deadline = Instant::now() + Duration::from_secs(5);
    while !fs::read_to_string(&log).unwrap().contains("started --config") {
        assert!(Instant::now() < deadline, "the keeper did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let config: toml::Table =
        toml::from_str(&fs::read_to_string(folder.path().join("keeper.toml")).unwrap()).unwrap();
    assert!(config["rpc_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(config["ws_url"].as_str().unwrap().starts_with("ws://127.0.0.1:"));
    assert!(fs::exists(config["keypair"].as_str().unwrap()).unwrap());

    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    read_to(&mut lines, "the keeper has ended (exit status: 0)");
    assert!(wait(&mut child).success());
    assert!(fs::read_to_string(&log).unwrap().contains("asked to end"));
}
