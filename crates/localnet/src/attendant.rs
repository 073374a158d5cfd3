//! What somebody must do for a market to be usable, while no keeper runs: takes a sample of every minute into
//! the markets, and fills orders. It does not liquidate.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use bulkhead::state::{Market, Order, Position};
use bulkhead_client::ix;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::link::Link;
use crate::setup::LiveMarket;
use crate::trade;

const ROUND_EVERY: Duration = Duration::from_millis(500);
/// The market takes one sample of each such stretch of publish time into its volatility.
const BUCKET_SECS: i64 = 60;
/// An order that was refused so often is left to its owner.
const TRIES_MAX: u32 = 3;
/// Orders filled in one transaction: as many as its bytes hold.
pub(crate) const FILLS_AT_ONCE: usize = 4;

/// Looks after `markets` until it is dropped.
pub(crate) async fn run(link: Arc<Link>, executor: Keypair, markets: Vec<LiveMarket>) {
    let mut attendant = Attendant { link, executor, markets, refusals: HashMap::new() };
    loop {
        if let Err(error) = attendant.round().await {
            eprintln!("localnet: the attendant missed a round: {error:#}");
        }
        tokio::time::sleep(ROUND_EVERY).await;
    }
}

struct Attendant {
    link: Arc<Link>,
    executor: Keypair,
    markets: Vec<LiveMarket>,
    /// How often an order was refused.
    refusals: HashMap<Pubkey, u32>,
}

impl Attendant {
    async fn round(&mut self) -> Result<()> {
        let orders = self.link.all::<Order>().await?;
        self.refusals.retain(|address, _| orders.iter().any(|(order, _)| order == address));
        let places: Vec<_> = orders.iter().map(|(_, order)| order.position).collect();
        let positions = self.link.accounts::<Position>(&places).await?;
        for live in self.markets.clone() {
            let market = self.link.expect::<Market>(&live.keys.market).await?;
            let sample = trade::sample(&self.link, &market).await?;
            if sample.publish_time.0 / BUCKET_SECS > market.observations.sampled_at / BUCKET_SECS {
                self.link.send(&[ix::update_market(&live.keys)], &[&self.executor]).await?;
            }
            let params = market.params.view();
            let is_here = |position: &Option<Position>| {
                position.as_ref().is_some_and(|position| position.market == live.keys.market)
            };
            let due: Vec<_> = orders
                .iter()
                .zip(&positions)
                .filter(|((_, order), position)| {
                    is_here(position) && trade::is_in_window(&params, order, &sample)
                })
                .map(|(order, _)| *order)
                .filter(|(address, _)| self.refusals.get(address).is_none_or(|tries| *tries < TRIES_MAX))
                .collect();
            for part in due.chunks(FILLS_AT_ONCE) {
                self.fill(&live, part).await;
            }
        }
        Ok(())
    }

    async fn fill(&mut self, live: &LiveMarket, orders: &[(Pubkey, Order)]) {
        if fill(&self.link, live, &self.executor, orders).await.is_ok() {
            return;
        }
        // One that is refused must not hold up the others.
        for order in orders {
            if fill(&self.link, live, &self.executor, std::slice::from_ref(order)).await.is_err() {
                *self.refusals.entry(order.0).or_default() += 1;
            }
        }
    }
}

/// Fills orders of one market in one transaction.
pub(crate) async fn fill(
    link: &Link,
    live: &LiveMarket,
    executor: &Keypair,
    orders: &[(Pubkey, Order)],
) -> Result<()> {
    let key = executor.pubkey();
    let instructions: Vec<_> = orders
        .iter()
        .map(|(_, order)| trade::execution(&live.keys, &key, order.position, order.id, order))
        .collect();
    link.send(&instructions, &[executor]).await.map(drop)
}
