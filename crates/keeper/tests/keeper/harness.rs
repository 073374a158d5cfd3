//! Keepers as processes, and what they say of themselves.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bulkhead::state::{POSITION_OPEN, Position};
use bulkhead_localnet::{Localnet, Options, Surge};
use solana_keypair::{Keypair, write_keypair_file};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const POLL: Duration = Duration::from_millis(50);

pub(crate) async fn started() -> Localnet {
    Localnet::start(Options::default()).await.unwrap()
}

/// What a keeper is started with beside the defaults.
pub(crate) struct Setup<'a> {
    pub(crate) key: &'a Keypair,
    pub(crate) rpc_url: String,
    pub(crate) ws_url: String,
    pub(crate) more: String,
}

impl<'a> Setup<'a> {
    pub(crate) fn of(net: &Localnet, key: &'a Keypair) -> Self {
        Self { key, rpc_url: net.rpc_url.clone(), ws_url: net.ws_url.clone(), more: String::new() }
    }
}

/// A keeper that runs; killed when dropped.
pub(crate) struct Running {
    child: Child,
    port: u16,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl Running {
    pub(crate) async fn start(setup: Setup<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keypair = folder.path().join("key.json");
        write_keypair_file(setup.key, &keypair).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let text = format!(
            "rpc_url = \"{}\"\nws_url = \"{}\"\nkeypair = \"{}\"\nhttp = \"127.0.0.1:{port}\"\n\
             log.filter = \"info\"\nsend.poll_ms = 100\n{}",
            setup.rpc_url,
            setup.ws_url,
            keypair.display(),
            setup.more
        );
        let config = folder.path().join("keeper.toml");
        fs::write(&config, text).unwrap();
        let log = folder.path().join("keeper.log");
        let output = fs::File::create(&log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead-keeper"));
        command.arg("--config").arg(&config).stdin(Stdio::null());
        let child = command.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
        Self { child, port, log, _folder: folder }
    }

    /// Started, and following the chain.
    pub(crate) async fn ready(setup: Setup<'_>) -> Self {
        let mut keeper = Self::start(setup).await;
        keeper.wait_ready().await;
        keeper
    }

    pub(crate) async fn wait_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if self.get("/readyz").await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended:\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
        panic!("it does not get ready:\n{}", self.log());
    }

    pub(crate) async fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: keeper\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    /// Sum over the samples of a metric whose labels contain `labels`.
    pub(crate) async fn metric(&self, name: &str, labels: &str) -> u64 {
        let text = self.get("/metrics").await.unwrap();
        let is_wanted = |line: &&str| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])) && line.contains(labels)
        };
        let value = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap();
        text.lines().filter(is_wanted).map(value).sum::<f64>() as u64
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(POLL);
        }
        panic!("it does not end:\n{}", self.log());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("{}", self.log());
        }
    }
}

/// Sizes of a surge's positions; zero where one is not open.
pub(crate) async fn sizes(net: &Localnet, surge: &Surge) -> Vec<u64> {
    let read = net.link.accounts::<Position>(&surge.positions).await.unwrap();
    let size = |position: Option<Position>| {
        position.filter(|position| position.status == POSITION_OPEN).map_or(0, |position| position.size_atoms)
    };
    read.into_iter().map(size).collect()
}

/// Waits until every position of a surge is smaller than `before`, or gone.
pub(crate) async fn all_liquidated(
    net: &Localnet,
    surge: &Surge,
    before: &[u64],
    most: Duration,
) -> Duration {
    let begun = Instant::now();
    loop {
        let now = sizes(net, surge).await;
        let left = now.iter().zip(before).filter(|(now, before)| now >= before).count();
        if left == 0 {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < most, "{left} of {} are not liquidated", before.len());
        tokio::time::sleep(POLL).await;
    }
}
