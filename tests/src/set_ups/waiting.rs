//! Set-ups of what waits: top-ups and withdrawals.

use bulkhead::constants::{
    TOP_UP_AUTHORITY_SEED, TOP_UP_SEED, TRADER_SEED, WITHDRAWAL_SEED, WITHDRAWAL_VAULT_SEED,
};
use bulkhead::instructions::SetTopUpArgs;
use bulkhead::state::{Market, PositionSide};
use bulkhead_client::{ID, ix, pda};
use bulkhead_lab::world::{Opening, Provider, World, defaults};
use solana_pubkey::Pubkey;

use super::{Step, busy, next_minute, trader};
use crate::poke;

const BTC: u64 = defaults::BASE_UNIT;
const USD: u64 = defaults::QUOTE_UNIT;
const PRICE: u64 = defaults::START_PRICE_E8;

pub(super) fn walk(step: &mut Step) {
    top_ups(step);
    withdrawals(step);
}

fn top_ups(step: &mut Step) {
    let mut world = busy();
    let keys = world.keys;
    let owner = loop {
        // No bump of plan or authority has to be searched.
        let owner = trader(&mut world);
        let position = pda::position(&keys.market, &owner.key, 0);
        let is_first = |seeds: &[&[u8]]| Pubkey::find_program_address(seeds, &ID).1 == 255;
        if is_first(&[TOP_UP_SEED, position.as_ref()])
            && is_first(&[TOP_UP_AUTHORITY_SEED, owner.key.as_ref()])
        {
            break owner;
        }
    };
    let position = world.open(&owner, &Opening::new(PositionSide::Long, BTC, 5_000 * USD)).expect("open");
    let args = SetTopUpArgs {
        budget_atoms: 20_000 * USD,
        trigger_ppm: 1_500_000,
        amount_atoms: 5_000 * USD,
        interval_secs: 60,
        keeper_pay_atoms: USD,
    };
    world.approve_top_ups(&owner, args.budget_atoms).expect("approve");
    let set = ix::set_top_up(&keys, owner.key, owner.key, position, owner.tokens, args);
    step(&mut world, "a new plan", set.clone());
    step(&mut world, "in the place of another", set);
    world.advance(7_200);
    world.send(&[ix::update_market(&keys)]).expect("update");
    next_minute(&mut world, PRICE * 96 / 100);
    let top_up = world.top_up(position);
    step(&mut world, "after accruals, with keeper pay", top_up);
    step(&mut world, "by the owner", ix::cancel_top_up(owner.key, position, owner.key));
}

/// A provider for whose counters and first three withdrawals no bump has to be searched.
fn provider(world: &mut World) -> Provider {
    let market = world.keys.market;
    loop {
        let provider = world.provider(1_000_000 * USD, 1_000_000 * USD).expect("deposit");
        let owner = provider.who.key;
        let is_first = |seeds: &[&[u8]]| Pubkey::find_program_address(seeds, &ID).1 == 255;
        let fits = is_first(&[TRADER_SEED, market.as_ref(), owner.as_ref()])
            && (0_u32..3).all(|id| {
                let withdrawal = pda::withdrawal(&market, &owner, id);
                is_first(&[WITHDRAWAL_SEED, market.as_ref(), owner.as_ref(), &id.to_le_bytes()])
                    && is_first(&[WITHDRAWAL_VAULT_SEED, withdrawal.as_ref()])
            });
        if fits {
            return provider;
        }
    }
}

fn withdrawals(step: &mut Step) {
    let mut world = busy();
    let (keys, keeper) = (world.keys, world.keeper.key);
    let lp = provider(&mut world);
    let shares = 100_000 * USD;
    for set_up in ["the owner's first", "the owner's second"] {
        let (_, request) = world.withdrawal_request(&keys, &lp, shares);
        step(&mut world, set_up, request);
    }
    let third = world.request_withdrawal(&lp, shares).expect("request");
    let account = world.withdrawal(&third);
    let cancel = ix::cancel_withdrawal(&keys, lp.who.key, third, &account, lp.shares);
    step(&mut world, "by the owner", cancel);
    let [whole, part] = [0, 1].map(|id| pda::withdrawal(&keys.market, &lp.who.key, id));
    world.advance(3_600);
    world.send(&[ix::update_market(&keys)]).expect("update");
    next_minute(&mut world, PRICE * 101 / 100);
    let account = world.withdrawal(&whole);
    step(&mut world, "in full", ix::execute_withdrawal(&keys, keeper, whole, &account));
    let free = 50_000 * USD;
    poke::<Market>(&mut world, &keys.market, |market| {
        market.long.reserved_atoms = market.pool_atoms - market.short.reserved_atoms - free;
    });
    next_minute(&mut world, PRICE * 99 / 100);
    let account = world.withdrawal(&part);
    step(&mut world, "in part", ix::execute_withdrawal(&keys, keeper, part, &account));
    assert!(world.withdrawal_at(&part).is_some_and(|left| left.shares < shares));
    step(&mut world, "both sides at a loss or a gain", ix::view_pool(&keys));
}
