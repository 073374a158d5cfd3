//! The command line.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use bulkhead_localnet::markets::Generation;
use bulkhead_localnet::{HermesOptions, Options, Prices, Recording};
use clap::{Parser, ValueEnum};

/// A validator on this machine with the program, three markets, prices that move, and traders
#[derive(Parser, Debug)]
#[command(bin_name = "cargo xtask localnet")]
pub(crate) struct Args {
    /// Port of JSON-RPC on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8899)]
    rpc_port: u16,
    /// Port of the websocket on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8900)]
    ws_port: u16,
    /// Folder of market definitions [default: migrations/markets]
    #[arg(long, value_name = "DIR")]
    markets: Option<PathBuf>,
    /// Pyth receiver generation of all markets [default: what each definition says]
    #[arg(long, value_enum)]
    generation: Option<GenerationArg>,
    /// Play a CSV of minute bars into a market: BTC=FILE, or a FILE whose name begins with the symbol. Repeatable
    #[arg(long, value_name = "[SYMBOL=]FILE")]
    data: Vec<String>,
    /// Seconds of the recorded path that pass in a second
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    speed: u32,
    /// Seed of the walking prices [default: another one at every start]
    #[arg(long)]
    seed: Option<u64>,
    /// Let prices stand still until they are set
    #[arg(long, conflicts_with = "seed")]
    hold_prices: bool,
    /// Traders, each with one resting position in every market
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=50))]
    pub(crate) traders: u32,
    /// Open N positions near their initial margin, then crash the price so that all of them can be liquidated
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub(crate) surge: Option<u32>,
    /// Market of the surge
    #[arg(long, value_name = "SYMBOL", default_value = "SOL")]
    pub(crate) surge_market: String,
    /// Seconds between the last opening and the crash
    #[arg(long, value_name = "SECS", default_value_t = 10)]
    pub(crate) crash_after: u64,
    /// Crash at the command `crash` on standard input, and not by itself
    #[arg(long, conflicts_with = "crash_after")]
    pub(crate) crash_on_command: bool,
    /// Keeper to run against it, stopped at the end; takes the place of the built-in attendant
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) keeper: Option<PathBuf>,
    /// Nobody updates markets and fills orders unless a keeper does
    #[arg(long)]
    no_attendant: bool,
    /// File that keeps the chain: a start with the same file goes on from there, also after a kill
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Hand prices out by a Hermes on this port, and write them nowhere: keepers bring them [port if none is given: 8901]
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "8901")]
    hermes: Option<u16>,
    /// Folder for keypairs, addresses and the keeper's configuration [default: target/localnet]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum GenerationArg {
    Core,
    Compatible,
}

impl Args {
    pub(crate) fn options(&self) -> Result<Options> {
        let defaults = Options::default();
        let prices = if self.hold_prices {
            Prices::Held
        } else {
            Prices::Walk { seed: self.seed.unwrap_or_else(seconds_today) }
        };
        let recordings = self.data.iter().map(|text| recording(text)).collect::<Result<_>>()?;
        Ok(Options {
            rpc_port: self.rpc_port,
            ws_port: self.ws_port,
            markets: self.markets.clone().unwrap_or(defaults.markets),
            generation: self.generation.map(|generation| match generation {
                GenerationArg::Core => Generation::Core,
                GenerationArg::Compatible => Generation::Compatible,
            }),
            prices,
            recordings,
            speed: self.speed,
            attendant: !self.no_attendant && self.keeper.is_none(),
            traders: self.traders,
            program: defaults.program,
            bare: false,
            ledger: self.ledger.clone(),
            hermes: self.hermes.map(|port| HermesOptions { port, ..HermesOptions::default() }),
        })
    }

    /// Absolute, so that it means the same to the keeper.
    pub(crate) fn state_folder(&self) -> Result<PathBuf> {
        let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/localnet");
        let folder = self.state.clone().unwrap_or_else(default);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder.canonicalize()?)
    }
}

/// `BTC=FILE`, or a file whose name begins with the symbol, as those of exchanges do (`BTCUSDT-2024.csv`).
fn recording(text: &str) -> Result<Recording> {
    if let Some((symbol, file)) = text.split_once('=') {
        return Ok(Recording { symbol: symbol.to_ascii_uppercase(), file: file.into() });
    }
    let file = PathBuf::from(text);
    let name = file.file_name().map(|name| name.to_string_lossy().to_ascii_uppercase()).unwrap_or_default();
    let symbol: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
    let symbol =
        ["USDT", "USDC", "USD"].iter().find_map(|quote| symbol.strip_suffix(quote)).unwrap_or(&symbol);
    ensure!(!symbol.is_empty(), "--data {text}: say which market it is for, as in --data BTC={text}");
    Ok(Recording { symbol: symbol.to_owned(), file })
}

fn seconds_today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recording_takes_the_market_from_the_option_or_from_the_files_name() {
        let symbol = |text: &str| recording(text).unwrap().symbol;
        assert_eq!(symbol("sol=some/file.csv"), "SOL");
        assert_eq!(symbol("data/BTCUSDT-2020-03.csv.gz"), "BTC");
        assert_eq!(symbol("eth.csv"), "ETH");
        assert!(recording("data/-.csv").is_err());
    }

    #[test]
    fn a_keeper_takes_the_attendants_place() {
        let options = |arguments: &[&str]| Args::parse_from(arguments).options().unwrap();
        assert!(options(&["localnet"]).attendant);
        assert!(!options(&["localnet", "--keeper", "bulkhead-keeper"]).attendant);
        assert!(!options(&["localnet", "--no-attendant"]).attendant);
        assert_eq!(options(&["localnet", "--seed", "5"]).prices, Prices::Walk { seed: 5 });
        assert_eq!(options(&["localnet", "--hold-prices"]).prices, Prices::Held);
        assert_eq!(options(&["localnet"]).rpc_port, 8899);
        let hermes = |arguments: &[&str]| options(arguments).hermes.map(|hermes| hermes.port);
        assert_eq!(hermes(&["localnet"]), None);
        assert_eq!(hermes(&["localnet", "--hermes", "--traders", "1"]), Some(8901));
        assert_eq!(hermes(&["localnet", "--hermes", "5"]), Some(5));
    }
}
