//! Moving accounts of the version before to this one's layout.

use clap::Subcommand;

use super::Outcome;
use super::market::ending;
use crate::session::{MarketName, Session};

/// What to migrate.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A market; the key that signs pays the rent that the new layout adds
    Market {
        /// Index or address: what its account says cannot be read before
        market: MarketName,
    },
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::Market { market } => ending::migrate(session, &market).await,
        }
    }
}
