//! What the operator decides: a TOML file, and environment variables over it. docs/keeper.md lists every key.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bulkhead_client::rpc::{ComputeLimit, LoadedBytes, PriorityFee, TxPolicy};
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;
use solana_commitment_config::{CommitmentConfig, CommitmentLevel};
use solana_pubkey::Pubkey;

use crate::duty::Duty;

/// Environment variables with this prefix go over the file; `__` stands between the parts of a key.
pub const ENV_PREFIX: &str = "BULKHEAD_KEEPER_";
const NESTED: &str = "__";

/// Everything that can be set. Keys, units and defaults: docs/keeper.md.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Config {
    pub rpc_url: String,
    pub ws_url: String,
    pub keypair: PathBuf,
    #[serde(default)]
    pub dry_run: bool,
    #[serde(default = "default_http")]
    pub http: Option<SocketAddr>,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub feed: Feed,
    pub hermes: Option<Hermes>,
    #[serde(default)]
    pub yellowstone: Yellowstone,
    #[serde(default)]
    pub send: Send,
    #[serde(default)]
    pub fees: Fees,
    #[serde(default)]
    pub profit: Profit,
    #[serde(default)]
    pub wallet: Wallet,
    #[serde(default)]
    pub jito: Jito,
    #[serde(default)]
    pub stagger: Stagger,
    #[serde(default)]
    pub duties: Duties,
}

fn default_http() -> Option<SocketAddr> {
    Some(SocketAddr::from(([127, 0, 0, 1], 9464)))
}

/// Makes a section: its struct with the defaults beside the keys.
macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($key:ident: $kind:ty = $default:expr),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
        #[serde(default, deny_unknown_fields)]
        #[allow(missing_docs)]
        pub struct $name {
            $(pub $key: $kind,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }
    };
}

mod jito;
mod yellowstone;

pub use jito::{DutyName, Jito};
pub use yellowstone::Yellowstone;

/// Of the minute or so that a blockhash lives.
const BLOCKHASH_AGE_MAX: Duration = Duration::from_secs(2);

section!(
    /// Log lines.
    Log { format: LogFormat = LogFormat::Text, filter: String = "info".into() }
);

section!(
    /// How the chain is followed.
    Feed {
        commitment: Commitment = Commitment(CommitmentLevel::Processed),
        silence_secs: u64 = 10,
        poll_ms: u64 = 1_000,
        resnapshot_secs: u64 = 300,
        reconnect_max_secs: u64 = 5,
    }
);

section!(
    /// Signed prices that are not on the chain yet.
    Hermes {
        url: String = bulkhead_pyth::hermes::PYTH_URL.into(),
        api_key: Option<Secret> = None,
        poll_ms: u64 = 1_000,
        timeout_ms: u64 = 3_000,
        step_secs: u32 = 2,
    }
);

section!(
    /// How transactions are sent.
    Send {
        commitment: Commitment = Commitment(CommitmentLevel::Confirmed),
        in_flight_max: usize = 64,
        instructions_max: usize = 8,
        flags_max: usize = 20,
        units_max: u32 = 800_000,
        loaded_kib_max: u32 = 4_096,
        poll_ms: u64 = 300,
        resend_ms: u64 = 1_000,
        hold_ms: u64 = 2_500,
        backoff_ms: u64 = 1_000,
        backoff_max_ms: u64 = 60_000,
        shutdown_secs: u64 = 20,
    }
);

section!(
    /// Priority fee.
    Fees {
        percentile: u8 = 75,
        micro_lamports_per_unit_min: u64 = 1_000,
        lamports_max: u64 = 200_000,
        refresh_secs: u64 = 10,
    }
);

section!(
    /// When something is worth its fee.
    Profit { sol_price_usd: u64 = 100, margin_lamports: i64 = 0 }
);

section!(
    /// The wallet that pays.
    Wallet { balance_min_lamports: u64 = 50_000_000, check_secs: u64 = 10 }
);

section!(
    /// Several keepers beside each other.
    Stagger { peers: Vec<Address> = Vec::new(), step_ms: u64 = 1_500, jitter_ms: u64 = 0 }
);

section!(
    /// One duty.
    DutySettings { enabled: bool = true, at_loss: bool = true }
);

section!(
    /// The duty that lets requirements follow the market's.
    RefreshSettings {
        enabled: bool = false,
        at_loss: bool = true,
        change_ppm_min: u32 = 1_000,
        every_secs: u32 = 600,
    }
);

section!(
    /// The duty that hands the protocol its fees.
    CollectFeesSettings { enabled: bool = false, at_loss: bool = true, atoms_min: u64 = 100_000_000 }
);

section!(
    /// What is done.
    Duties {
        update_markets: DutySettings = DutySettings::default(),
        execute_orders: DutySettings = DutySettings::default(),
        trigger_orders: DutySettings = DutySettings::default(),
        liquidate: DutySettings = DutySettings::default(),
        settle_capped: DutySettings = DutySettings::default(),
        execute_top_ups: DutySettings = DutySettings::default(),
        settle_markets: DutySettings = DutySettings::default(),
        settle_positions: DutySettings = DutySettings::default(),
        execute_withdrawals: DutySettings = DutySettings::default(),
        cancel_orders: DutySettings = DutySettings::default(),
        sweep_orders: DutySettings = DutySettings::default(),
        collect_frozen: DutySettings = DutySettings::default(),
        refresh: RefreshSettings = RefreshSettings::default(),
        collect_fees: CollectFeesSettings = CollectFeesSettings::default(),
    }
);

impl Duties {
    /// Whether a duty is done, and whether even where it pays less than it costs.
    pub fn of(&self, duty: Duty) -> (bool, bool) {
        let plain = |settings: &DutySettings| (settings.enabled, settings.at_loss);
        match duty {
            Duty::UpdateMarkets => plain(&self.update_markets),
            Duty::ExecuteOrders => plain(&self.execute_orders),
            Duty::TriggerOrders => plain(&self.trigger_orders),
            Duty::Flag | Duty::Liquidate => plain(&self.liquidate),
            Duty::SettleCapped => plain(&self.settle_capped),
            Duty::ExecuteTopUps => plain(&self.execute_top_ups),
            Duty::SettleMarkets => plain(&self.settle_markets),
            Duty::SettlePositions => plain(&self.settle_positions),
            Duty::ExecuteWithdrawals | Duty::CancelWithdrawals => plain(&self.execute_withdrawals),
            Duty::CancelOrders => plain(&self.cancel_orders),
            Duty::SweepOrders => plain(&self.sweep_orders),
            Duty::CollectFrozen => plain(&self.collect_frozen),
            Duty::Refresh => (self.refresh.enabled, self.refresh.at_loss),
            Duty::CollectFees => (self.collect_fees.enabled, self.collect_fees.at_loss),
        }
    }
}

/// Something that no log may show.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("...")
    }
}

/// Shape of log lines.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `processed`, `confirmed` or `finalized`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Commitment(pub CommitmentLevel);

impl Commitment {
    /// As the client takes it.
    pub fn config(self) -> CommitmentConfig {
        CommitmentConfig { commitment: self.0 }
    }
}

impl TryFrom<String> for Commitment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let level = text.parse();
        level.map(Self).map_err(|_| format!("{text:?} is no commitment: processed, confirmed or finalized"))
    }
}

/// An address in base58.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Address(pub Pubkey);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("{text:?} is no address"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Config {
    /// The file at `path` with the environment over it, checked.
    pub fn load(path: &Path) -> Result<Self> {
        ensure!(path.is_file(), "there is no file {}", path.display());
        let read = Figment::new()
            .merge(Toml::file_exact(path))
            .merge(Env::prefixed(ENV_PREFIX).split(NESTED))
            .extract::<Self>();
        let config = read.with_context(|| format!("the configuration in {}", path.display()))?;
        config.check().with_context(|| format!("the configuration in {}", path.display()))?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let is_http = ["http://", "https://"].iter().any(|scheme| self.rpc_url.starts_with(scheme));
        ensure!(is_http, "rpc_url: {:?} does not begin with http:// or https://", self.rpc_url);
        let is_ws = ["ws://", "wss://"].iter().any(|scheme| self.ws_url.starts_with(scheme));
        ensure!(is_ws, "ws_url: {:?} does not begin with ws:// or wss://", self.ws_url);
        let (feed, send) = (&self.feed, &self.send);
        ensure!(feed.silence_secs >= 2, "feed.silence_secs: at least 2, slots are half a second long");
        ensure!(feed.poll_ms >= 100, "feed.poll_ms: at least 100");
        ensure!(feed.resnapshot_secs >= 10, "feed.resnapshot_secs: at least 10");
        if let Some(hermes) = &self.hermes {
            let is_http = ["http://", "https://"].iter().any(|scheme| hermes.url.starts_with(scheme));
            ensure!(is_http, "hermes.url: {:?} does not begin with http:// or https://", hermes.url);
            ensure!(hermes.poll_ms >= 200, "hermes.poll_ms: at least 200");
            ensure!(hermes.timeout_ms >= 200, "hermes.timeout_ms: at least 200");
            ensure!((1..=8).contains(&hermes.step_secs), "hermes.step_secs: 1 to 8, prices count for 10");
        }
        ensure!(send.in_flight_max >= 1, "send.in_flight_max: at least 1");
        ensure!((1..=20).contains(&send.instructions_max), "send.instructions_max: 1 to 20");
        ensure!((1..=25).contains(&send.flags_max), "send.flags_max: 1 to 25, more do not fit a transaction");
        ensure!((100_000..=1_400_000).contains(&send.units_max), "send.units_max: 100000 to 1400000");
        ensure!(
            (2_048..=65_536).contains(&send.loaded_kib_max),
            "send.loaded_kib_max: 2048 to 65536; the program alone has more than 1200"
        );
        ensure!(send.poll_ms >= 50 && send.resend_ms >= 200, "send.poll_ms at least 50, resend_ms 200");
        ensure!(send.backoff_ms >= 100 && send.backoff_ms <= send.backoff_max_ms, "send.backoff_ms");
        ensure!(self.fees.percentile <= 100, "fees.percentile: 0 to 100");
        ensure!(self.fees.refresh_secs >= 1 && self.wallet.check_secs >= 1, "intervals: at least a second");
        self.jito.check()?;
        self.yellowstone.check()?;
        ensure!(self.profit.sol_price_usd >= 1, "profit.sol_price_usd: whole US dollars, at least 1");
        Ok(())
    }

    /// How transactions are sent: limits come from the keeper's own table, nothing is simulated.
    pub fn policy(&self) -> TxPolicy {
        TxPolicy {
            commitment: self.send.commitment.config(),
            compute_limit: ComputeLimit::Fixed(self.send.units_max),
            loaded_bytes: LoadedBytes::Fixed(self.loaded_bytes()),
            priority_fee: PriorityFee::Percentile {
                percentile: self.fees.percentile,
                micro_lamports_per_unit_min: self.fees.micro_lamports_per_unit_min,
            },
            priority_fee_lamports_max: u64::MAX,
            // What has expired is planned anew, from what the chain shows by then.
            blockhashes_max: 1,
            blockhash_age_max: BLOCKHASH_AGE_MAX,
            poll_every: Duration::from_millis(self.send.poll_ms),
            resend_every: Duration::from_millis(self.send.resend_ms),
            silence_max: Duration::from_secs(30),
        }
    }

    /// Limit of loaded account bytes of every transaction.
    pub fn loaded_bytes(&self) -> u32 {
        self.send.loaded_kib_max.saturating_mul(1_024)
    }
}

#[cfg(test)]
mod tests;
