//! Commands on standard input, one a line.

use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use bulkhead_lab::path::decimal::parse_e8;
use bulkhead_localnet::Localnet;
use bulkhead_localnet::tokens::QUOTE_UNIT;
use solana_pubkey::Pubkey;

pub(crate) const HELP: &str = "\
  price SYMBOL USD       set a price; a walk goes on from there
  move SYMBOL PERCENT    move a price, for example: move SOL -8
  pause | resume         stop publishing prices, and go on
  crash                  crash the surge's market now
  travel SECS            send the chain ahead in time
  faucet ADDRESS [USD]   give 100 SOL and test dollars (10,000)
  status                 prices and the chain's time
  help | quit";

const FAUCET_LAMPORTS: u64 = 100_000_000_000;
const FAUCET_USD: u64 = 10_000;
/// 10^8 times a hundred percent.
const WHOLE_E10: i128 = 10_000_000_000;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Price { symbol: String, price_e8: u64 },
    Move { symbol: String, percent_e8: i64 },
    Pause,
    Resume,
    Crash,
    Travel { secs: u32 },
    Faucet { to: Pubkey, usd: u64 },
    Status,
    Help,
    Quit,
}

impl FromStr for Command {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> Result<Self> {
        let words: Vec<_> = line.split_whitespace().collect();
        Ok(match words[..] {
            ["price", symbol, usd] => {
                Self::Price { symbol: symbol.to_ascii_uppercase(), price_e8: decimal(usd)? }
            }
            ["move", symbol, percent] => {
                let (sign, digits) = match percent.strip_prefix('-') {
                    Some(digits) => (-1, digits),
                    None => (1, percent.trim_start_matches('+')),
                };
                let percent_e8 = sign * i64::try_from(decimal(digits.trim_end_matches('%'))?)?;
                Self::Move { symbol: symbol.to_ascii_uppercase(), percent_e8 }
            }
            ["pause"] => Self::Pause,
            ["resume"] => Self::Resume,
            ["crash"] => Self::Crash,
            ["travel", secs] => Self::Travel { secs: secs.parse().context("travel takes whole seconds")? },
            ["faucet", to] => Self::Faucet { to: address(to)?, usd: FAUCET_USD },
            ["faucet", to, usd] => {
                Self::Faucet { to: address(to)?, usd: usd.parse().context("whole dollars")? }
            }
            ["status"] => Self::Status,
            ["help"] => Self::Help,
            ["quit" | "exit"] => Self::Quit,
            _ => bail!("'{}' is no command; help lists them", line.trim()),
        })
    }
}

fn decimal(text: &str) -> Result<u64> {
    parse_e8(text).map_err(|reason| anyhow::anyhow!("'{text}' {reason}"))
}

fn address(text: &str) -> Result<Pubkey> {
    Pubkey::from_str(text).with_context(|| format!("'{text}' is no address"))
}

/// Does what the chain alone can do; crashing and quitting are the caller's. Returns what to say.
pub(crate) async fn run(net: &Localnet, command: &Command) -> Result<String> {
    match command {
        Command::Price { symbol, price_e8 } => set(net, symbol, *price_e8),
        Command::Move { symbol, percent_e8 } => {
            let now_e8 = net.price(symbol)?.price_e8;
            let moved = i128::from(now_e8) * (WHOLE_E10 + i128::from(*percent_e8)) / WHOLE_E10;
            ensure!(moved > 0, "a price cannot fall by {percent_e8} e-8 percent");
            set(net, symbol, u64::try_from(moved)?)
        }
        Command::Pause => net.pause_prices().map(|()| "prices stand, and grow old".into()),
        Command::Resume => net.resume_prices().map(|()| "prices are published again".into()),
        Command::Travel { secs } => {
            net.travel(*secs).await?;
            Ok(format!("the chain is {secs} s further"))
        }
        Command::Faucet { to, usd } => {
            net.airdrop(&[*to], FAUCET_LAMPORTS)?;
            let atoms = usd.checked_mul(QUOTE_UNIT).context("too many dollars")?;
            net.give_collateral(&[(*to, atoms)]).await?;
            Ok(format!("{to} has 100 SOL and {usd} test dollars more"))
        }
        Command::Status => status(net).await,
        Command::Help | Command::Crash | Command::Quit => Ok(HELP.into()),
    }
}

fn set(net: &Localnet, symbol: &str, price_e8: u64) -> Result<String> {
    net.set_price(symbol, price_e8)?;
    Ok(format!("{symbol} {}", usd(price_e8)))
}

async fn status(net: &Localnet) -> Result<String> {
    let mut lines = Vec::new();
    for live in &net.markets {
        lines.push(format!("  {}  {}", live.symbol(), usd(net.price(live.symbol())?.price_e8)));
    }
    let slot = net.link.rpc.get_slot().await?;
    lines.push(format!("  slot {slot}, unix time {}", net.shown_secs().await));
    Ok(lines.join("\n"))
}

/// Dollars and cents.
pub(crate) fn usd(price_e8: u64) -> String {
    format!("{}.{:02} USD", price_e8 / 100_000_000, price_e8 / 1_000_000 % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_every_command_of_the_help() {
        let key = "FkEYjjFvzHqYgJR2KpLeKGxaysAREtaYpTroxuJ3iLRq";
        let parsed = |line: &str| line.parse::<Command>().unwrap();
        assert_eq!(
            parsed("price sol 120.5"),
            Command::Price { symbol: "SOL".into(), price_e8: 12_050_000_000 }
        );
        assert_eq!(parsed("move SOL -8%"), Command::Move { symbol: "SOL".into(), percent_e8: -800_000_000 });
        assert_eq!(parsed("move SOL +0.5"), Command::Move { symbol: "SOL".into(), percent_e8: 50_000_000 });
        assert_eq!(parsed(" travel 3600 "), Command::Travel { secs: 3_600 });
        assert_eq!(
            parsed(&format!("faucet {key}")),
            Command::Faucet { to: bulkhead_client::ID, usd: 10_000 }
        );
        let plain = ["pause", "resume", "crash", "status", "help", "quit"].map(parsed);
        let expected =
            [Command::Pause, Command::Resume, Command::Crash, Command::Status, Command::Help, Command::Quit];
        assert_eq!(plain, expected);
    }

    #[test]
    fn parse_fails_and_says_at_what() {
        let error = |line: &str| format!("{:#}", line.parse::<Command>().unwrap_err());
        assert!(error("price SOL much").contains("'much'"));
        assert!(error("faucet me").contains("'me' is no address"));
        assert!(error("fly").contains("'fly' is no command"));
        assert!(error("travel soon").contains("whole seconds"));
    }
}
