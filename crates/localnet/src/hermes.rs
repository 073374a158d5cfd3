//! A Hermes of this chain's own: signs its prices as Pyth's routers do and hands them out over HTTP, so that
//! keepers bring them onto the chain. Pyth's programs are stood in for (`tests/stand-ins/pyth`).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulkhead_pyth::{FeedId, Generation};
use byteorder::BE;
use libsecp256k1::{Message as Digest, PublicKey, SecretKey};
use pyth_stand_in::{Config, GuardianSet};
use pythnet_sdk::accumulators::Accumulator;
use pythnet_sdk::accumulators::merkle::MerkleTree;
use pythnet_sdk::hashers::Hasher;
use pythnet_sdk::hashers::keccak256::Keccak256;
use pythnet_sdk::hashers::keccak256_160::Keccak160;
use pythnet_sdk::messages::{Message, PriceFeedMessage};
use pythnet_sdk::wire::v1::{
    AccumulatorUpdateData, MerklePriceUpdate, Proof, WormholeMerkleRoot, WormholeMessage, WormholePayload,
};
use pythnet_sdk::wire::{PrefixedVec, to_vec};
use serde_json::{Value, json};
use solana_account::Account;
use solana_pubkey::Pubkey;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// As many as Pyth has routers.
const ROUTERS: u8 = 5;
/// Both generations' quorums are within: three of five, and four.
const SIGNATURES: u8 = 4;
const GUARDIAN_SET: u32 = 1;
/// Pythnet's number among Wormhole's chains.
const EMITTER_CHAIN: u16 = 26;
const EMITTER: [u8; 32] = [0xe1; 32];
/// Pyth has about so many feeds: paths are as long as real ones.
const FEEDS: usize = 1_024;
const UPDATE_FEE_LAMPORTS: u64 = 1;

/// What is signed and handed out, shared by who publishes and who serves.
#[derive(Clone, Default)]
pub(crate) struct Board(Arc<Mutex<Shown>>);

#[derive(Default)]
struct Shown {
    prices: BTreeMap<FeedId, PriceFeedMessage>,
    /// What a caller has to know, if anything.
    key: Option<String>,
    is_forging: bool,
    is_down: bool,
}

impl Board {
    pub(crate) fn put(&self, price: PriceFeedMessage) {
        self.with(|shown| {
            shown.prices.insert(price.feed_id, price);
        });
    }

    /// Signs by keys that nobody knows, as a Hermes that lies.
    pub(crate) fn forge(&self, is_forging: bool) {
        self.with(|shown| shown.is_forging = is_forging);
    }

    /// Answers 503 to everybody.
    pub(crate) fn take_down(&self, is_down: bool) {
        self.with(|shown| shown.is_down = is_down);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Shown) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Serves a board until it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    serving: AbortHandle,
}

impl Server {
    /// On a port of 127.0.0.1, zero for any free one. Whoever asks must know `key`, if there is one.
    pub(crate) async fn start(board: Board, port: u16, key: Option<String>) -> Result<Self> {
        board.with(|shown| shown.key = key);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = listener.await.with_context(|| format!("127.0.0.1:{port} cannot be used"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().route("/v2/updates/price/latest", get(latest)).with_state(board);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, serving: serving.abort_handle() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

type Answer = Result<axum::Json<Value>, (StatusCode, &'static str)>;

async fn latest(
    State(board): State<Board>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Answer {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let wanted = board.with(|shown| shown.key.clone()).map(|key| format!("Bearer {key}"));
    if wanted.is_some_and(|wanted| given != Some(&wanted)) {
        return Err((StatusCode::UNAUTHORIZED, "no such key"));
    }
    if board.with(|shown| shown.is_down) {
        return Err((StatusCode::SERVICE_UNAVAILABLE, "down"));
    }
    let asked = query.iter().filter(|(name, _)| name == "ids[]").map(|(_, id)| feed_id(id));
    let asked: Option<Vec<FeedId>> = asked.collect();
    let asked = asked.filter(|asked| !asked.is_empty()).ok_or((StatusCode::BAD_REQUEST, "ids[]"))?;
    let (prices, is_forging) = board.with(|shown| (shown.prices.clone(), shown.is_forging));
    let signed = sign(&prices, &asked, is_forging).ok_or((StatusCode::NOT_FOUND, "no such feed"))?;
    Ok(axum::Json(json!({ "binary": { "encoding": "base64", "data": [STANDARD.encode(signed)] } })))
}

fn feed_id(hex: &str) -> Option<FeedId> {
    let hex = hex.strip_prefix("0x").unwrap_or(hex);
    let mut id = [0; 32];
    if !hex.is_ascii() || hex.len() != 64 {
        return None;
    }
    for (place, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[place * 2..place * 2 + 2], 16).ok()?;
    }
    Some(id)
}

/// An update of the feeds asked for, in Pyth's format; none if none of them is known.
fn sign(prices: &BTreeMap<FeedId, PriceFeedMessage>, asked: &[FeedId], is_forging: bool) -> Option<Vec<u8>> {
    let bytes = |price: &PriceFeedMessage| to_vec::<_, BE>(&Message::PriceFeedMessage(*price)).ok();
    let mut leaves: Vec<Vec<u8>> = prices.values().filter_map(bytes).collect();
    let others = leaves.len()..FEEDS;
    leaves.extend(others.map(|other| other.to_le_bytes().to_vec()));
    let tree = MerkleTree::<Keccak160>::new(&leaves.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    let proved = asked.iter().filter_map(|feed| {
        let message = bytes(prices.get(feed)?)?;
        Some(MerklePriceUpdate { proof: tree.prove(&message)?, message: PrefixedVec::from(message) })
    });
    let updates: Vec<_> = proved.collect();
    let mut root = [0; 20];
    root.copy_from_slice(tree.root.as_bytes());
    let slot = prices.values().map(|price| price.publish_time).max()?.unsigned_abs();
    let signed = WormholePayload::Merkle(WormholeMerkleRoot { slot, ring_size: 0, root });
    let payload = to_vec::<_, BE>(&WormholeMessage::new(signed)).ok()?;
    let vaa = vaa(&payload, slot, is_forging)?;
    let proof = Proof::WormholeMerkle { vaa: PrefixedVec::from(vaa), updates };
    if asked.iter().all(|feed| !prices.contains_key(feed)) {
        return None;
    }
    to_vec::<_, BE>(&AccumulatorUpdateData::new(proof)).ok()
}

fn vaa(payload: &[u8], sequence: u64, is_forging: bool) -> Option<Vec<u8>> {
    let head = [0; 8];
    let chain = EMITTER_CHAIN.to_be_bytes();
    let body = [&head[..], &chain, &EMITTER, &sequence.to_be_bytes(), &[1], payload].concat();
    let digest = Digest::parse(&Keccak256::hashv(&[Keccak256::hashv(&[&body]).as_ref()]));
    let mut vaa = vec![1];
    vaa.extend(GUARDIAN_SET.to_be_bytes());
    vaa.push(SIGNATURES);
    for index in 0..SIGNATURES {
        let (signature, recovery) = libsecp256k1::sign(&digest, &router(index, is_forging)?);
        vaa.push(index);
        vaa.extend(signature.serialize());
        vaa.push(recovery.serialize());
    }
    vaa.extend(body);
    Some(vaa)
}

fn router(index: u8, is_forged: bool) -> Option<SecretKey> {
    SecretKey::parse(&[if is_forged { 0x77 } else { 0x11 } + index; 32]).ok()
}

fn router_address(index: u8) -> Option<[u8; 20]> {
    let public = PublicKey::from_secret_key(&router(index, false)?).serialize();
    let hash = Keccak256::hashv(&[&public[1..]]);
    hash[12..].try_into().ok()
}

/// Addresses at which the stand-in lies.
pub(crate) fn program_ids() -> impl Iterator<Item = Pubkey> {
    let ids = |generation: Generation| {
        let programs = generation.programs();
        [programs.receiver, programs.push, programs.wormhole]
    };
    Generation::ALL.into_iter().flat_map(ids)
}

/// Accounts that those programs have: settings, and who signs.
pub(crate) fn accounts(rent: impl Fn(usize) -> u64) -> Result<Vec<(Pubkey, Account)>> {
    let keys: Option<Vec<_>> = (0..ROUTERS).map(router_address).collect();
    let keys = keys.ok_or_else(|| anyhow!("the routers' keys"))?;
    let mut accounts = Vec::new();
    for generation in Generation::ALL {
        let programs = generation.programs();
        let config = Config {
            wormhole: programs.wormhole,
            sources: vec![(EMITTER_CHAIN, EMITTER)],
            fee_lamports: UPDATE_FEE_LAMPORTS,
        };
        let set = GuardianSet { index: GUARDIAN_SET, keys: keys.clone(), expires: 0 };
        for (address, owner, data) in [
            (programs.config(), programs.receiver, config.to_bytes()),
            (programs.guardian_set(GUARDIAN_SET), programs.wormhole, set.to_bytes()),
        ] {
            let lamports = rent(data.len());
            accounts
                .push((address, Account { lamports, data, owner, executable: false, rent_epoch: u64::MAX }));
        }
    }
    Ok(accounts)
}

#[cfg(test)]
mod tests {
    use bulkhead_pyth::{Update, UpdateError};

    use super::*;

    fn price(feed: u8, price: i64) -> PriceFeedMessage {
        PriceFeedMessage {
            feed_id: [feed; 32],
            price,
            conf: 5,
            exponent: -8,
            publish_time: 1_800_000_000,
            prev_publish_time: 1_799_999_999,
            ema_price: price,
            ema_conf: 6,
        }
    }

    #[test]
    fn parse_ok_what_is_signed_here_and_each_price_under_its_feed() {
        let prices = [1, 2, 3].map(|feed| ([feed; 32], price(feed, i64::from(feed) * 100)));
        let prices = BTreeMap::from(prices);
        let update = Update::parse(&sign(&prices, &[[2; 32], [3; 32]], false).unwrap()).unwrap();
        assert_eq!((update.guardian_set, update.signatures), (GUARDIAN_SET, SIGNATURES));
        assert_eq!(update.leaves.len(), 2);
        assert_eq!(update.leaf(&[3; 32]).unwrap().price, price(3, 300));
        assert!(update.leaf(&[1; 32]).is_none());
        assert!(sign(&prices, &[[9; 32]], false).is_none());
    }

    #[test]
    fn parse_fails_where_any_byte_that_matters_is_another() {
        let prices = BTreeMap::from([([2; 32], price(2, 100))]);
        let good = sign(&prices, &[[2; 32]], false).unwrap();
        let at = |place: usize| {
            let mut bytes = good.clone();
            bytes[place] ^= 1;
            Update::parse(&bytes)
        };
        assert_eq!(at(0), Err(UpdateError::Format));
        assert_eq!(at(4), Err(UpdateError::Format));
        let message = good.windows(32).position(|window| window == [2; 32]).unwrap();
        assert_eq!(at(message), Err(UpdateError::Proof));
        assert_eq!(at(good.len() - 1), Err(UpdateError::Proof));
        let payload = good.windows(4).position(|window| window == b"AUWV").unwrap();
        assert_eq!(at(payload), Err(UpdateError::Payload));
        for length in 0..good.len() {
            assert!(Update::parse(&good[..length]).is_err(), "{length} bytes");
        }
    }
}
