//! Drives the compiled program along a price path.
//!
//! At every sample of the path, in this order: the price is published; the keeper updates the market,
//! refreshes the positions whose requirement would move, executes the orders that are due, and then flags,
//! liquidates and settles. That refreshes come first is the worst order for a position: whatever a refresh
//! could do to it, the liquidator of the same sample sees. Owners place orders and add collateral a few
//! seconds before a sample, at a price that they cannot know.
//!
//! The keeper decides with the same functions of `bulkhead_risk` that the program runs, on what it read from
//! the accounts, and sends only what they say will do something. Every report that they give is compared
//! with what the program stored: one atom of difference ends the replay with an error.

mod books;
mod holding;
mod keeper;
mod money;
mod orders;
mod owners;
mod parameters;
mod plan;
mod short;
mod tally;

pub use short::replay_short;

use std::time::Instant;

use anyhow::{Context, Result};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::ix;
use bulkhead_risk::{Market, Purpose, QuoteAtoms, RiskError, Sample, UnixSeconds};
use indicatif::ProgressBar;

use crate::flows::{Party, Payment};
use crate::path::{Expansion, MINUTE_SECS, PathSample, PricePath};
use crate::record::{Liquidation, MarginMode, MinuteRow, Rates, RunInfo, RunRecord};
use crate::world::price::PythEma;
use crate::world::{PriceUpdate, World, WorldOptions, defaults};
use holding::Holding;
use money::{Money, Scene};
use solana_instruction::Instruction;
use tally::Tally;

/// Everything a replay depends on besides the path: the same configuration and path give the same record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayConfig {
    /// How many positions orders are placed for.
    pub positions: u32,
    /// Of the positions' sides, sizes, leverages and times.
    pub seed: u64,
    pub margin: MarginMode,
    pub rates: Rates,
    pub expansion: Expansion,
}

/// Pool per position wanted, and at least: so that payouts of all of them fit, and not by far.
const POOL_PER_POSITION_ATOMS: u64 = 16_000 * defaults::QUOTE_UNIT;
const POOL_ATOMS_MIN: u64 = 1_500_000 * defaults::QUOTE_UNIT;
/// How long before a sample owners act, where samples leave the time.
const OWNERS_LEAD_SECS: i64 = 5;

/// Replays the path and records what happened. `progress` counts samples up to [`Expansion::sample_count`];
/// the caller has set its length.
pub fn replay(path: &PricePath, config: &ReplayConfig, progress: &ProgressBar) -> Result<RunRecord> {
    let started = Instant::now();
    let mut replay = Replay::new(path, config)?;
    for (number, sample) in config.expansion.samples(path).enumerate() {
        replay.step(&sample).with_context(|| format!("at {}", sample.ts_secs))?;
        progress.inc(1);
        if number.is_multiple_of(256) {
            progress.set_message(replay.headline());
        }
    }
    replay.finish_minute()?;
    Ok(replay.into_record(path, config, started.elapsed().as_secs()))
}

struct Replay {
    world: World,
    /// As the market's account has it.
    market: Market,
    /// What the risk functions take for the sample at hand.
    sample: Sample,
    /// Whether it moved the market's volatility: the first of its minute.
    opened_bucket: bool,
    ema: PythEma,
    holdings: Vec<Holding>,
    /// Holdings that are not gone, so that the closed ones cost nothing.
    live: Vec<usize>,
    tally: Tally,
    money: Money,
    /// What owners were given to put in.
    granted_atoms: u64,
    liquidations: Vec<Liquidation>,
    rows: Vec<MinuteRow>,
    /// The minute at hand; filled when it ends.
    minute: Option<MinuteRow>,
    pool_at_start_atoms: u64,
}

impl Replay {
    fn new(path: &PricePath, config: &ReplayConfig) -> Result<Self> {
        let first = config.expansion.samples(path).next().context("the path has no sample")?;
        let pool_atoms = (u64::from(config.positions) * POOL_PER_POSITION_ATOMS).max(POOL_ATOMS_MIN);
        let mut world = World::with(WorldOptions {
            params: parameters::of(path.name(), config.margin, config.rates)?,
            start_secs: first.ts_secs - MINUTE_SECS,
            price_e8: first.price_e8,
            pool_atoms,
            ..WorldOptions::default()
        })?;
        let plans = plan::draw(config.positions, config.seed, path.from_secs(), path.to_secs());
        let holdings: Vec<_> = plans.into_iter().map(|plan| Holding::new(plan, world.actor(0))).collect();
        let mut money = Money::default();
        money.flows.pay(Payment::PoolDeposit, Party::Providers, Party::Pool, pool_atoms);
        Ok(Self {
            market: world.market().view()?,
            sample: Sample::default(),
            opened_bucket: false,
            ema: PythEma::default(),
            live: (0..holdings.len()).collect(),
            holdings,
            tally: Tally::default(),
            money,
            granted_atoms: 0,
            liquidations: vec![],
            rows: vec![],
            minute: None,
            pool_at_start_atoms: pool_atoms,
            world,
        })
    }

    fn step(&mut self, next: &PathSample) -> Result<()> {
        let minute = next.ts_secs - next.ts_secs.rem_euclid(MINUTE_SECS);
        if self.minute.as_ref().is_some_and(|row| row.ts_secs != minute) {
            self.finish_minute()?;
        }
        let before = (next.ts_secs - OWNERS_LEAD_SECS).max(self.world.now());
        if self.owners_have_plans(before) {
            self.world.warp_to(before);
            self.owners_act(before)?;
        }
        self.publish(next)?;
        self.note_price(minute, next);
        if !self.update_market()? {
            return Ok(());
        }
        self.refresh()?;
        self.execute_orders()?;
        self.owners_remove_collateral()?;
        self.watch()?;
        self.note_survivors()?;
        self.cancel_dead_orders()?;
        self.owners_leave()?;
        self.live.retain(|index| !self.holdings[*index].is_gone());
        Ok(())
    }

    fn publish(&mut self, next: &PathSample) -> Result<()> {
        let ema_e8 = self.ema.advance(next.price_e8, next.ts_secs)?;
        let update = PriceUpdate::at(next.price_e8, next.ts_secs)
            .with_conf(next.conf_e8)
            .with_ema(i64::try_from(ema_e8)?);
        self.world.warp_to(next.ts_secs);
        self.world.set_price(&update);
        self.sample = Sample::from_raw(
            update.price,
            update.conf,
            update.ema_price,
            update.exponent,
            update.publish_time,
        )
        .map_err(refused)?;
        Ok(())
    }

    /// Takes the sample into the market; false if the market does not accept it.
    fn update_market(&mut self) -> Result<bool> {
        let mut projected = self.market;
        let Ok(observed) = projected.observe(&self.sample, Purpose::Update, self.now()) else {
            return Ok(false);
        };
        self.opened_bucket = observed.opened_bucket;
        projected.take_crank_fee(&observed).map_err(refused)?;
        let update = ix::crank_market(&self.world.keys, self.world.keeper.tokens);
        let accepted = self.send(&[update])?.is_some();
        self.tally.summary.market_updates += u64::from(accepted);
        self.reload_market()?;
        anyhow::ensure!(self.market == projected, "the program updated the market otherwise than the host");
        Ok(accepted)
    }

    /// Sends one transaction and follows its money; its events, or none if it failed.
    fn send(&mut self, instructions: &[Instruction]) -> Result<Option<Vec<AnyEvent>>> {
        let events = self.tally.send(&mut self.world, instructions)?;
        if let Some(events) = &events {
            self.money.note(&Scene { world: &self.world, sample: &self.sample }, events)?;
        }
        Ok(events)
    }

    fn now(&self) -> UnixSeconds {
        UnixSeconds(self.world.now())
    }

    fn reload_market(&mut self) -> Result<()> {
        self.market = self.world.market().view()?;
        Ok(())
    }

    /// The market as an instruction for `purpose` would see it at the sample at hand.
    fn seen(&self, purpose: Purpose) -> Result<Market, RiskError> {
        let mut seen = self.market;
        let _ = match purpose {
            Purpose::Risk => seen.observe_for_risk(&self.sample, self.now())?,
            _ => seen.observe(&self.sample, purpose, self.now())?,
        };
        Ok(seen)
    }

    fn headline(&self) -> String {
        let open = self.live.iter().filter(|index| self.holdings[**index].is_open()).count();
        format!("{open} open, {} liquidated", self.liquidations.len())
    }

    fn into_record(self, path: &PricePath, config: &ReplayConfig, elapsed_secs: u64) -> RunRecord {
        let gaps = path.gaps();
        let info = RunInfo {
            source: path.name().to_owned(),
            path_fingerprint: path.fingerprint(),
            from_secs: path.from_secs(),
            to_secs: path.to_secs(),
            bar_count: path.bars().len() as u64,
            gap_count: gaps.len() as u64,
            gap_minutes: gaps.iter().map(|gap| gap.minutes() as u64).sum(),
            sample_count: config.expansion.sample_count(path),
            positions_wanted: config.positions,
            seed: config.seed,
            margin: config.margin,
            rates: config.rates,
            quote_symbol: "USDC".into(),
            quote_decimals: defaults::QUOTE_DECIMALS,
            elapsed_secs,
        };
        let parameters = parameters::table(&self.market.params);
        let (ending, flows) = (self.ending(), self.flows());
        let mut summary = self.tally.into_summary(&self.liquidations, ending);
        summary.promises.flows_difference_atoms = clamped(flows.difference_atoms());
        RunRecord { info, parameters, rows: self.rows, liquidations: self.liquidations, flows, summary }
    }
}

/// A refusal of the risk crate where none is expected.
fn refused(error: RiskError) -> anyhow::Error {
    anyhow::anyhow!("the risk crate refuses: {error:?}")
}

fn atoms(amount: QuoteAtoms) -> u64 {
    amount.get()
}

fn clamped(difference: i128) -> i64 {
    difference.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}
