//! A market with the live parameters and positions that can be liquidated now.

use anyhow::{Context, Result, ensure};
use bulkhead::state::PositionSide;
use bulkhead_client::ix;
use solana_pubkey::Pubkey;

use crate::live;
use crate::world::{Opening, PriceUpdate, World, WorldOptions, defaults};

/// 0.2 BTC, 12,000 USD at the start.
const SIZE_ATOMS: u64 = defaults::BASE_UNIT / 5;
/// Collateral: 8 % of the notional.
const COLLATERAL_ATOMS: u64 = 960 * defaults::QUOTE_UNIT;
/// First sightings that one transaction notes.
const FLAGS_PER_TRANSACTION: usize = 10;
/// Between the first sighting and the second.
const CONFIRMED_AFTER_SECS: i64 = 3;

/// How far a position is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// A part cures it: the dearest act.
    Part,
    /// So low that everything goes.
    Whole,
    /// Nothing is left.
    Insolvent,
}

impl Depth {
    /// As tables call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::Whole => "whole",
            Self::Insolvent => "insolvent",
        }
    }

    /// Price of the crash, in thousandths of the start.
    const fn price_per_mille(self) -> u64 {
        match self {
            Self::Part => 957,
            Self::Whole => 930,
            Self::Insolvent => 900,
        }
    }
}

/// A market with the live parameters of BTC.
pub fn live_world() -> Result<World> {
    World::with(WorldOptions { params: live::btc_for_program()?, ..WorldOptions::default() })
}

/// A world in which `count` positions were seen below maintenance and may be liquidated at the price that stands.
/// The market has taken that price in: what comes next opens no volatility bucket.
pub fn crashed(count: usize, depth: Depth) -> Result<(World, Vec<Pubkey>)> {
    let mut world = live_world()?;
    let mut positions = Vec::new();
    for _ in 0..count {
        let trader = world.actor(2 * COLLATERAL_ATOMS);
        let opening = Opening::new(PositionSide::Long, SIZE_ATOMS, COLLATERAL_ATOMS).with_payout_cap(50_000);
        world.set_price(&PriceUpdate::at(defaults::START_PRICE_E8, world.now()));
        world.send(&[ix::update_market(&world.keys)]).context("update_market")?;
        positions.push(world.open(&trader, &opening).context("open")?);
    }
    let price_e8 = defaults::START_PRICE_E8 / 1_000 * depth.price_per_mille();
    world.move_price(price_e8, CONFIRMED_AFTER_SECS).context("crash")?;
    for batch in positions.chunks(FLAGS_PER_TRANSACTION) {
        let flag = ix::flag(&world.keys, batch);
        world.send(&[flag]).context("flag")?;
    }
    world.move_price(price_e8, CONFIRMED_AFTER_SECS).context("second sighting")?;
    let all_seen = positions.iter().all(|position| world.position(position).below_since != 0);
    ensure!(all_seen || depth == Depth::Insolvent, "a position is not below maintenance at {price_e8}");
    Ok((world, positions))
}
