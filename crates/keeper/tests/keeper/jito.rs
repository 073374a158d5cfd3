//! Bundles, against a block engine that passes them on to the validator, or does worse. The validator runs a
//! bundle as a whole and keeps nothing of one that fails.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bulkhead_client::ix;
use bulkhead_client::rpc::{Budget, Node, SendError, Sender, TxPolicy, TxRequest};
use bulkhead_keeper::jito::tip_instruction;
use bulkhead_localnet::{Localnet, Surge};
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tokio::net::TcpListener;

use crate::harness::{POLL, Running, Setup, all_liquidated, sizes, started};

const COUNT: u32 = 10;
/// What tip accounts hold before: they must exist, as they do on mainnet.
const FUNDED: u64 = 1_000_000_000;
const AUTH: &str = "6f9619ff-8b86-d011-b42d-00c04fc964ff";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// Passes bundles on.
    Fair,
    /// Takes none.
    Refusing,
    /// Takes them and says that they failed.
    Failing,
    /// Takes them and does nothing.
    Swallowing,
}

/// A block engine of one region.
#[derive(Clone)]
struct Engine {
    mood: Mood,
    rpc_url: String,
    http: reqwest::Client,
    tips: Arc<Vec<Pubkey>>,
    /// Methods that were asked, each with whether it was with the right UUID.
    asked: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Engine {
    async fn start(net: &Localnet, mood: Mood) -> (Self, String) {
        let tips: Vec<Pubkey> = (0..8).map(|_| Keypair::new().pubkey()).collect();
        net.airdrop(&tips, FUNDED).unwrap();
        let (rpc_url, http) = (net.rpc_url.clone(), reqwest::Client::new());
        let engine = Self { mood, rpc_url, http, tips: Arc::new(tips), asked: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/api/v1/bundles", post(answer))
            .route("/api/v1/getInflightBundleStatuses", post(answer))
            .with_state(engine.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (engine, url)
    }

    async fn pass_on(&self, question: &Value) -> Value {
        self.http.post(&self.rpc_url).json(question).send().await.unwrap().json().await.unwrap()
    }

    async fn status(&self, id: &str) -> &'static str {
        if self.mood == Mood::Failing {
            return "Failed";
        }
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": "getBundleStatuses", "params": [[id]] });
        let known = self.pass_on(&question).await["result"]["value"][0].is_object();
        if known { "Landed" } else { "Pending" }
    }

    fn asked(&self, method: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| asked == method).count()
    }

    /// Lamports that were tipped.
    async fn earned(&self, net: &Localnet) -> u64 {
        let held = net.link.rpc.get_multiple_accounts(&self.tips).await.unwrap();
        held.into_iter().map(|account| account.unwrap().lamports - FUNDED).sum()
    }
}

async fn answer(
    State(engine): State<Engine>,
    headers: HeaderMap,
    Json(question): Json<Value>,
) -> Json<Value> {
    let method = question["method"].as_str().unwrap().to_owned();
    let is_known = headers.get("x-jito-auth").is_some_and(|value| value == AUTH);
    engine.asked.lock().unwrap().push((method.clone(), is_known));
    let result = |result: Value| Json(json!({ "jsonrpc": "2.0", "id": 1, "result": result }));
    match method.as_str() {
        "getTipAccounts" => result(engine.tips.iter().map(|key| Value::from(key.to_string())).collect()),
        "sendBundle" => match engine.mood {
            Mood::Fair => Json(engine.pass_on(&question).await),
            Mood::Refusing => {
                let error = json!({ "code": -32_097, "message": "globally rate limited" });
                Json(json!({ "jsonrpc": "2.0", "id": 1, "error": error }))
            }
            Mood::Failing | Mood::Swallowing => result("a0".repeat(32).into()),
        },
        "getInflightBundleStatuses" => {
            let id = question["params"][0][0].as_str().unwrap();
            let bundle = json!({ "bundle_id": id, "status": engine.status(id).await, "landed_slot": null });
            result(json!({ "context": { "slot": 1 }, "value": [bundle] }))
        }
        other => panic!("{other} is no method of a block engine"),
    }
}

/// A keeper that liquidates through a block engine in this mood, before a crash.
async fn prepared(mood: Mood, tip_share_ppm: u32) -> (Localnet, Surge, Engine, Running) {
    let net = started().await;
    let surge = net.prepare_surge("SOL", COUNT).await.unwrap();
    let (engine, url) = Engine::start(&net, mood).await;
    let mut setup = Setup::of(&net, &net.wallets.keeper);
    // No cap that matters, so that tips are neither the floor nor the cap.
    setup.more = format!(
        "jito.url = \"{url}\"\njito.auth = \"{AUTH}\"\njito.duties = [\"liquidate\"]\n\
         jito.tip_share_ppm = {tip_share_ppm}\njito.tip_lamports_max = 10_000_000_000\n\
         jito.wait_slots = 2\njito.status_ms = 200\nduties.liquidate.at_loss = false\n"
    );
    let keeper = Running::ready(setup).await;
    (net, surge, engine, keeper)
}

/// A crash that is liquidated through a block engine in this mood.
async fn crash(mood: Mood) -> (Localnet, Engine, Running) {
    let (net, surge, engine, keeper) = prepared(mood, 10_000).await;
    let before = sizes(&net, &surge).await;
    net.crash(&surge).unwrap();
    let took = all_liquidated(&net, &surge, &before, Duration::from_secs(60)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("{mood:?}: {COUNT} positions within {took:?}");
    assert_eq!(keeper.metric("bulkhead_keeper_transactions_failed_total", "").await, 0, "{}", keeper.log());
    assert!(engine.asked.lock().unwrap().iter().all(|(_, is_known)| *is_known));
    assert!(engine.asked("sendBundle") > 0);
    (net, engine, keeper)
}

async fn bundles(keeper: &Running) -> u64 {
    keeper.metric("bulkhead_keeper_bundles_total", "").await
}

async fn ends(keeper: &Running, end: &str) -> u64 {
    keeper.metric("bulkhead_keeper_bundles_total", &format!("end=\"{end}\"")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_ok_lands_and_pays_its_tip() {
    let (net, engine, keeper) = crash(Mood::Fair).await;
    let (landed, all) = (ends(&keeper, "landed").await, bundles(&keeper).await);
    assert_eq!((landed, all), (engine.asked("sendBundle") as u64, landed));
    let tips = keeper.metric("bulkhead_keeper_tip_lamports_total", "").await;
    assert_eq!(engine.earned(&net).await, tips);
    assert!(tips > 1_000 * landed, "{tips}");
    assert_eq!(engine.asked("getTipAccounts"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_bundle_ok_goes_to_the_node_without_a_tip() {
    let (net, engine, keeper) = crash(Mood::Refusing).await;
    assert!(ends(&keeper, "refused").await > 0);
    assert_eq!(ends(&keeper, "refused").await, bundles(&keeper).await);
    assert_eq!(engine.earned(&net).await, 0);
    assert_eq!(keeper.metric("bulkhead_keeper_tip_lamports_total", "").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_bundle_ok_goes_to_the_node_without_a_tip() {
    let (net, engine, keeper) = crash(Mood::Failing).await;
    assert!(ends(&keeper, "failed").await > 0, "{}", keeper.log());
    assert_eq!(keeper.metric("bulkhead_keeper_tip_lamports_total", "").await, engine.earned(&net).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swallowed_bundle_ok_goes_to_the_node_as_it_is() {
    let (net, engine, keeper) = crash(Mood::Swallowing).await;
    let late = ends(&keeper, "late").await;
    assert!(late > 0 && late == bundles(&keeper).await, "{}", keeper.log());
    let tips = keeper.metric("bulkhead_keeper_tip_lamports_total", "").await;
    assert!(tips > 1_000 * late);
    assert_eq!(engine.earned(&net).await, tips);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tip_that_takes_the_whole_reward_is_not_worth_sending() {
    let (net, surge, engine, keeper) = prepared(Mood::Fair, 1_000_000).await;
    let before = sizes(&net, &surge).await;
    net.crash(&surge).unwrap();
    let label = "duty=\"liquidate\"";
    let deadline = Instant::now() + Duration::from_secs(20);
    while keeper.metric("bulkhead_keeper_unprofitable_total", label).await < u64::from(COUNT) {
        assert!(Instant::now() < deadline, "{}", keeper.log());
        tokio::time::sleep(POLL).await;
    }
    assert_eq!(sizes(&net, &surge).await, before);
    assert_eq!(engine.asked("sendBundle"), 0);
}

/// A position that is not there cannot be liquidated: the tip behind it must not be paid, by either way.
#[tokio::test(flavor = "multi_thread")]
async fn a_tip_fails_with_the_action_before_it() {
    let net = started().await;
    let (engine, _) = Engine::start(&net, Mood::Fair).await;
    let keeper = &net.wallets.keeper;
    let keys = net.market("SOL").unwrap().keys;
    let node = Node::new(&net.rpc_url, CommitmentConfig::confirmed());
    let sender = Sender::new(node, TxPolicy::default());
    let missing = Keypair::new().pubkey();
    let tip = tip_instruction(&keeper.pubkey(), &engine.tips[0], 5_000);
    let liquidate = ix::liquidate(&keys, keeper.pubkey(), missing, missing);
    let request = TxRequest::new(keeper.pubkey(), vec![liquidate, tip.clone()]);
    let signed = sender.sign(&request, &Budget::WIDEST, &[keeper]).await.unwrap();
    let wire = STANDARD.encode(signed.wire());
    let bundle = json!({ "jsonrpc": "2.0", "id": 1, "method": "sendBundle", "params": [[wire], { "encoding": "base64" }] });
    let answer = engine.pass_on(&bundle).await;
    assert!(answer["error"].is_object(), "{answer}");
    let error = sender.send_signed(&signed).await.unwrap_err();
    assert!(matches!(&error, SendError::Refused(failure) if failure.instruction == Some(3)), "{error:?}");
    assert_eq!(engine.earned(&net).await, 0);
    // By itself it would have been paid.
    let request = TxRequest::new(keeper.pubkey(), vec![tip]);
    sender.send(&request, &[keeper]).await.unwrap();
    assert_eq!(engine.earned(&net).await, 5_000);
}
