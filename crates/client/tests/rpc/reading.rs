//! Reading: accounts of every kind, many at once, filters, and patience with a node that limits requests.

use anchor_lang::Discriminator;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulkhead::constants::ACCOUNT_VERSION;
use bulkhead::state::{Position, Protocol};
use bulkhead_client::accounts::AccountError;
use bulkhead_client::pda;
use bulkhead_client::rpc::{NodeError, PositionFilter};
use bytemuck::Zeroable;
use solana_pubkey::Pubkey;

use crate::chain::*;
use crate::stub::{Answer, Stub};

fn bytes_of<T: bytemuck::Pod + Discriminator>(account: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytemuck::bytes_of(account)].concat()
}

fn as_json(data: &[u8], owner: Pubkey) -> String {
    let data = STANDARD.encode(data);
    format!(
        r#"{{"lamports":1,"data":["{data}","base64"],"owner":"{owner}","executable":false,"rentEpoch":0}}"#
    )
}

fn protocol_json(owner: Pubkey) -> String {
    let protocol = Protocol { version: ACCOUNT_VERSION, market_count: 3, ..Zeroable::zeroed() };
    as_json(&bytes_of(&protocol), owner)
}

#[tokio::test]
async fn protocol_ok_and_fails_by_name_when_it_is_absent_or_foreign() {
    let stub = Stub::start(|call| match call.nth {
        0 => at_slot(SLOT, &format!("[{}]", protocol_json(bulkhead_client::ID))),
        1 => at_slot(SLOT, "[null]"),
        _ => at_slot(SLOT, &format!("[{}]", protocol_json(Pubkey::default()))),
    })
    .await;
    let node = node(&stub);
    assert_eq!(node.protocol().await.unwrap().market_count, 3);
    let absent = node.protocol().await.unwrap_err();
    assert_eq!(absent.to_string(), format!("no Protocol at {}", pda::protocol()));
    let foreign = node.protocol().await.unwrap_err();
    assert!(matches!(foreign, NodeError::Account { error: AccountError::WrongOwner(_), .. }), "{foreign:?}");
}

#[tokio::test]
async fn raw_accounts_ok_in_chunks_and_in_order() {
    // Every account's owner is its own address, so that order shows.
    let stub = Stub::start(|call| {
        let keys = call.body.split('"').filter(|part| part.parse::<Pubkey>().is_ok());
        let accounts: Vec<String> = keys.map(|key| as_json(&[1], key.parse().unwrap())).collect();
        at_slot(SLOT, &format!("[{}]", accounts.join(",")))
    })
    .await;
    let keys: Vec<Pubkey> = (0..250).map(|_| Pubkey::new_unique()).collect();
    let accounts = node(&stub).raw_accounts(&keys).await.unwrap();
    let owners: Vec<Pubkey> = accounts.iter().map(|account| account.as_ref().unwrap().owner).collect();
    assert_eq!(owners, keys);
    assert_eq!(stub.calls("getMultipleAccounts").len(), 3);
}

#[tokio::test]
async fn positions_ok_by_kind_length_market_and_owner() {
    let (market, owner) = (Pubkey::new_from_array([3; 32]), Pubkey::new_from_array([4; 32]));
    let position = Position { version: ACCOUNT_VERSION, market, owner, id: 5, ..Zeroable::zeroed() };
    let account = as_json(&bytes_of(&position), bulkhead_client::ID);
    let answer = format!(r#"[{{"pubkey":"{}","account":{account}}}]"#, Pubkey::new_from_array([8; 32]));
    let stub = Stub::start(move |_| Answer::Result(answer.clone())).await;
    let filter = PositionFilter { owner: Some(owner), market: Some(market) };
    let found = node(&stub).positions(&filter).await.unwrap();
    assert_eq!((found.len(), found[0].account.id), (1, 5));
    let body = &stub.calls("getProgramAccounts")[0].body;
    for expected in [
        r#"{"dataSize":416}"#.to_owned(),
        r#""encoding":"base58","offset":0}"#.to_owned(),
        format!(r#"{{"memcmp":{{"bytes":"{market}","encoding":"base58","offset":24}}}}"#),
        format!(r#"{{"memcmp":{{"bytes":"{owner}","encoding":"base58","offset":56}}}}"#),
    ] {
        assert!(body.contains(&expected), "{expected} in {body}");
    }
    assert_eq!(bytemuck::bytes_of(&position)[16..48], market.to_bytes(), "where the filter looks");
}

#[tokio::test]
async fn ask_ok_after_the_node_has_limited_requests() {
    // The transport waits for 429s by itself, five times; what is left is asked again here.
    let stub = Stub::start(|call| match call.nth {
        0..8 => Answer::Status(429),
        8..10 => Answer::Error(-32429, "Too many requests", ""),
        _ => at_slot(SLOT, &format!("[{}]", protocol_json(bulkhead_client::ID))),
    })
    .await;
    assert_eq!(node(&stub).protocol().await.unwrap().market_count, 3);
    assert_eq!(stub.calls("getMultipleAccounts").len(), 11);
}

#[tokio::test]
async fn ask_fails_by_name_when_the_node_keeps_limiting_requests() {
    let stub = Stub::start(|_| Answer::Error(-32429, "Too many requests", "")).await;
    let error = node(&stub).protocol().await.unwrap_err();
    assert!(matches!(error, NodeError::RateLimited), "{error:?}");
    assert_eq!(stub.calls("getMultipleAccounts").len(), 1 + impatient().retries_max);
}

#[tokio::test]
async fn ask_fails_at_once_with_what_will_not_change() {
    let stub = Stub::start(|_| Answer::Error(-32602, "Invalid param", "")).await;
    let error = node(&stub).protocol().await.unwrap_err();
    assert!(matches!(error, NodeError::Rejected { code: -32602, .. }), "{error:?}");
    assert_eq!(stub.calls("getMultipleAccounts").len(), 1);
}

#[tokio::test]
async fn ask_fails_by_name_when_nobody_listens() {
    let node = bulkhead_client::rpc::Node::new(
        "http://127.0.0.1:1/?api-key=secret",
        solana_commitment_config::CommitmentConfig::confirmed(),
    )
    .with_retry(impatient());
    let error = node.protocol().await.unwrap_err();
    assert!(matches!(error, NodeError::Unreachable(_)), "{error:?}");
    assert!(!error.to_string().contains("secret"), "{error}");
}
