//! The validator killed in the middle of a crash, and started again on what it had written.
//!
//! The validator keeps its accounts in a file and writes each as it changes. What is lost with the process is
//! what a node loses too: connections, blockhashes, whatever had not been executed. Its slots go back to the
//! last that it noted.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bulkhead::state::{POSITION_OPEN, Position, PositionSide};
use bulkhead_lab::world::Opening;
use bulkhead_localnet::link::Link;
use bulkhead_localnet::{Localnet, Options, trade};
use solana_pubkey::Pubkey;
use tokio::net::TcpListener;

use crate::harness::{POLL, Running, Setup};

/// Tells the process below what to be: ports, ledger, and a price to start with.
const ROLE: &str = "BULKHEAD_TEST_VALIDATOR";
const COUNT: u32 = 60;
const MARK: &str = "validator: ";

/// Also the program of the validator that the test below kills: it starts this very test with a role.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_ok_keeps_the_chain() {
    if let Ok(role) = std::env::var(ROLE) {
        return be_validator(&role).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        let ledger = Some(folder.path().join("ledger.sqlite"));
        Localnet::start(Options { ledger, ..Options::default() }).await.unwrap()
    };
    let net = start().await;
    assert!(!net.is_past);
    let opening = Opening::new(PositionSide::Long, 10_000_000_000, 500_000_000);
    let open = async |net: &Localnet| {
        let keys = net.market("SOL").unwrap().keys;
        trade::open(&net.link, &keys, &net.wallets.user, &net.wallets.keeper, &opening).await.unwrap()
    };
    let first = open(&net).await;
    let before: Position = net.link.expect(&first).await.unwrap();
    drop(net);
    let net = start().await;
    assert!(net.is_past);
    assert_eq!(net.link.expect::<Position>(&first).await.unwrap(), before);
    assert_ne!(open(&net).await, first, "the chain goes on");
}

/// Until it is killed.
async fn be_validator(role: &str) {
    let parts: Vec<&str> = role.split(' ').collect();
    let [rpc_port, ws_port, ledger, price_e8] = parts[..] else { panic!("{role}") };
    let options = Options {
        rpc_port: rpc_port.parse().unwrap(),
        ws_port: ws_port.parse().unwrap(),
        ledger: Some(ledger.into()),
        ..Options::default()
    };
    let net = Localnet::start(options).await.unwrap();
    if net.is_past {
        net.set_price("SOL", price_e8.parse().unwrap()).unwrap();
        println!("{MARK}again");
    } else {
        let surge = net.prepare_surge("SOL", COUNT).await.unwrap();
        let keys: Vec<String> = surge.positions.iter().map(Pubkey::to_string).collect();
        println!("{MARK}{} {}", surge.crash_price_e8, keys.join(" "));
    }
    // Prices from the other side, until it is killed.
    let prices = std::io::stdin().lines().map_while(Result::ok);
    tokio::task::block_in_place(|| {
        prices.for_each(|price| net.set_price("SOL", price.parse().unwrap()).unwrap())
    });
}

struct Validator {
    child: Child,
    /// What it said once it was ready.
    said: String,
}

impl Validator {
    fn start(ports: [u16; 2], ledger: &Path, price_e8: u64) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "validator::a_ledger_ok_keeps_the_chain", "--nocapture"]);
        let [rpc, ws] = ports;
        command.env(ROLE, format!("{rpc} {ws} {} {price_e8}", ledger.display()));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said = lines.find_map(|line| Some(line.split_once(MARK)?.1.to_owned()));
        let said = said.expect("the validator ended");
        // Nobody reads on; a full pipe would hold it up.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, said }
    }

    fn set_price(&mut self, price_e8: u64) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{price_e8}").unwrap();
    }

    /// As the kernel does it when memory is short: nothing is written any more, nothing is said.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn sizes(link: &Link, positions: &[Pubkey]) -> Vec<u64> {
    let size = |position: &Position| if position.status == POSITION_OPEN { position.size_atoms } else { 0 };
    let read = link.accounts::<Position>(positions).await.unwrap();
    read.iter().map(|position| position.as_ref().map_or(0, size)).collect()
}

/// How many are as large as before.
async fn untouched(link: &Link, positions: &[Pubkey], before: &[u64]) -> usize {
    sizes(link, positions).await.iter().zip(before).filter(|(now, before)| now >= before).count()
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_ok_is_killed_in_a_crash_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, ports) = (folder.path().join("ledger.sqlite"), [free_port().await, free_port().await]);
    let mut validator = Validator::start(ports, &ledger, 0);
    let (price, keys) = validator.said.split_once(' ').unwrap();
    let crash_price_e8: u64 = price.parse().unwrap();
    let positions: Vec<Pubkey> = keys.split(' ').map(|key| key.parse().unwrap()).collect();
    let link = Link::new(&format!("http://127.0.0.1:{}", ports[0]));
    let before = sizes(&link, &positions).await;

    // Slow, so that there is a middle.
    let wallets = bulkhead_localnet::wallets::Wallets::derive(0);
    let keeper = Running::ready(Setup {
        key: &wallets.keeper,
        rpc_url: format!("http://127.0.0.1:{}", ports[0]),
        ws_url: format!("ws://127.0.0.1:{}", ports[1]),
        more: "send.in_flight_max = 1\nsend.instructions_max = 2\nfeed.silence_secs = 2\n".into(),
    })
    .await;
    validator.set_price(crash_price_e8);
    let begun = Instant::now();
    let left = loop {
        let left = untouched(&link, &positions, &before).await;
        if left * 3 <= positions.len() * 2 {
            break left;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{left} left\n{}", keeper.log());
        tokio::time::sleep(POLL).await;
    };
    validator.kill();
    assert!(left > 0, "the crash was over before the kill");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(keeper.get("/readyz").await.unwrap().starts_with("HTTP/1.1 503"), "it follows nothing");

    let validator = Validator::start(ports, &ledger, crash_price_e8);
    assert_eq!(validator.said, "again");
    let begun = Instant::now();
    assert!(untouched(&link, &positions, &before).await <= left, "what had been done is done");
    while untouched(&link, &positions, &before).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(90), "{}", keeper.log());
        tokio::time::sleep(POLL).await;
    }
    println!(
        "{} positions; {left} left when the validator was killed; these within {:?} after it was back",
        positions.len(),
        begun.elapsed()
    );
    assert!(keeper.metric("bulkhead_keeper_feed_lost_total", "").await > 0);
}
