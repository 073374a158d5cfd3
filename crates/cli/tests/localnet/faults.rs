//! Networks that fail: a command ends well or says clearly what it does not know, and never acts twice.

use std::time::{Duration, Instant};

use bulkhead::state::{Order, Position, Trader};
use bulkhead_client::pda;
use bulkhead_localnet::Localnet;
use solana_signer::Signer;

use crate::relay::{Fate, Relay};
use crate::shell::{Said, Shell, deserted};

const OPEN: [&str; 6] = ["position", "open", "SOL", "long", "10", "500"];

/// How many positions the user has ever placed an order for, and how many orders wait.
async fn placed(net: &Localnet) -> (u32, usize) {
    let market = net.market("SOL").unwrap().keys.market;
    let trader = pda::trader(&market, &net.wallets.user.pubkey());
    let trader: Option<Trader> = net.link.account(&trader).await.unwrap();
    let orders = net.link.all::<Order>().await.unwrap();
    assert_eq!(net.link.all::<Position>().await.unwrap().len(), orders.len());
    (trader.map_or(0, |trader| trader.next_position_id), orders.len())
}

/// Opens through a relay.
async fn open(net: &Localnet, script: impl Fn(&str, usize) -> Fate + Send + Sync + 'static) -> (Said, Relay) {
    let relay = Relay::before(&net.rpc_url, script);
    let said = Shell::new(&relay.url, &net.wallets.user).run(&OPEN);
    (said, relay)
}

#[tokio::test(flavor = "multi_thread")]
async fn open_ok_past_limits_errors_and_lost_connections() {
    let net = deserted().await;
    // Every method fails twice before it works: too many requests, a broken gateway, no answer.
    let (said, relay) = open(&net, |_, nth| match nth {
        0 => Fate::Status(429),
        1 => Fate::Status(503),
        _ => Fate::Passed,
    })
    .await;
    assert_eq!(said.code, Some(0), "{}", said.errors);
    assert_eq!(placed(&net).await, (1, 1));
    assert!(relay.count("sendTransaction") >= 3);

    let (said, _relay) = open(&net, |_, nth| if nth < 2 { Fate::Lost } else { Fate::Passed }).await;
    assert_eq!(said.code, Some(0), "{}", said.errors);
    assert_eq!(placed(&net).await, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn open_ok_once_where_the_answers_to_sending_are_lost() {
    let net = deserted().await;
    let (said, relay) = open(&net, |method, _| match method {
        "sendTransaction" => Fate::AnswerLost,
        _ => Fate::Passed,
    })
    .await;
    assert_eq!(said.code, Some(0), "{}", said.errors);
    assert!(relay.count("sendTransaction") >= 1);
    assert_eq!(placed(&net).await, (1, 1), "placed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_ok_once_before_a_slow_node() {
    let net = deserted().await;
    let (said, _relay) = open(&net, |_, _| Fate::Late(Duration::from_millis(1_500))).await;
    assert_eq!(said.code, Some(0), "{}", said.errors);
    assert_eq!(placed(&net).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn open_fails_clearly_where_the_node_only_limits() {
    let net = deserted().await;
    let begun = Instant::now();
    let (said, _relay) = open(&net, |_, _| Fate::Status(429)).await;
    assert_eq!(said.code, Some(3), "{}", said.errors);
    assert!(said.errors.contains("limits the rate of requests"), "{}", said.errors);
    assert!(begun.elapsed() < Duration::from_secs(90), "{:?}", begun.elapsed());
    assert_eq!(placed(&net).await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn open_fails_with_the_signature_where_the_node_goes_silent_after_sending() {
    let net = deserted().await;
    let (said, relay) = open(&net, |method, _| match method {
        "getSignatureStatuses" | "getEpochInfo" => Fate::Status(502),
        _ => Fate::Passed,
    })
    .await;
    assert_eq!(said.code, Some(3), "{}", said.errors);
    // It has landed, nobody knows, and the words say how to find out.
    assert!(said.errors.contains("has landed is not known"), "{}", said.errors);
    let (_, advice) = said.errors.split_once("`bulkhead decode transaction ").unwrap();
    let signature = advice.split('`').next().unwrap();
    assert!(Shell::of(&net).text(&["decode", "transaction", signature]).contains("succeeded"));
    assert_eq!(placed(&net).await, (1, 1));
    assert!(relay.count("getLatestBlockhash") == 1, "no second transaction was signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_ok_once_though_the_first_blockhash_was_stale() {
    let net = deserted().await;
    let stale = format!(
        r#"{{"context":{{"slot":1}},"value":{{"blockhash":"{}","lastValidBlockHeight":1}}}}"#,
        solana_pubkey::Pubkey::new_from_array([7; 32])
    );
    let (said, relay) = open(&net, move |method, nth| match (method, nth) {
        ("getLatestBlockhash", 0) => Fate::Result(stale.clone()),
        _ => Fate::Passed,
    })
    .await;
    assert_eq!(said.code, Some(0), "{}", said.errors);
    assert_eq!(relay.count("getLatestBlockhash"), 2);
    assert_eq!(placed(&net).await, (1, 1));
}
