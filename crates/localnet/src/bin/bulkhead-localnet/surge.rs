//! The surge of `--surge N`: opens, crashes, and counts down.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use bulkhead_localnet::{Localnet, Surge};
use tokio::sync::Notify;

use crate::control::usd;

const COUNT_EVERY: Duration = Duration::from_millis(500);

/// When the crash comes: at the notice, or by itself after a while.
pub(crate) struct Trigger {
    pub(crate) after: Option<Duration>,
    pub(crate) notice: Arc<Notify>,
}

/// Runs to the end of the surge: until no position of it is open.
pub(crate) async fn run(net: Arc<Localnet>, symbol: String, count: u32, trigger: Trigger) -> Result<()> {
    println!("surge: opening {count} positions in {symbol}");
    let begun = Instant::now();
    let surge = net.prepare_surge(&symbol, count).await?;
    let took_secs = begun.elapsed().as_secs();
    println!("surge: {count} positions are open after {took_secs} s");
    let price = usd(surge.crash_price_e8);
    match trigger.after {
        Some(after) => {
            println!("surge: {symbol} falls to {price} in {} s, or at the command crash", after.as_secs());
            tokio::select! {
                () = tokio::time::sleep(after) => {}
                () = trigger.notice.notified() => {}
            }
        }
        None => {
            println!("surge: {symbol} falls to {price} at the command crash");
            trigger.notice.notified().await;
        }
    }
    let before = usd(net.price(&symbol)?.price_e8);
    net.crash(&surge)?;
    println!("surge: {symbol} fell from {before} to {price}; {count} positions can be liquidated");
    count_down(&net, &surge).await
}

async fn count_down(net: &Localnet, surge: &Surge) -> Result<()> {
    let begun = Instant::now();
    let mut left = surge.positions.len();
    while left > 0 {
        tokio::time::sleep(COUNT_EVERY).await;
        let now = net.still_open(surge).await?;
        if now != left {
            left = now;
            println!("surge: {left} still open after {} ms", begun.elapsed().as_millis());
        }
    }
    Ok(())
}
