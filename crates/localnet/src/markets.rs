//! Market definitions: the TOML files of a folder, one market each, checked when they are read.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use bulkhead::oracle::OracleSource;
use bulkhead::state::OracleConfig;
use bulkhead::views::MarketParams;
use bulkhead_lab::live::ParamsFile;
pub use bulkhead_lab::live::QUOTE_DECIMALS;
use serde::Deserialize;

/// Generation of Pyth's receiver that owns a market's price account. Both are live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generation {
    /// The first one, upgraded in place.
    Core,
    /// The second one, which Pyth recommends to new integrations.
    Compatible,
}

/// One market, ready for `create_market`.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Short name of the base asset, in capitals.
    pub symbol: String,
    /// Place among the protocol's markets, from 0.
    pub index: u16,
    /// Where prices come from.
    pub oracle: OracleSource,
    /// Parameters, within the program's bounds.
    pub params: MarketParams,
    /// What a local chain adds to it.
    pub local: Local,
}

/// What a local chain needs besides: nothing of it reaches a public cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Local {
    /// Price at the start, whole US dollars.
    pub start_price_usd: u64,
    /// Volatility of the live walk, a year, in ppm.
    pub volatility_ppm_year: u32,
    /// First deposit into the pool, quote atoms.
    pub pool_quote_atoms: u64,
}

impl Definition {
    /// The market's price account, its owner and its feed.
    pub fn price_source(&self) -> Result<OracleConfig> {
        let resolved = self.oracle.resolve(false);
        resolved.map_err(|error| anyhow::anyhow!("oracle of {}: {error}", self.symbol))
    }
}

/// Reads every `*.toml` of a folder, in the order of their indexes. `generation` overrides the files' own.
pub fn load(folder: &Path, generation: Option<Generation>) -> Result<Vec<Definition>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut definitions = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            definitions.push(parse(&text, generation).with_context(|| path.display().to_string())?);
        }
    }
    definitions.sort_by_key(|definition| definition.index);
    ensure!(!definitions.is_empty(), "{} holds no market: no file of it ends in .toml", folder.display());
    for (place, definition) in (0_u16..).zip(&definitions) {
        ensure!(
            definition.index == place,
            "{} has index {}, but indexes go up from 0 without a gap and {place} is missing or taken twice",
            definition.symbol,
            definition.index
        );
    }
    Ok(definitions)
}

/// One file's market.
pub fn parse(text: &str, generation: Option<Generation>) -> Result<Definition> {
    let file: File = toml::from_str(text)?;
    let is_symbol = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    ensure!(
        !file.symbol.is_empty() && file.symbol.chars().all(is_symbol),
        "symbol '{}' is not made of capital letters and digits",
        file.symbol
    );
    file.params.checked()?;
    let params = MarketParams::from(file.params);
    ensure!(file.localnet.start_price_usd > 0, "start_price_usd is zero");
    Ok(Definition {
        symbol: file.symbol,
        index: file.index,
        oracle: file.oracle.source(generation)?,
        params,
        local: file.localnet,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    symbol: String,
    index: u16,
    oracle: OracleFile,
    params: ParamsFile,
    localnet: Local,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OracleFile {
    generation: Generation,
    shard: u16,
    feed_id: String,
}

impl OracleFile {
    fn source(&self, generation: Option<Generation>) -> Result<OracleSource> {
        let (shard, feed_id) = (self.shard, feed_id(&self.feed_id)?);
        Ok(match generation.unwrap_or(self.generation) {
            Generation::Core => OracleSource::PythCore { shard, feed_id },
            Generation::Compatible => OracleSource::PythCompatible { shard, feed_id },
        })
    }
}

/// 64 hexadecimal digits, with or without 0x before them.
fn feed_id(text: &str) -> Result<[u8; 32]> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        bail!("feed_id '{text}' is not 64 hexadecimal digits");
    }
    for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&digits[place..place + 2], 16)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/markets")
    }

    fn sol() -> String {
        std::fs::read_to_string(folder().join("sol.toml")).unwrap()
    }

    #[test]
    fn load_reads_the_three_markets_of_the_repository() {
        let markets = load(&folder(), None).unwrap();
        let symbols: Vec<_> = markets.iter().map(|market| market.symbol.as_str()).collect();
        assert_eq!(symbols, ["SOL", "BTC", "ETH"]);
        let variances: Vec<_> = markets.iter().map(|market| market.params.stress_variance_e24).collect();
        // 120 %, 80 % and 100 % a year, squared, over the seconds of a year.
        assert_eq!(variances, [45_662_100_456_621_004, 20_294_266_869_609_335, 31_709_791_983_764_586]);
    }

    #[test]
    fn load_gives_the_lab_its_live_rates() {
        let markets = load(&folder(), None).unwrap();
        let btc = markets.iter().find(|market| market.symbol == "BTC").unwrap();
        assert_eq!(btc.params, bulkhead_lab::world::defaults::live_params());
    }

    #[test]
    fn load_pins_the_price_accounts_of_either_generation() {
        let addresses = |generation| {
            let markets = load(&folder(), Some(generation)).unwrap();
            markets.iter().map(|market| market.price_source().unwrap().program).collect::<Vec<_>>()
        };
        assert_eq!(addresses(Generation::Core), [bulkhead::oracle::PYTH_RECEIVER_CORE; 3]);
        assert_eq!(addresses(Generation::Compatible), [bulkhead::oracle::PYTH_RECEIVER_COMPATIBLE; 3]);
    }

    #[test]
    fn parse_derives_the_published_address_on_the_sponsored_shard() {
        // Pyth documents this one: SOL/USD, shard 0, first generation.
        let text = sol().replace("shard = 45085", "shard = 0");
        let market = parse(&text, Some(Generation::Core)).unwrap();
        let account = market.price_source().unwrap().account;
        assert_eq!(account.to_string(), "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
    }

    #[test]
    fn parse_fails_on_what_is_missing_unknown_or_out_of_bounds() {
        let error = |from: &str, to: &str| {
            let text = sol();
            assert!(text.contains(from), "{from}");
            format!("{:#}", parse(&text.replace(from, to), None).unwrap_err())
        };
        assert!(error("symbol = \"SOL\"", "symbol = \"sol\"").contains("capital letters"));
        assert!(error("trade_fee_ppm", "trade_fee").contains("unknown field `trade_fee`"));
        assert!(error("order_delay_secs = 2", "order_delay_secs = 1").contains("refuses"));
        assert!(error("feed_id = \"ef", "feed_id = \"zz").contains("64 hexadecimal digits"));
        assert!(error("generation = \"compatible\"", "generation = \"third\"").contains("third"));
    }
}
