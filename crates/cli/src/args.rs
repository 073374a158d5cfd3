//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::amount::Lamports;
use crate::commands::{admin, decode, keeping, lp, market, migrate, order, position, protocol, top_up};
use crate::error::{CliError, Result};
use crate::output::Format;

/// Isolated-margin perpetuals on Solana: trade, provide liquidity, keep the system running, govern it.
///
/// Cluster and key come from the Solana CLI's configuration unless a flag or a variable names others.
/// Exit codes: 0 done, 1 refused by the program or the chain, 2 wrong usage, 3 network.
#[derive(Debug, Parser)]
#[command(name = "bulkhead", version, propagate_version = true, infer_subcommands = true)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// Command.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// JSON-RPC endpoint, or mainnet-beta, devnet, testnet, localhost (m, d, t, l)
    #[arg(long, short, global = true, env = "BULKHEAD_URL", value_name = "URL", hide_env_values = true)]
    pub url: Option<String>,
    /// File of the key that signs and pays
    #[arg(long, short, global = true, env = "BULKHEAD_KEYPAIR", value_name = "FILE")]
    pub keypair: Option<String>,
    /// How sure reads and landed transactions must be: processed, confirmed or finalized
    #[arg(long, global = true, env = "BULKHEAD_COMMITMENT", value_name = "LEVEL")]
    pub commitment: Option<String>,
    /// The Solana CLI's configuration [default: ~/.config/solana/cli/config.yml]
    #[arg(long, short = 'C', global = true, env = "SOLANA_CONFIG_FILE", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How results are printed
    #[arg(long, short, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Format,
    /// Simulate, show what would happen and what it would cost, send nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Do not ask before sending on mainnet
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Priority fee: none, a price in micro-lamports per compute unit, or a percentile such as p75
    #[arg(long, global = true, default_value = "p50", value_name = "FEE", value_parser = parse_fee)]
    pub priority_fee: bulkhead_client::rpc::PriorityFee,
    /// Most that one transaction pays as priority fee
    #[arg(long, global = true, default_value = "0.0001 SOL", value_name = "AMOUNT")]
    pub priority_fee_max: Lamports,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Markets: prices, volatility, margin, pool, rates
    #[command(subcommand)]
    Market(market::Command),
    /// Positions: open, look at, close, change collateral
    #[command(subcommand)]
    Position(position::Command),
    /// Orders of a position: place, list, execute, cancel
    #[command(subcommand)]
    Order(order::Command),
    /// Top-up plans: a wallet that stands behind a position, within bounds
    #[command(subcommand)]
    TopUp(top_up::Command),
    /// Provide liquidity to a market's pool
    #[command(subcommand)]
    Lp(lp::Command),
    /// The protocol: who governs it, who may upgrade it, what is paused
    #[command(subcommand)]
    Protocol(protocol::Command),
    /// Liquidate a position that may be; anyone, for the keeper's share of the fee
    Liquidate(keeping::Liquidate),
    /// Note which positions are below maintenance; a liquidation needs two such sightings
    Flag(keeping::Flag),
    /// Let a position's requirement follow the market's
    Refresh(keeping::OnPosition),
    /// Settle a position that has reached its payout cap
    Settle(keeping::Settle),
    /// Collect what a vault that was frozen left owed
    CollectFrozen(keeping::OnPosition),
    /// Take the price account's sample into a market
    Update(keeping::Update),
    /// Send a market's protocol fees to the fee receiver
    CollectFees(keeping::CollectFees),
    /// Move accounts of the version before to this one's layout; anyone
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Govern: changes behind the timelock, pauses, hand-over
    #[command(subcommand)]
    Admin(admin::Command),
    /// Say what accounts, events, error codes and transactions mean
    #[command(subcommand)]
    Decode(decode::Command),
    /// Print a script that completes commands in your shell
    Completion {
        /// Shell
        shell: Shell,
    },
}

fn parse_fee(text: &str) -> Result<bulkhead_client::rpc::PriorityFee> {
    use bulkhead_client::rpc::PriorityFee;
    let percentile = text.strip_prefix('p').and_then(|number| number.parse::<u8>().ok());
    match (text, percentile) {
        ("none", _) => Ok(PriorityFee::None),
        (_, Some(percentile @ 0..=100)) => {
            Ok(PriorityFee::Percentile { percentile, micro_lamports_per_unit_min: 0 })
        }
        _ => match text.parse() {
            Ok(micro_lamports_per_unit) => Ok(PriorityFee::Fixed { micro_lamports_per_unit }),
            Err(_) => Err(CliError::usage("none, a number of micro-lamports, or p0 to p100")),
        },
    }
}

#[cfg(test)]
mod tests {
    use bulkhead_client::rpc::PriorityFee;
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn priority_fees_are_told_apart() {
        assert_eq!(parse_fee("none"), Ok(PriorityFee::None));
        assert_eq!(parse_fee("2500"), Ok(PriorityFee::Fixed { micro_lamports_per_unit: 2_500 }));
        let percentile = |percentile| PriorityFee::Percentile { percentile, micro_lamports_per_unit_min: 0 };
        assert_eq!(parse_fee("p75"), Ok(percentile(75)));
        for wrong in ["p101", "p", "-1", "1.5", "fast"] {
            assert!(parse_fee(wrong).is_err(), "{wrong}");
        }
    }
}
