//! A crash on order: many positions near their initial margin, and a price at which all of them are below
//! maintenance.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bulkhead::state::{Market, Order, POSITION_OPEN, POSITION_PENDING, Position, PositionSide};
use bulkhead_client::pda;
use bulkhead_client::quote::{self, Look};
use bulkhead_lab::world::Opening;
use bulkhead_risk::transition::IncreaseArgs;
use bulkhead_risk::{Ppm, PriceE12, QuoteAtoms, Side, UnixSeconds};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::attendant::{FILLS_AT_ONCE, fill};
use crate::link::Link;
use crate::setup::LiveMarket;
use crate::tokens::QUOTE_UNIT;
use crate::{trade, wallets};

/// Notionals in turn, US dollars.
const NOTIONALS_USD: [u64; 5] = [150, 400, 1_000, 2_500, 6_000];
/// Collateral in turn, of the initial margin: some come down at the first fall, some later.
const COVERS_PPM: [u64; 4] = [1_060_000, 1_120_000, 1_200_000, 1_300_000];
/// Positions of one owner.
const PER_OWNER: u32 = 50;
/// Opening instructions in one transaction: as many as its bytes hold.
const PLACED_AT_ONCE: usize = 4;
/// Positions placed before the first of them are filled: their window is fifteen seconds long.
const WAVE: u32 = 200;
const LAMPORTS: u64 = 100_000_000_000;
/// Collateral of an owner: its share of the largest positions, twice.
const OWNER_ATOMS: u64 = 100_000 * QUOTE_UNIT;
const WAVE_MAX: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(200);
/// The crash goes one hundredth below the lowest liquidation price, so that a twitch does not undo it.
const BELOW_PPM: u64 = 990_000;
const PPM: u64 = 1_000_000;

/// Positions that a crash will bring down.
#[derive(Clone, Debug)]
pub struct Surge {
    /// Symbol of their market.
    pub symbol: String,
    /// Open positions, all long.
    pub positions: Vec<Pubkey>,
    /// Price at which every one of them is below maintenance.
    pub crash_price_e8: u64,
}

/// Who holds `count` positions.
pub(crate) fn owners(count: u32) -> Vec<Keypair> {
    (0..count.div_ceil(PER_OWNER)).map(|number| wallets::keypair("surge", number)).collect()
}

/// Lamports and collateral that each owner needs.
pub(crate) const fn endowment() -> (u64, u64) {
    (LAMPORTS, OWNER_ATOMS)
}

/// What opening needs.
pub(crate) struct Opener<'a> {
    pub(crate) link: &'a Arc<Link>,
    pub(crate) live: &'a LiveMarket,
    pub(crate) executor: &'a Keypair,
    pub(crate) owners: &'a [Keypair],
    /// By the chain's clock.
    pub(crate) now_secs: i64,
}

impl Opener<'_> {
    /// Opens `count` positions, a wave at a time, and finds the price that brings all of them down.
    pub(crate) async fn open(&self, count: u32) -> Result<Surge> {
        ensure!(count > 0, "a surge of no positions");
        let mut positions = Vec::new();
        for first in (0..count).step_by(WAVE as usize) {
            let wave = first..count.min(first + WAVE);
            // Anew for each: the add-on of their side grows with every wave.
            let openings = self.openings().await?;
            let placed = self.place(wave, &openings).await?;
            self.fill_all(&placed).await?;
            positions.extend(placed);
        }
        let crash_price_e8 = self.crash_price_e8(&positions).await?;
        Ok(Surge { symbol: self.live.symbol().to_owned(), positions, crash_price_e8 })
    }

    /// One of every size and cover, at the market's present requirements.
    async fn openings(&self) -> Result<Vec<Opening>> {
        let market = self.link.expect::<Market>(&self.live.keys.market).await?;
        let sample = trade::sample(self.link, &market).await?;
        let now = UnixSeconds(self.now_secs.max(sample.publish_time.0));
        let look = Look::new(&market, sample, now)?.updated()?;
        let mut openings = Vec::new();
        for place in 0..NOTIONALS_USD.len() * COVERS_PPM.len() {
            let notional_usd = NOTIONALS_USD[place % NOTIONALS_USD.len()];
            let notional = QuoteAtoms(notional_usd * QUOTE_UNIT);
            let size = trade::size_of(&market, notional_usd, sample.price)?;
            let args = IncreaseArgs { size, payout_cap_ppm: Ppm(PPM as u32), acceptable: PriceE12(u64::MAX) };
            // The whole notional is more than any requirement.
            let quote = quote::quote_open(&look, Side::Long, notional, &args)?;
            let (margin, fee) = (quote.report.initial_margin.get(), quote.report.trade_fee.get());
            let cover_ppm = COVERS_PPM[place % COVERS_PPM.len()];
            let collateral = margin * cover_ppm / PPM + fee;
            openings.push(Opening::new(PositionSide::Long, size.get(), collateral));
        }
        Ok(openings)
    }

    /// Places the orders of a wave, many owners at a time.
    async fn place(&self, wave: std::ops::Range<u32>, openings: &[Opening]) -> Result<Vec<Pubkey>> {
        let mut tasks = tokio::task::JoinSet::new();
        let owner_count = u32::try_from(self.owners.len())?;
        for owner in 0..owner_count {
            let numbers: Vec<_> = wave.clone().filter(|number| number % owner_count == owner).collect();
            let key = self.owners[owner as usize].insecure_clone();
            let orders: Vec<_> =
                numbers.iter().map(|number| openings[*number as usize % openings.len()]).collect();
            let (link, keys) = (Arc::clone(self.link), self.live.keys);
            tasks.spawn(async move {
                let address = key.pubkey();
                let mut id = trade::next_position_id(&link, &keys, &address).await?;
                let mut placed = Vec::new();
                for part in orders.chunks(PLACED_AT_ONCE) {
                    let mut instructions = Vec::new();
                    for order in part {
                        instructions.push(trade::opening(&keys, &address, id, order));
                        placed.push(pda::position(&keys.market, &address, id));
                        id += 1;
                    }
                    link.submit(&instructions, &[&key]).await.context("placing")?;
                }
                anyhow::Ok(placed)
            });
        }
        let mut placed = Vec::new();
        while let Some(done) = tasks.join_next().await {
            placed.extend(done??);
        }
        Ok(placed)
    }

    /// Fills the opening orders of `positions`, beside whoever else does.
    async fn fill_all(&self, positions: &[Pubkey]) -> Result<()> {
        let orders: Vec<_> = positions.iter().map(|position| pda::order(position, 0)).collect();
        let deadline = Instant::now() + WAVE_MAX;
        while Instant::now() < deadline {
            let read = self.link.accounts::<Order>(&orders).await?;
            let waiting: Vec<_> =
                orders.iter().zip(read).filter_map(|(address, order)| Some((*address, order?))).collect();
            if waiting.is_empty() {
                return self.require_open(positions).await;
            }
            let market = self.link.expect::<Market>(&self.live.keys.market).await?;
            let sample = trade::sample(self.link, &market).await?;
            let params = market.params.view();
            let due: Vec<_> = waiting
                .into_iter()
                .filter(|(_, order)| trade::is_in_window(&params, order, &sample))
                .collect();
            self.fill_due(&due).await;
            tokio::time::sleep(POLL_EVERY).await;
        }
        bail!("orders of {} positions were not all filled within {} s", positions.len(), WAVE_MAX.as_secs())
    }

    async fn fill_due(&self, due: &[(Pubkey, Order)]) {
        let mut tasks = tokio::task::JoinSet::new();
        for part in due.chunks(FILLS_AT_ONCE) {
            let (link, live) = (Arc::clone(self.link), self.live.clone());
            let (executor, part) = (self.executor.insecure_clone(), part.to_vec());
            tasks.spawn(async move {
                if fill(&link, &live, &executor, &part).await.is_err() {
                    // Somebody has filled one of them: each by itself then. What stays is tried again.
                    for order in &part {
                        let _ = fill(&link, &live, &executor, std::slice::from_ref(order)).await;
                    }
                }
            });
        }
        while tasks.join_next().await.is_some() {}
    }

    async fn require_open(&self, positions: &[Pubkey]) -> Result<()> {
        let read = self.link.accounts::<Position>(positions).await?;
        let status_of = |position: Option<Position>| position.map_or(POSITION_PENDING, |found| found.status);
        let closed = read.into_iter().filter(|position| status_of(*position) != POSITION_OPEN).count();
        ensure!(
            closed == 0,
            "{closed} of {} positions were refused: is the pool large enough?",
            positions.len()
        );
        Ok(())
    }

    async fn crash_price_e8(&self, positions: &[Pubkey]) -> Result<u64> {
        let market = self.link.expect::<Market>(&self.live.keys.market).await?;
        let sample = trade::sample(self.link, &market).await?;
        let look = Look::new(&market, sample, UnixSeconds(self.now_secs.max(sample.publish_time.0)))?;
        let mut lowest = sample.price;
        for position in self.link.accounts::<Position>(positions).await? {
            let position = position.context("a position is gone before the crash")?;
            lowest = lowest.min(quote::health(&look, &position)?.liquidation_price);
        }
        Ok((lowest.get() / 10_000) * BELOW_PPM / PPM)
    }
}

/// How many of `positions` are still open.
pub(crate) async fn still_open(link: &Link, positions: &[Pubkey]) -> Result<usize> {
    let read = link.accounts::<Position>(positions).await?;
    Ok(read.into_iter().flatten().filter(|position| position.status == POSITION_OPEN).count())
}
