//! Landing once: resending, expiry, fresh blockhashes, limits and prices.

use std::collections::HashSet;
use std::time::Duration;

use bulkhead_client::rpc::{Budget, NodeError, PriorityFee, SendError, Sender, TxPolicy, TxRequest};
use solana_keypair::Keypair;

use crate::chain::*;
use crate::stub::{Answer, Call, Stub};

fn signatures(calls: &[Call]) -> HashSet<solana_signature::Signature> {
    calls.iter().map(signature_of).collect()
}

#[tokio::test]
async fn send_ok_repeats_one_signature_until_it_lands() {
    let stub = Stub::start(|call| match (call.method.as_str(), call.nth) {
        ("getSignatureStatuses", 0..3) => no_status(SLOT),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let landed = sender(&stub).send(&request, &[&payer]).await.unwrap();
    let sent = stub.calls("sendTransaction");
    assert_eq!(signatures(&sent), HashSet::from([landed.signature]));
    assert!(sent.len() > 1 && sent.len() == landed.sends as usize, "{} sends", sent.len());
    assert_eq!((landed.slot, landed.blockhashes), (4_999, 1));
}

#[tokio::test]
async fn send_ok_takes_a_fresh_blockhash_once_the_first_has_expired() {
    let stub = Stub::start(|call| match (call.method.as_str(), call.nth) {
        // Twice without a status: before, and after the blockhash is seen to be over.
        ("getSignatureStatuses", 0..2) => no_status(SLOT),
        ("getEpochInfo", 0) => epoch(LAST_VALID_HEIGHT + 1, SLOT),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let landed = sender(&stub).send(&request, &[&payer]).await.unwrap();
    assert_eq!((landed.blockhashes, landed.sends), (2, 2));
    assert_eq!(signatures(&stub.calls("sendTransaction")).len(), 2);
    assert_eq!(stub.calls("getLatestBlockhash").len(), 2);
}

#[tokio::test]
async fn send_ok_trusts_no_node_that_lags_behind_the_expiry() {
    // The height comes from a node at slot 5000, statuses from one at 4990, where the transaction is not yet.
    let stub = Stub::start(|call| match (call.method.as_str(), call.nth) {
        ("getSignatureStatuses", 0..6) => no_status(SLOT - 10),
        ("getEpochInfo", _) => epoch(LAST_VALID_HEIGHT + 1, SLOT),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let landed = sender(&stub).send(&request, &[&payer]).await.unwrap();
    assert_eq!(landed.blockhashes, 1);
    assert_eq!(signatures(&stub.calls("sendTransaction")), HashSet::from([landed.signature]));
}

fn with_blockhashes_held(stub: &Stub) -> Sender {
    let policy = TxPolicy { blockhash_age_max: Duration::from_secs(60), ..*sender(stub).policy() };
    sender(stub).with_policy(policy)
}

/// The same request with other instruction data.
fn request_number(number: u8) -> (Keypair, TxRequest) {
    let (payer, mut request) = request();
    request.instructions[0].data = vec![number];
    (payer, request)
}

#[tokio::test]
async fn send_ok_many_at_once_share_a_blockhash() {
    let stub = Stub::start(healthy).await;
    let sender = with_blockhashes_held(&stub);
    let send = async |number: u8| {
        let (payer, request) = request_number(number);
        sender.clone().send(&request, &[&payer]).await.unwrap()
    };
    let (one, two, three) = tokio::join!(send(1), send(2), send(3));
    let four = send(4).await;
    assert_eq!(HashSet::from([one, two, three, four].map(|landed| landed.signature)).len(), 4);
    assert_eq!(stub.calls("getLatestBlockhash").len(), 1);
}

#[tokio::test]
async fn send_ok_twice_the_same_request_is_two_transactions() {
    let stub = Stub::start(healthy).await;
    let sender = with_blockhashes_held(&stub);
    let (payer, request) = request();
    let first = sender.send(&request, &[&payer]).await.unwrap();
    let second = sender.send(&request, &[&payer]).await.unwrap();
    assert_ne!(first.signature, second.signature);
    assert_eq!(stub.calls("getLatestBlockhash").len(), 2);
}

#[tokio::test]
async fn send_ok_after_a_failure_takes_another_blockhash() {
    let stub = Stub::start(|call| match (call.method.as_str(), call.nth) {
        ("sendTransaction", 0) => Answer::Error(-32602, "invalid transaction", ""),
        _ => healthy(call),
    })
    .await;
    let sender = with_blockhashes_held(&stub);
    let (payer, request) = request_number(1);
    sender.send(&request, &[&payer]).await.unwrap_err();
    let (payer, request) = request_number(2);
    sender.send(&request, &[&payer]).await.unwrap();
    assert_eq!(stub.calls("getLatestBlockhash").len(), 2);
}

#[tokio::test]
async fn send_fails_when_every_blockhash_has_expired() {
    let stub = Stub::start(|call| match call.method.as_str() {
        "getSignatureStatuses" => no_status(SLOT),
        "getEpochInfo" => epoch(LAST_VALID_HEIGHT + 1, SLOT),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let error = sender(&stub).send(&request, &[&payer]).await.unwrap_err();
    let SendError::Expired { blockhashes: 3, signatures } = &error else { panic!("{error:?}") };
    assert_eq!(signatures.iter().collect::<HashSet<_>>().len(), 3);
    assert!(error.is_transient());
}

#[tokio::test]
async fn send_fails_as_unknown_when_the_node_goes_silent() {
    let stub = Stub::start(|call| match call.method.as_str() {
        "getSignatureStatuses" | "getEpochInfo" => Answer::Status(503),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let error = sender(&stub).send(&request, &[&payer]).await.unwrap_err();
    let SendError::Unknown { signatures, source: NodeError::Unreachable(_) } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(signatures.as_slice(), [signature_of(&stub.calls("sendTransaction")[0])]);
    assert!(!error.is_transient(), "it may have landed");
    assert!(error.to_string().contains(&signatures[0].to_string()));
}

#[tokio::test]
async fn send_ok_survives_a_node_that_falters_for_a_while() {
    let stub = Stub::start(|call| match (call.method.as_str(), call.nth) {
        ("sendTransaction", 0) => Answer::Status(503),
        ("getSignatureStatuses", 0) => Answer::Status(502),
        ("getSignatureStatuses", 1) => Answer::Error(-32603, "Internal error", ""),
        ("getSignatureStatuses", 2) => Answer::Result("\"nonsense\"".into()),
        ("getSignatureStatuses", 3) => no_status(SLOT),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let landed = sender(&stub).send(&request, &[&payer]).await.unwrap();
    assert!(landed.sends >= 2);
    assert_eq!(signatures(&stub.calls("sendTransaction")).len(), 1);
}

#[tokio::test]
async fn send_fails_at_once_when_the_node_rejects_the_transaction() {
    let stub = Stub::start(|call| match call.method.as_str() {
        "sendTransaction" => Answer::Error(-32602, "invalid transaction", ""),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let error = sender(&stub).send(&request, &[&payer]).await.unwrap_err();
    assert!(matches!(error, SendError::Node(NodeError::Rejected { code: -32602, .. })), "{error:?}");
    assert_eq!(stub.calls("sendTransaction").len(), 1);
}

/// Whether the transaction holds an instruction whose data are `data`.
fn holds(call: &Call, data: &[u8]) -> bool {
    let mut prefixed = vec![data.len() as u8];
    prefixed.extend(data);
    sent_bytes(call).windows(prefixed.len()).any(|window| window == prefixed)
}

fn budget_data(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind], value].concat()
}

#[tokio::test]
async fn send_ok_sets_limits_from_the_simulation_and_a_price_under_the_cap() {
    let fees: Vec<String> = [900, 100, 500, 300]
        .iter()
        .map(|fee| format!(r#"{{"slot":1,"prioritizationFee":{fee}000}}"#))
        .collect();
    let fees = format!("[{}]", fees.join(","));
    let stub = Stub::start(move |call| match call.method.as_str() {
        "getRecentPrioritizationFees" => Answer::Result(fees.clone()),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let by_percentile = |lamports_max| TxPolicy {
        priority_fee: PriorityFee::Percentile { percentile: 75, micro_lamports_per_unit_min: 7 },
        priority_fee_lamports_max: lamports_max,
        ..*sender(&stub).policy()
    };
    let open = sender(&stub).with_policy(by_percentile(1_000_000));
    let budget = open.send(&request, &[&payer]).await.unwrap().budget;
    // 100,000 used, a tenth more, 5,000 on top; 40,000 bytes are two pages, and one more.
    let expected =
        Budget { compute_units: 115_000, micro_lamports_per_unit: 500_000, loaded_bytes: Some(98_304) };
    assert_eq!(budget, expected);
    let sent = &stub.calls("sendTransaction")[0];
    assert!(holds(sent, &budget_data(2, &115_000_u32.to_le_bytes())));
    assert!(holds(sent, &budget_data(3, &500_000_u64.to_le_bytes())));
    assert!(holds(sent, &budget_data(4, &98_304_u32.to_le_bytes())));
    let asked = &stub.calls("getRecentPrioritizationFees")[0].body;
    assert!(request.writable_accounts().iter().all(|key| asked.contains(&key.to_string())));

    let capped = sender(&stub).with_policy(by_percentile(1_000));
    let budget = capped.send(&request, &[&payer]).await.unwrap().budget;
    assert_eq!(budget.priority_fee_lamports(), 1_000);
}

#[tokio::test]
async fn send_fails_before_the_network_when_the_transaction_is_too_long() {
    let stub = Stub::start(healthy).await;
    let (payer, mut request) = request();
    request.instructions[0].data = vec![0; 1_100];
    let error = sender(&stub).send(&request, &[&payer]).await.unwrap_err();
    assert!(matches!(&error, SendError::Build(why) if why.contains("1232 at most")), "{error}");
    assert!(stub.calls("simulateTransaction").is_empty());
}
