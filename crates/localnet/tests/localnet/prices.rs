//! Prices that hold, move, stop, and play a recording.

use std::io::Write;
use std::time::Duration;

use bulkhead::state::Market;
use bulkhead_localnet::{Localnet, Options, Prices, Recording, trade};
use bulkhead_risk::Sample;

use crate::{USD_E8, started};

/// 10^-8 to 10^-12.
const E8_TO_E12: u64 = 10_000;

async fn sample(net: &Localnet, symbol: &str) -> Sample {
    let market: Market = net.link.expect(&net.market(symbol).unwrap().keys.market).await.unwrap();
    trade::sample(&net.link, &market).await.unwrap()
}

#[tokio::test]
async fn held_prices_are_fresh_every_second_and_stop_when_paused() {
    let net = started().await;
    let first = sample(&net, "SOL").await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let second = sample(&net, "SOL").await;
    assert_eq!(first.price, second.price);
    assert!(second.publish_time.0 - first.publish_time.0 >= 2);
    assert!(net.now_secs().unwrap() - second.publish_time.0 <= 1);

    net.pause_prices().unwrap();
    let paused = sample(&net, "SOL").await;
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert_eq!(sample(&net, "SOL").await, paused);
    net.set_price("SOL", 77 * USD_E8).unwrap();
    assert_eq!(sample(&net, "SOL").await.price.get(), 77 * USD_E8 * E8_TO_E12);
    net.resume_prices().unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(sample(&net, "SOL").await.publish_time.0 > paused.publish_time.0 + 2);
}

#[tokio::test]
async fn walking_prices_move_and_go_on_from_a_price_that_is_set() {
    let options = Options { prices: Prices::Walk { seed: 1 }, ..Options::default() };
    let net = Localnet::start(options).await.unwrap();
    let first = sample(&net, "BTC").await.price;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_ne!(sample(&net, "BTC").await.price, first);
    net.set_price("BTC", 30_000 * USD_E8).unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let next_e8 = sample(&net, "BTC").await.price.get() / E8_TO_E12;
    assert!(next_e8 != 30_000 * USD_E8 && next_e8.abs_diff(30_000 * USD_E8) < 300 * USD_E8, "{next_e8}");
}

#[tokio::test]
async fn a_recording_plays_at_its_speed() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let rows = "ts,open,high,low,close,volume\n60,2000,2000,2000,2000,1\n120,2500,2500,2500,2500,1\n";
    file.write_all(rows.as_bytes()).unwrap();
    let recording = Recording { symbol: "ETH".into(), file: file.path().to_owned() };
    let net = Localnet::start(Options { recordings: vec![recording], speed: 20, ..Options::default() });
    let net = net.await.unwrap();
    assert_eq!(net.price("ETH").unwrap().price_e8, 2_000 * USD_E8);
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    assert_eq!(net.price("ETH").unwrap().price_e8, 2_500 * USD_E8);
    assert_eq!(net.price("SOL").unwrap().price_e8, 150 * USD_E8);
}

#[tokio::test]
async fn start_fails_on_a_recording_of_no_market() {
    let recording = Recording { symbol: "DOGE".into(), file: "x.csv".into() };
    let refused = Localnet::start(Options { recordings: vec![recording], ..Options::default() }).await;
    assert!(format!("{:#}", refused.err().unwrap()).contains("DOGE, which is no market"));
}
