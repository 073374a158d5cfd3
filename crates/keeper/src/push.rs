//! Bringing prices onto the chain: which, when, and in which transaction.
//!
//! Hermes gives newer prices than the chain has. A market that acts on one of them ([`MarketState::offer`]) has
//! it written into its price account by the first transaction that needs it, before what that does; everything
//! else of the market waits until it is there, or each would carry the same price. The Wormhole message over the
//! prices is verified beforehand, once for all markets, in an account of the keeper's that is closed later.
//!
//! [`MarketState::offer`]: crate::state::MarketState::offer

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bulkhead_pyth::{Generation, Leaf, Posting, Update};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use tokio::sync::OnceCell;

use crate::action::Batch;
use crate::state::{PriceData, State};

/// Most compute units of writing one price: a path of ten hashes, an account, a fee.
pub const PUSH_UNITS: u32 = 120_000;
/// What verifying a message costs in signatures beside the priority fee, at the size that Pyth's have.
pub const VERIFY_LAMPORTS: u64 = 10_000;
/// A price on its way that was not heard of for so long is given up.
const FLIGHT_MAX: Duration = Duration::from_secs(5);
/// Messages that nothing uses any more are closed after so long, several at once.
const KEEP: Duration = Duration::from_secs(15);
/// Closings that fit one transaction.
pub const CLOSE_MAX: usize = 10;
const HOLD_FIRST: Duration = Duration::from_secs(5);
const HOLD_MAX: Duration = Duration::from_secs(120);

/// The Wormhole message of an update in one generation's programs: verified at most once, by whoever needs it first.
#[derive(Debug)]
pub struct Shipment {
    /// How it gets there.
    pub posting: Posting,
    /// Whether it did.
    pub verified: OnceCell<bool>,
}

/// One account's price out of an update.
#[derive(Debug)]
pub struct Offered {
    /// What the account will show.
    pub bytes: PriceData,
    leaf: Leaf,
    shard: u16,
    shipment: Arc<Shipment>,
}

impl Offered {
    /// The message that it comes with.
    pub fn shipment(&self) -> &Arc<Shipment> {
        &self.shipment
    }
}

/// A price account that can be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Address.
    pub account: Pubkey,
    /// Feed.
    pub feed: [u8; 32],
    /// Shard of it.
    pub shard: u16,
    /// Programs that it belongs to.
    pub generation: Generation,
}

/// Messages that somebody still holds: offered again, one is the same, and not verified a second time.
#[derive(Debug, Default)]
pub struct Shipments(HashMap<Pubkey, Weak<Shipment>>);

impl Shipments {
    fn of(&mut self, posting: Posting) -> Arc<Shipment> {
        if let Some(known) = self.0.get(&posting.account).and_then(Weak::upgrade) {
            return known;
        }
        self.0.retain(|_, known| known.strong_count() > 0);
        let account = posting.account;
        let shipment = Arc::new(Shipment { posting, verified: OnceCell::new() });
        self.0.insert(account, Arc::downgrade(&shipment));
        shipment
    }
}

/// Prices of an update for each of `targets` that it has.
pub fn offers(
    update: &Update,
    targets: &[Target],
    payer: &Pubkey,
    known: &mut Shipments,
    rent: impl Fn(usize) -> u64,
) -> Vec<Arc<Offered>> {
    let mut shipment = |generation: Generation| {
        let posting = Posting::new(update, generation, payer, &rent)?;
        Some((generation, known.of(posting)))
    };
    let shipments: HashMap<Generation, Arc<Shipment>> =
        Generation::ALL.into_iter().filter_map(&mut shipment).collect();
    let offered = |target: &Target| {
        let leaf = update.leaf(&target.feed)?.clone();
        let (key, owner) = (target.account, target.generation.programs().receiver);
        let bytes = PriceData { key, owner, data: leaf.account_bytes(&key, 0) };
        let shipment = Arc::clone(shipments.get(&target.generation)?);
        Some(Arc::new(Offered { bytes, leaf, shard: target.shard, shipment }))
    };
    targets.iter().filter_map(offered).collect()
}

/// What a transaction brings along.
#[derive(Clone, Debug)]
pub struct Push {
    /// Verified before it.
    pub shipment: Arc<Shipment>,
    /// Writes the price.
    pub instruction: Instruction,
    /// Where it goes.
    pub account: Pubkey,
}

/// How a batch gets at the price that it was planned on.
#[derive(Debug)]
pub enum Way {
    /// The price is on the chain, or none is looked at.
    Free,
    /// Somebody else's transaction brings it: wait for that.
    Wait,
    /// This one brings it.
    Bring(Push),
}

/// What is on its way.
#[derive(Debug, Default)]
pub struct Pusher {
    flights: HashMap<Pubkey, Instant>,
    used: Vec<(Instant, Arc<Shipment>)>,
    held: Option<(Instant, Duration)>,
}

impl Pusher {
    /// How a batch gets at its price; a price that it shall bring counts as on its way from now on.
    pub fn way(&mut self, state: &State, batch: &Batch, payer: &Pubkey, now: Instant) -> Way {
        let Some(first) = batch.actions.first() else { return Way::Free };
        let offer = state.market(&first.market).and_then(|market| market.offer());
        let Some(offer) = offer.filter(|offer| is_looked_at(batch, &offer.bytes.key)) else {
            return Way::Free;
        };
        let account = offer.bytes.key;
        if self.flights.get(&account).is_some_and(|since| now.duration_since(*since) < FLIGHT_MAX) {
            return Way::Wait;
        }
        self.flights.insert(account, now);
        let shipment = Arc::clone(&offer.shipment);
        if !self.used.iter().any(|(_, used)| Arc::ptr_eq(used, &shipment)) {
            self.used.push((now, Arc::clone(&shipment)));
        }
        let posting = &shipment.posting;
        // One of the treasuries, by who pays: so keepers do not wait for each other.
        let treasury = payer.to_bytes()[0];
        let instruction = posting.generation.programs().update_price_feed(
            payer,
            &posting.account,
            &offer.leaf,
            offer.shard,
            treasury,
        );
        Way::Bring(Push { shipment, instruction, account })
    }

    /// A price has come where it should, or not. Where not, offers are left alone for a while, longer each time.
    pub fn ended(&mut self, account: &Pubkey, has_come: bool, now: Instant) {
        self.flights.remove(account);
        self.held = match (has_come, self.held) {
            (true, _) => None,
            (false, Some((until, _))) if now < until => self.held,
            (false, held) => {
                let wait = held.map_or(HOLD_FIRST, |(_, wait)| wait.saturating_mul(2).min(HOLD_MAX));
                Some((now + wait, wait))
            }
        };
    }

    /// Whether offers are left alone.
    pub fn is_held(&self, now: Instant) -> bool {
        self.held.is_some_and(|(until, _)| now < until)
    }

    /// Messages that can be closed: none, or as many as there are.
    pub fn closable(&mut self, now: Instant, is_end: bool) -> Vec<Posting> {
        // Nobody else holds one whose prices are neither offered nor on their way any more.
        let is_done = |(since, shipment): &(Instant, Arc<Shipment>)| {
            is_end || (now.duration_since(*since) > KEEP && Arc::strong_count(shipment) == 1)
        };
        let (done, kept) = std::mem::take(&mut self.used).into_iter().partition(is_done);
        self.used = kept;
        let done: Vec<(Instant, Arc<Shipment>)> = done;
        let closed = done.into_iter().filter(|(_, shipment)| shipment.verified.get() == Some(&true));
        closed.map(|(_, shipment)| shipment.posting.clone()).collect()
    }
}

fn is_looked_at(batch: &Batch, account: &Pubkey) -> bool {
    let looks = |instruction: &Instruction| instruction.accounts.iter().any(|meta| meta.pubkey == *account);
    batch.actions.iter().any(|action| looks(&action.instruction))
}
