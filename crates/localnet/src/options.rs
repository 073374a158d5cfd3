//! What a local chain is started with.

use std::env;
use std::path::PathBuf;

use crate::markets::Generation;

/// The same for what stands in for Pyth's programs.
const STAND_IN_VARIABLE: &str = "BULKHEAD_PYTH_SO";
/// Names another program file than `target/deploy/bulkhead.so`, as it does for the lab and the tests.
const PROGRAM_VARIABLE: &str = "BULKHEAD_SO";

/// Where the prices come from that no recorded path gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prices {
    /// They stay until [`crate::Localnet::set_price`], and are published anew every second.
    Held,
    /// They walk at random, a step a second; a seed gives the same steps.
    Walk {
        /// Of the random numbers.
        seed: u64,
    },
}

/// A recorded path to play into one market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Symbol of the market.
    pub symbol: String,
    /// CSV of minute bars, plain or gzipped.
    pub file: PathBuf,
}

/// A Hermes of the chain's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HermesOptions {
    /// Port on 127.0.0.1; zero for any free one.
    pub port: u16,
    /// API key that it asks for, if any.
    pub key: Option<String>,
    /// What stands in for Pyth's programs, compiled.
    pub program: PathBuf,
}

impl Default for HermesOptions {
    fn default() -> Self {
        let program = env::var_os(STAND_IN_VARIABLE).map(PathBuf::from);
        let program = program.unwrap_or_else(|| repository().join("target/deploy/pyth_stand_in.so"));
        Self { port: 0, key: None, program }
    }
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Everything that can be chosen. The default is a chain for one test: free ports, prices that hold, nobody
/// on it who acts by himself.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port of JSON-RPC on 127.0.0.1; zero for any free one.
    pub rpc_port: u16,
    /// Port of the websocket; zero for any free one.
    pub ws_port: u16,
    /// The compiled program.
    pub program: PathBuf,
    /// Folder of market definitions.
    pub markets: PathBuf,
    /// Receiver generation of all markets, where it should not be the one that their files name.
    pub generation: Option<Generation>,
    /// Prices of the markets without a recording.
    pub prices: Prices,
    /// Recorded paths.
    pub recordings: Vec<Recording>,
    /// Seconds of a recorded path that pass in a second.
    pub speed: u32,
    /// Whether somebody updates the markets and fills orders.
    pub attendant: bool,
    /// Whether protocol and markets are left to a deployment: the chain has the program and the collateral mint.
    pub bare: bool,
    /// File that holds every account, so that a chain that was killed goes on from there; none keeps them in
    /// memory. A time that was travelled to is not kept.
    pub ledger: Option<PathBuf>,
    /// If there is one, prices are handed out by a Hermes, and get onto the chain only where somebody brings them.
    /// Else they are written into the price accounts.
    pub hermes: Option<HermesOptions>,
    /// Traders with lamports and collateral. They open nothing until they are told.
    pub traders: u32,
}

impl Default for Options {
    fn default() -> Self {
        let repository = repository();
        let program = env::var_os(PROGRAM_VARIABLE).map(PathBuf::from);
        Self {
            rpc_port: 0,
            ws_port: 0,
            program: program.unwrap_or_else(|| repository.join("target/deploy/bulkhead.so")),
            markets: repository.join("migrations/markets"),
            generation: None,
            prices: Prices::Held,
            recordings: Vec::new(),
            speed: 1,
            attendant: false,
            bare: false,
            ledger: None,
            hermes: None,
            traders: 0,
        }
    }
}
