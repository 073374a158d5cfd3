//! What quotes look at, where the price account is too old for them: then the market's last accepted price,
//! and a word that says so. A settled market looks at no price any more.

use bulkhead::state::{MARKET_SETTLED, Position};
use bulkhead_client::Refusal;
use bulkhead_client::quote::Look;
use bulkhead_client::rpc::Snapshot;
use bulkhead_risk::health::{self, Health};
use bulkhead_risk::{self as risk, Purpose, Sample, UnixSeconds};

use crate::amount::{price, span};
use crate::error::{CliError, Result};

/// What quotes look at, and how old it is.
pub struct View {
    /// Market, price, moment.
    pub look: Look,
    /// The market as it shows at that price; as it stands for good where it is settled.
    pub market: risk::Market,
    /// Why the price is not the price account's; none if it is.
    pub note: Option<String>,
}

impl View {
    /// Of a market, for showing: at the price account's sample, or at the last price that the market took.
    pub fn of(snapshot: &Snapshot) -> Result<Self> {
        let look = snapshot.look()?;
        if snapshot.market.account.status == MARKET_SETTLED {
            return Self::settled(snapshot);
        }
        match look.observed(Purpose::Observe) {
            Ok(market) => Ok(Self { look, market, note: None }),
            Err(refusal) => Self::at_last_accepted(snapshot, &refusal),
        }
    }

    fn settled(snapshot: &Snapshot) -> Result<Self> {
        let market = snapshot.market.account.view()?;
        let taken_at = market.oracle.published_at;
        let sample = Sample { price: market.settlement_price, publish_time: taken_at, ..Sample::default() };
        let look = Look::new(&snapshot.market.account, sample, snapshot.clock.now)?;
        let note = format!("at the price at which the market is settled, {}", price(sample.price.get()));
        Ok(Self { look, market, note: Some(note) })
    }

    /// Health of a position at it.
    pub fn health(&self, position: &Position) -> Result<Health> {
        Ok(health::health(&self.market, &position.view()?, self.look.sample(), self.look.now())?)
    }

    fn at_last_accepted(snapshot: &Snapshot, refusal: &Refusal) -> Result<Self> {
        let market = snapshot.market.account.view()?;
        if market.oracle.published_at.is_zero() {
            return Err(CliError::refused("the market has not seen a price yet: run `update` first"));
        }
        let taken_at = market.oracle.published_at;
        let sample = Sample { price: market.oracle.index, publish_time: taken_at, ..Sample::default() };
        let look = Look::new(&snapshot.market.account, sample, taken_at)?;
        let market = look.observed(Purpose::Observe)?;
        let note = format!(
            "as of the last price that the market took, {} ago: the price account's is refused ({refusal})",
            age(snapshot, taken_at)
        );
        Ok(Self { look, market, note: Some(note) })
    }
}

/// How long ago something was, by the chain's clock.
pub fn age(snapshot: &Snapshot, then: UnixSeconds) -> String {
    span(snapshot.clock.now.since(then).unwrap_or(0))
}
