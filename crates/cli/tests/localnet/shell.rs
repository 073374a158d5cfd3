//! Somebody who types: a key, an endpoint, and the compiled binary.

use std::process::{Command, Output, Stdio};

use bulkhead::error::BulkheadError;
use bulkhead_localnet::{Localnet, Options};
use serde_json::Value;
use solana_keypair::{Keypair, write_keypair_file};

pub(crate) const USD: u64 = 1_000_000;

/// A chain on which somebody else takes samples and fills orders.
pub(crate) async fn attended() -> Localnet {
    Localnet::start(Options { attendant: true, ..Options::default() }).await.unwrap()
}

/// A chain on which nobody does anything by himself.
pub(crate) async fn deserted() -> Localnet {
    Localnet::start(Options::default()).await.unwrap()
}

/// What a command has said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) errors: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), errors: text(output.stderr) }
    }
}

pub(crate) struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    /// Whoever holds `key`, before the endpoint at `url`.
    pub(crate) fn new(url: &str, key: &Keypair) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_keypair_file(key, folder.path().join("key.json")).unwrap();
        let config = format!(
            "json_rpc_url: {url}\nkeypair_path: {}\ncommitment: confirmed\n",
            folder.path().join("key.json").display()
        );
        std::fs::write(folder.path().join("config.yml"), config).unwrap();
        Self { folder }
    }

    /// The user of a chain.
    pub(crate) fn of(net: &Localnet) -> Self {
        Self::new(&net.rpc_url, &net.wallets.user)
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.arg("--config").arg(self.folder.path().join("config.yml")).args(args).stdin(Stdio::null());
        for variable in ["BULKHEAD_URL", "BULKHEAD_KEYPAIR", "BULKHEAD_COMMITMENT"] {
            command.env_remove(variable);
        }
        command.output().unwrap().into()
    }

    /// Runs a command that must succeed; what it prints.
    #[track_caller]
    pub(crate) fn text(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, Some(0), "{args:?}\n{}\n{}", said.out, said.errors);
        said.out
    }

    /// The same in JSON.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let text = self.text(&[&["--output", "json"], args].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}\n{text}"))
    }

    /// Runs a command that must end with this refusal.
    #[track_caller]
    pub(crate) fn refused(&self, args: &[&str], with: BulkheadError) -> String {
        let said = self.run(&[&["--output", "json"], args].concat());
        assert_eq!(said.code, Some(1), "{args:?}\n{}\n{}", said.out, said.errors);
        let line = said.errors.lines().last().unwrap_or_default();
        let error: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{}", said.errors));
        assert_eq!(error["error"]["name"], with.name(), "{}", said.errors);
        error["error"]["message"].as_str().unwrap().to_owned()
    }
}

/// A decimal as a command prints it in JSON.
#[track_caller]
pub(crate) fn number(value: &Value) -> f64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no decimal"))
}
