//! The worked example of README.md, run on the compiled program: every figure in it is what the chain says.

use anyhow::Result;
use bulkhead::events::LiquidationReason;
use bulkhead::instructions::PositionHealth;
use bulkhead::state::{OrderAction, PositionSide};
use bulkhead_client::events::{AnyEvent, from_logs};
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, World};
use solana_pubkey::Pubkey;

const README: &str = include_str!("../../../README.md");
const BTC: u64 = 100_000_000;
const USD: u64 = 1_000_000;
const USD_E8: u64 = 100_000_000;

fn view(world: &mut World, position: Pubkey) -> Result<PositionHealth> {
    let done = world.send(&[ix::view_position(&world.keys.clone(), position)])?;
    Ok(anchor_lang::AnchorDeserialize::try_from_slice(&done.return_data)?)
}

fn cents(atoms: u64) -> String {
    let (whole, cents) = (atoms / USD, atoms % USD / 10_000);
    let digits = whole.to_string();
    let grouped: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|three| std::str::from_utf8(three).unwrap_or("")).collect();
    format!("{}.{cents:02}", grouped.join(","))
}

fn price(e12: u64) -> String {
    cents(e12 / 1_000_000)
}

fn percent(ppm: i64) -> String {
    format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)
}

/// Lines of figures, and the sentences of the README that must hold them.
#[test]
fn readme_example_ok_says_what_the_chain_says() -> Result<()> {
    let mut world = World::new()?;
    let keys = world.keys;
    let ann = world.actor(600 * USD);
    let opening = Opening::new(PositionSide::Long, BTC / 10, 600 * USD);
    let position = world.open(&ann, &opening)?;
    let opened = view(&mut world, position)?;
    let stored = world.position(&position);

    // The price falls, then below where she may be liquidated; a keeper looks twice.
    world.move_price(57_000 * USD_E8, 60)?;
    let before = view(&mut world, position)?;
    world.move_price(56_600 * USD_E8, 60)?;
    world.send(&[ix::flag(&keys, &[position])])?;
    let below = view(&mut world, position)?;
    world.move_price(56_600 * USD_E8, 3)?;
    let keeper = world.keeper;
    let done = world.send(&[ix::liquidate(&keys, keeper.key, keeper.tokens, position)])?;
    let logged = from_logs(done.logs.iter().map(String::as_str));
    let Some(AnyEvent::PositionLiquidated(liquidated)) = logged.events.first() else {
        anyhow::bail!("not liquidated: {:?}", logged.events);
    };
    assert_eq!(liquidated.reason, LiquidationReason::BelowMaintenance);
    let after = view(&mut world, position)?;
    let left = world.position(&position);

    let sentences = [
        format!("fills at {}", price(stored.entry_price_e12)),
        format!("{} set aside", cents(stored.reserved_atoms)),
        format!("maintenance margin {}", percent(i64::from(opened.maintenance_ppm))),
        format!("initial margin is {}", cents(opened.initial_atoms)),
        format!("liquidation price is {}", price(opened.liquidation_price_e12)),
        format!("at 57,000 her health is {}", percent(before.health_ppm)),
        format!("at 56,600 it is {}", percent(below.health_ppm)),
        format!("closes {} of her 6 thousand", cents(liquidated.closed.notional_atoms)),
        format!(
            "{} to the keeper and {} to insurance",
            cents(liquidated.keeper_pay_atoms),
            cents(liquidated.insurance_pay_atoms)
        ),
        format!("{} stay in her vault", cents(left.collateral_atoms)),
        format!("health is {} again", percent(after.health_ppm)),
    ];
    for sentence in &sentences {
        println!("{sentence}");
    }
    let text = README.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in &sentences {
        assert!(text.contains(sentence.as_str()), "README does not say: {sentence}");
    }
    // She closes the rest and takes what is left.
    let order = world.place_order(&ann, position, OrderAction::Decrease, u64::MAX)?;
    world.move_price(56_600 * USD_E8, 4)?;
    world.execute(position, order)?;
    world.send(&[ix::close_position(&keys, ann.key, position, ann.tokens)])?;
    assert!(world.position_at(&position).is_none());
    Ok(())
}
