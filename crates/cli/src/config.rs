//! Which cluster, which key: the Solana CLI's configuration, overridden by environment and flags.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use solana_commitment_config::{CommitmentConfig, CommitmentLevel};
use solana_keypair::{Keypair, read_keypair_file};

use crate::error::{CliError, Result};

/// What a cluster of one machine listens on.
const LOCAL_URL: &str = "http://127.0.0.1:8899";

/// The Solana CLI's configuration file, as far as it matters here.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct SolanaConfig {
    /// Endpoint.
    pub json_rpc_url: Option<String>,
    /// File of the key that signs.
    pub keypair_path: Option<String>,
    /// How sure a read must be.
    pub commitment: Option<String>,
}

impl SolanaConfig {
    /// The file at `path`; where none is named, the usual one, which may be missing.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let usual = dirs::home_dir().map(|home| home.join(".config/solana/cli/config.yml"));
        let (path, is_required) = match (path, usual) {
            (Some(path), _) => (path.to_owned(), true),
            (None, Some(usual)) => (usual, false),
            (None, None) => return Ok(Self::default()),
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                Self::parse(&text).map_err(|error| CliError::usage(format!("{}: {error}", path.display())))
            }
            Err(error) if is_required || error.kind() != std::io::ErrorKind::NotFound => {
                Err(CliError::usage(format!("{}: {error}", path.display())))
            }
            Err(_) => Ok(Self::default()),
        }
    }

    /// The configuration in a file's text.
    pub fn parse(text: &str) -> std::result::Result<Self, serde_yaml_ng::Error> {
        match text.trim().is_empty() {
            true => Ok(Self::default()),
            false => serde_yaml_ng::from_str(text),
        }
    }

    /// The endpoint: `given`, else the file's, else the one of this machine. Short names as in the Solana CLI.
    pub fn url(&self, given: Option<&str>) -> String {
        let named = given.filter(|url| !url.is_empty()).or(self.json_rpc_url.as_deref());
        match named.unwrap_or(LOCAL_URL) {
            "m" | "mainnet-beta" | "mainnet" => "https://api.mainnet-beta.solana.com".into(),
            "d" | "devnet" => "https://api.devnet.solana.com".into(),
            "t" | "testnet" => "https://api.testnet.solana.com".into(),
            "l" | "localhost" | "localnet" => LOCAL_URL.into(),
            url => url.to_owned(),
        }
    }

    /// How sure reads and landed transactions must be: confirmed unless said otherwise.
    pub fn commitment(&self, given: Option<&str>) -> Result<CommitmentConfig> {
        let Some(name) = given.or(self.commitment.as_deref()) else {
            return Ok(CommitmentConfig::confirmed());
        };
        let level: CommitmentLevel = name.parse().map_err(|_| {
            CliError::usage(format!("{name:?} is no commitment: processed, confirmed or finalized"))
        })?;
        Ok(CommitmentConfig { commitment: level })
    }

    /// The file of the key that signs.
    pub fn keypair_path(&self, given: Option<&str>) -> Option<PathBuf> {
        let named = given.or(self.keypair_path.as_deref()).filter(|path| !path.is_empty());
        let usual = || dirs::home_dir().map(|home| home.join(".config/solana/id.json"));
        named.map(expanded).or_else(usual)
    }
}

fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), dirs::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

/// The key in a file that `solana-keygen` wrote.
pub fn read_key(path: Option<&Path>) -> Result<Keypair> {
    let path = path.ok_or_else(|| CliError::usage("no keypair: give --keypair FILE"))?;
    let shown = path.display();
    if path.to_str().is_some_and(|text| text.starts_with("usb://") || text.starts_with("prompt:")) {
        return Err(CliError::usage(format!("{shown}: keys are read from files only")));
    }
    read_keypair_file(path).map_err(|error| CliError::usage(format!("keypair {shown}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "---
json_rpc_url: https://api.devnet.solana.com
websocket_url: ''
keypair_path: /home/me/.config/solana/id.json
address_labels:
  '11111111111111111111111111111111': System Program
commitment: finalized
";

    #[test]
    fn the_solana_configuration_is_read_and_overridden() {
        let config = SolanaConfig::parse(FILE).unwrap();
        assert_eq!(config.url(None), "https://api.devnet.solana.com");
        assert_eq!(config.url(Some("m")), "https://api.mainnet-beta.solana.com");
        assert_eq!(config.url(Some("http://10.0.0.1:8899")), "http://10.0.0.1:8899");
        assert_eq!(config.keypair_path(None), Some("/home/me/.config/solana/id.json".into()));
        assert_eq!(config.keypair_path(Some("k.json")), Some("k.json".into()));
        assert!(config.commitment(None).unwrap().is_finalized());
        assert!(config.commitment(Some("processed")).unwrap().is_processed());
        assert!(config.commitment(Some("sure")).unwrap_err().to_string().contains("\"sure\""));
    }

    #[test]
    fn without_a_configuration_this_machine_is_meant() {
        let config = SolanaConfig::parse("").unwrap();
        assert_eq!(config.url(None), LOCAL_URL);
        assert!(config.commitment(None).unwrap().is_confirmed());
        assert!(SolanaConfig::load(Some(Path::new("/no/such/file"))).is_err());
        assert!(read_key(Some(Path::new("usb://ledger"))).unwrap_err().to_string().contains("files only"));
    }
}
