//! A small world on the chain, and keepers' feeds that follow it into a state each.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anchor_lang::Discriminator;
use anchor_lang::prelude::Pubkey;
use bulkhead::constants::{ACCOUNT_VERSION, MARKET_VERSION};
use bulkhead::oracle::{PRICE_UPDATE_DISCRIMINATOR, PRICE_UPDATE_LEN};
use bulkhead::state::{Market, Order, Position, Protocol, TopUpPlan, Withdrawal};
use bulkhead_client::accounts::{self, Account, AnyAccount};
use bulkhead_client::pda;
use bulkhead_client::rpc::Node;
use bulkhead_keeper::config::{self, Yellowstone};
use bulkhead_keeper::engine::Event;
use bulkhead_keeper::feed::Feed;
use bulkhead_keeper::state::{State, Update};
use solana_commitment_config::CommitmentConfig;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::chain::{Chain, SYSTEM};
use crate::geyser::Plugin;
use crate::node::{serve_rpc, serve_websocket};

const RECEIVER: Pubkey = key(200);
const PRICE: Pubkey = key(201);
const WITHDRAWAL: Pubkey = key(50);
const STRANGER: Pubkey = key(60);
/// Position of all orders.
const ORDERED: u8 = 1;

const fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

/// An account whose every byte but the version is zero, changed by `change`, in its bytes.
fn bytes<T: Account + bytemuck::Pod + Discriminator>(version: u8, change: impl FnOnce(&mut T)) -> Vec<u8> {
    let mut bytes = vec![0; T::LEN];
    bytes[..8].copy_from_slice(<T as Discriminator>::DISCRIMINATOR);
    bytes[8] = version;
    let mut account: T = accounts::decode(&bytes).unwrap();
    change(&mut account);
    bytes[8..].copy_from_slice(bytemuck::bytes_of(&account));
    bytes
}

/// A protocol with one market, three positions, two orders of the first, a plan and a withdrawal.
pub(crate) struct World {
    pub(crate) chain: Chain,
    orders: Mutex<u8>,
}

impl World {
    pub(crate) fn new(chain: Chain) -> Self {
        let world = Self { chain, orders: Mutex::new(0) };
        let protocol = bytes::<Protocol>(ACCOUNT_VERSION, |protocol| protocol.market_count = 1);
        world.put(pda::protocol(), protocol);
        let market = bytes::<Market>(MARKET_VERSION, |market| {
            (market.oracle.program, market.oracle.account) = (RECEIVER, PRICE);
        });
        world.put(pda::market(0), market);
        for number in 1..=3 {
            world.put_position(number, 0);
        }
        (0..2).for_each(|number| world.place_order(number));
        let plan = bytes::<TopUpPlan>(ACCOUNT_VERSION, |plan| plan.position = key(ORDERED));
        world.put(key(40), plan);
        let withdrawal =
            bytes::<Withdrawal>(ACCOUNT_VERSION, |withdrawal| withdrawal.market = pda::market(0));
        world.put(WITHDRAWAL, withdrawal);
        world.chain.put(STRANGER, key(61), vec![1]);
        world.set_price(4_999);
        world
    }

    fn put(&self, key: Pubkey, data: Vec<u8>) {
        self.chain.put(key, bulkhead::ID, data);
    }

    fn put_position(&self, number: u8, collateral_atoms: u64) {
        let open_orders = if number == ORDERED { *self.orders.lock().unwrap() } else { 0 };
        let position = bytes::<Position>(ACCOUNT_VERSION, |position| {
            (position.market, position.open_orders) = (pda::market(0), open_orders);
            position.collateral_atoms = collateral_atoms;
        });
        self.put(key(number), position);
    }

    pub(crate) fn change_position(&self, round: u8) {
        self.put_position(1 + round % 3, u64::from(round) + 1);
    }

    pub(crate) fn place_order(&self, number: u8) {
        *self.orders.lock().unwrap() += 1;
        let order = bytes::<Order>(ACCOUNT_VERSION, |order| {
            (order.id, order.position) = (u32::from(number), key(ORDERED));
        });
        self.put(key(100 + number), order);
        self.put_position(ORDERED, 9);
    }

    /// Its account is closed, and its position says that it has one less.
    pub(crate) fn fill_order(&self, number: u8) {
        *self.orders.lock().unwrap() -= 1;
        self.chain.close(key(100 + number));
        self.put_position(ORDERED, 10);
    }

    pub(crate) fn close_withdrawal(&self) {
        self.chain.close(WITHDRAWAL);
    }

    /// Of another program.
    pub(crate) fn close_stranger(&self) {
        self.chain.close(STRANGER);
    }

    pub(crate) fn set_price(&self, cents: i64) {
        let mut data = vec![0; PRICE_UPDATE_LEN];
        data[..8].copy_from_slice(&PRICE_UPDATE_DISCRIMINATOR);
        data[40] = 1;
        data[73..81].copy_from_slice(&cents.to_le_bytes());
        data[81..89].copy_from_slice(&1_u64.to_le_bytes());
        data[89..93].copy_from_slice(&(-2_i32).to_le_bytes());
        data[93..101].copy_from_slice(&(1_700_000_000 + self.chain.slot() as i64).to_le_bytes());
        data[109..117].copy_from_slice(&cents.to_le_bytes());
        self.chain.put(PRICE, RECEIVER, data);
    }
}

/// What a keeper knows, side by side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    protocol: String,
    markets: Vec<String>,
    pub(crate) positions: Vec<(Pubkey, Position)>,
    pub(crate) orders: Vec<(Pubkey, Order)>,
    top_ups: Vec<String>,
    pub(crate) withdrawals: Vec<String>,
    slot: u64,
}

#[derive(Default)]
struct Held {
    state: State,
    is_up: bool,
    lost: usize,
    removals: usize,
}

/// A feed, and the state that it leads to.
pub(crate) struct Follower {
    held: Arc<Mutex<Held>>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Follower {
    pub(crate) async fn websocket(chain: &Chain) -> Self {
        let address = serve_websocket(chain.clone()).await;
        Self::of(chain, format!("ws://{address}"), &Yellowstone::default()).await
    }

    pub(crate) async fn stream(chain: &Chain, plugin: &Plugin, token: &str) -> Self {
        let endpoint = Some(format!("http://{}", plugin.address));
        let settings = Yellowstone { endpoint, x_token: Some(token.into()), closings: true };
        Self::of(chain, "ws://127.0.0.1:1".into(), &settings).await
    }

    async fn of(chain: &Chain, ws_url: String, yellowstone: &Yellowstone) -> Self {
        let node =
            Node::new(format!("http://{}", serve_rpc(chain.clone()).await), CommitmentConfig::processed());
        let (events, mut incoming) = mpsc::unbounded_channel();
        // What a poll finds would hide what a subscription does not tell.
        let settings = config::Feed { poll_ms: 3_600_000, reconnect_max_secs: 1, ..config::Feed::default() };
        let feed = Feed::new(node, ws_url, settings, events).with_geyser(yellowstone);
        let held = Arc::new(Mutex::new(Held::default()));
        let (into, chain) = (Arc::clone(&held), chain.clone());
        let taking = tokio::spawn(async move {
            while let Some(event) = incoming.recv().await {
                if let Event::Update(update) = event {
                    take(&mut into.lock().unwrap(), update, &chain);
                }
            }
        });
        Self { held, tasks: [tokio::spawn(feed.run()), taking] }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.held.lock().unwrap().is_up
    }

    /// How often everything was forgotten.
    pub(crate) fn lost(&self) -> usize {
        self.held.lock().unwrap().lost
    }

    /// Accounts that the feed said were closed.
    pub(crate) fn removals(&self) -> usize {
        self.held.lock().unwrap().removals
    }

    pub(crate) fn slot(&self) -> u64 {
        self.held.lock().unwrap().state.slot()
    }

    pub(crate) fn price_cents(&self) -> u64 {
        let held = self.held.lock().unwrap();
        let price = held.state.markets().next().unwrap().sample.unwrap().price;
        price.0 / 10_000_000_000
    }

    pub(crate) fn summary(&self) -> Summary {
        let held = self.held.lock().unwrap();
        let state = &held.state;
        let positions = state.slice(None, 1_000).into_iter();
        Summary {
            protocol: format!("{:?}", state.protocol()),
            markets: state
                .markets()
                .map(|market| format!("{:?} {:?} {:?}", market.keys, market.account, market.sample))
                .collect(),
            positions: positions.map(|key| (key, *state.position(&key).unwrap())).collect(),
            orders: state.orders().map(|order| (order.key, order.account)).collect(),
            top_ups: state.top_ups().map(|plan| format!("{plan:?}")).collect(),
            withdrawals: state.withdrawals().map(|withdrawal| format!("{withdrawal:?}")).collect(),
            slot: state.slot(),
        }
    }
}

/// As the engine does: what is doubtful is read from the node.
fn take(held: &mut Held, update: Update, chain: &Chain) {
    match &update {
        Update::Snapshot(_) => held.is_up = true,
        Update::Lost => (held.is_up, held.lost) = (false, held.lost + 1),
        Update::Account { account: None, .. } => held.removals += 1,
        _ => {}
    }
    let doubt = held.state.apply(update);
    for key in doubt.keys {
        let found = chain.get(&key).filter(|found| found.owner != SYSTEM);
        let account = found.and_then(|found| AnyAccount::decode(&found.data).ok());
        let _ = held.state.apply(Update::Account { key, slot: doubt.slot, account });
    }
}

pub(crate) async fn until(holds: impl Fn() -> bool, otherwise: &str) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !holds() {
        assert!(Instant::now() < deadline, "{otherwise}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Both know the same before long.
pub(crate) async fn agree(one: &Follower, other: &Follower) {
    let deadline = Instant::now() + Duration::from_secs(10);
    // Neither may only not have begun to hear.
    tokio::time::sleep(Duration::from_millis(200)).await;
    while one.summary() != other.summary() {
        assert!(Instant::now() < deadline, "{:#?}\n{:#?}", one.summary(), other.summary());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
