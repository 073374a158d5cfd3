//! How questions are repeated, and how transactions are built and sent. Plain values: whoever reads a
//! configuration file fills them in.

use std::time::Duration;

use backon::ExponentialBuilder;
use solana_commitment_config::CommitmentConfig;

/// How often, and how patiently, a question to the node is repeated when the answer may come later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Repetitions after the first attempt; zero for none.
    pub retries_max: usize,
    /// Wait before the first repetition; each following one is twice as long, with some chance added so that
    /// many clients do not return together.
    pub wait_first: Duration,
    /// Longest wait.
    pub wait_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { retries_max: 5, wait_first: Duration::from_millis(250), wait_max: Duration::from_secs(4) }
    }
}

impl RetryPolicy {
    pub(super) fn backoff(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.wait_first)
            .with_max_delay(self.wait_max)
            .with_max_times(self.retries_max)
            .with_jitter()
    }
}

/// Where the limit of compute units comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputeLimit {
    /// What the simulation used, a tenth more, and this many units on top for what changes until it lands.
    Simulated {
        /// Units on top.
        extra: u32,
    },
    /// This many.
    Fixed(u32),
}

/// Where the limit of the size of all loaded accounts comes from. Schedulers charge for what is asked, and
/// the default asks for 64 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadedBytes {
    /// What the simulation loaded, in whole pages of 32 KiB, and one page more. No limit is set where the node
    /// does not say what was loaded.
    Simulated,
    /// This many bytes.
    Fixed(u32),
    /// None is set.
    Unset,
}

/// What is paid to be scheduled earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorityFee {
    /// Nothing.
    None,
    /// A price of compute units.
    Fixed {
        /// 10^-6 lamports a unit.
        micro_lamports_per_unit: u64,
    },
    /// A percentile of what recent blocks asked of transactions that write the same accounts.
    Percentile {
        /// 0 to 100; 100 is the highest of the last 150 slots.
        percentile: u8,
        /// Least price, in 10^-6 lamports a unit: what is paid when nobody competes.
        micro_lamports_per_unit_min: u64,
    },
}

/// How transactions are built and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxPolicy {
    /// What counts as landed.
    pub commitment: CommitmentConfig,
    /// Compute units.
    pub compute_limit: ComputeLimit,
    /// Size of loaded accounts.
    pub loaded_bytes: LoadedBytes,
    /// Priority fee.
    pub priority_fee: PriorityFee,
    /// Most that a transaction pays as priority fee, whatever the price: lamports.
    pub priority_fee_lamports_max: u64,
    /// How many blockhashes are tried, one after the other has expired; a blockhash lives a minute or so.
    pub blockhashes_max: u32,
    /// A blockhash that is younger serves several transactions, and each lives so much shorter; zero asks for a
    /// new one each time.
    pub blockhash_age_max: Duration,
    /// How often the node is asked whether a transaction has landed.
    pub poll_every: Duration,
    /// How often the same transaction is sent again while it has not landed.
    pub resend_every: Duration,
    /// After so long without any answer the outcome is given up as unknown.
    pub silence_max: Duration,
}

impl Default for TxPolicy {
    /// Confirmed, limits from simulation, the median priority fee up to 100,000 lamports, three blockhashes.
    fn default() -> Self {
        Self {
            commitment: CommitmentConfig::confirmed(),
            compute_limit: ComputeLimit::Simulated { extra: 5_000 },
            loaded_bytes: LoadedBytes::Simulated,
            priority_fee: PriorityFee::Percentile { percentile: 50, micro_lamports_per_unit_min: 0 },
            priority_fee_lamports_max: 100_000,
            blockhashes_max: 3,
            blockhash_age_max: Duration::ZERO,
            poll_every: Duration::from_millis(500),
            resend_every: Duration::from_secs(2),
            silence_max: Duration::from_secs(60),
        }
    }
}
