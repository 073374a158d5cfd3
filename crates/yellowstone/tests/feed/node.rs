//! A node's JSON-RPC and websocket over the chain, as far as the keeper's feed asks.

use std::net::SocketAddr;

use anchor_lang::prelude::Pubkey;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use crate::chain::{Chain, Change, Held};

fn account(held: &Held) -> Value {
    json!({
        "lamports": held.lamports, "owner": held.owner.to_string(), "executable": false, "rentEpoch": 0,
        "space": held.data.len(), "data": [STANDARD.encode(&held.data), "base64"],
    })
}

/// Whether the bytes pass a filter of `getProgramAccounts`.
fn passes(held: &Held, filter: &Value) -> bool {
    if let Some(length) = filter["dataSize"].as_u64() {
        return held.data.len() as u64 == length;
    }
    let (offset, text) = (&filter["memcmp"]["offset"], filter["memcmp"]["bytes"].as_str().unwrap());
    let bytes = match filter["memcmp"]["encoding"].as_str() {
        Some("base64") => STANDARD.decode(text).unwrap(),
        _ => bs58::decode(text).into_vec().unwrap(),
    };
    held.data[offset.as_u64().unwrap() as usize..].starts_with(&bytes)
}

fn answer(chain: &Chain, method: &str, params: &Value) -> Value {
    let context = json!({ "slot": chain.slot(), "apiVersion": "4.2.2" });
    match method {
        "getSlot" => chain.slot().into(),
        "getMultipleAccounts" => {
            let keys = params[0].as_array().unwrap().iter();
            let keys = keys.map(|key| key.as_str().unwrap().parse::<Pubkey>().unwrap());
            let found: Vec<_> = keys.map(|key| chain.get(&key).as_ref().map(account)).collect();
            json!({ "context": context, "value": found })
        }
        "getProgramAccounts" => {
            let owner: Pubkey = params[0].as_str().unwrap().parse().unwrap();
            let none = Vec::new();
            let filters = params[1]["filters"].as_array().unwrap_or(&none);
            let found = chain.owned_by(&owner).into_iter();
            let found = found.filter(|(_, held)| filters.iter().all(|filter| passes(held, filter)));
            found.map(|(key, held)| json!({ "pubkey": key.to_string(), "account": account(&held) })).collect()
        }
        other => panic!("nobody asks for {other}"),
    }
}

async fn rpc(State(chain): State<Chain>, Json(question): Json<Value>) -> Json<Value> {
    let result = answer(&chain, question["method"].as_str().unwrap(), &question["params"]);
    Json(json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }))
}

/// Serves JSON-RPC; its address.
pub(crate) async fn serve_rpc(chain: Chain) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", post(rpc)).with_state(chain);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// What one subscription is for.
enum Wish {
    Program(Pubkey),
    Account(Pubkey),
    Slots,
}

fn notification(wish: &Wish, id: usize, change: &Change) -> Option<Value> {
    let (method, result) = match (wish, change) {
        // A closed account has another owner: the websocket does not tell of it.
        (Wish::Program(owner), Change::Account { key, held, slot }) if held.owner == *owner => {
            let value = json!({ "pubkey": key.to_string(), "account": account(held) });
            ("programNotification", json!({ "context": { "slot": slot }, "value": value }))
        }
        (Wish::Account(wanted), Change::Account { key, held, slot }) if key == wanted => {
            ("accountNotification", json!({ "context": { "slot": slot }, "value": account(held) }))
        }
        (Wish::Slots, Change::Slot(slot)) => {
            ("slotNotification", json!({ "slot": slot, "parent": slot - 1, "root": slot - 1 }))
        }
        _ => return None,
    };
    Some(json!({ "jsonrpc": "2.0", "method": method, "params": { "result": result, "subscription": id } }))
}

async fn converse(chain: Chain, stream: TcpStream) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let (_, mut changes) = chain.listen(None);
    let mut wishes = Vec::new();
    loop {
        let answers: Vec<Value> = tokio::select! {
            message = socket.next() => {
                let Some(Ok(message)) = message else { return };
                let Message::Text(text) = message else { continue };
                let question: Value = serde_json::from_str(&text).unwrap();
                let key = question["params"][0].as_str().and_then(|key| key.parse().ok());
                match question["method"].as_str().unwrap() {
                    "programSubscribe" => wishes.push(Wish::Program(key.unwrap())),
                    "accountSubscribe" => wishes.push(Wish::Account(key.unwrap())),
                    "slotSubscribe" => wishes.push(Wish::Slots),
                    _ => return,
                }
                vec![json!({ "jsonrpc": "2.0", "id": question["id"], "result": wishes.len() - 1 })]
            }
            change = changes.recv() => {
                let Ok(change) = change else { return };
                wishes.iter().enumerate().filter_map(|(id, wish)| notification(wish, id, &change)).collect()
            }
        };
        for answer in answers {
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }
}

/// Serves the websocket; its address.
pub(crate) async fn serve_websocket(chain: Chain) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(chain.clone(), stream));
        }
    });
    address
}
