//! Everything that could be taken for something else: the accounts of a second and a third market, of other owners
//! in the first, and of other changes.

use bulkhead::instructions::{
    Change, MarketMode, PlaceOrderArgs, QueueChangeArgs, RequestWithdrawalArgs, SetTopUpArgs,
};
use bulkhead::oracle::OracleSource;
use bulkhead::state::{OrderAction, OrderKind, PositionSide, Protocol};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Actor, MarketSetup, Opening, PriceUpdate, World, WorldOptions, defaults};
use bulkhead_tests::keeping::{OTHER_FEED, all_accounts};
use bulkhead_tests::{BTC, E8, USD, poke, set_ups};
use solana_account::Account;
use solana_pubkey::Pubkey;

/// Keys that no set-up comes to: theirs are counted from the same beginning.
const KEYS_SKIPPED: usize = 20_000;
/// Numbers of changes that no set-up comes to.
const FIRST_CHANGE: u64 = 1_000;

/// Accounts that exist beside those of a set-up, at addresses that no set-up uses.
pub(super) fn crowd() -> Vec<(Pubkey, Account)> {
    let mut world = set_ups::busy();
    for _ in 0..KEYS_SKIPPED {
        world.key();
    }
    poke::<Protocol>(&mut world, &pda::protocol(), |protocol| protocol.next_change = FIRST_CHANGE);
    let before = all_accounts(&world);
    let first = world.keys;
    populate(&mut world, &first);
    let second = market(&mut world, OTHER_FEED, first.collateral_mint);
    populate(&mut world, &second);
    let other_mint = world.create_mint(first.token_program, 6);
    let _third = market(&mut world, defaults::oracle(), other_mint);
    changes(&mut world, first.market);
    wind_down(&mut world, &second);
    let newcomer = |(address, _): &(Pubkey, Account)| !before.contains_key(address);
    all_accounts(&world).into_iter().filter(newcomer).collect()
}

fn market(world: &mut World, oracle: OracleSource, mint: Pubkey) -> MarketKeys {
    let setup = MarketSetup { oracle, mint, ..MarketSetup::of(&WorldOptions::default(), world) };
    let keys = world.create_market(&setup).expect("create_market");
    world.set_price_of(keys.price, &PriceUpdate::at(60_000 * E8, world.now()));
    world.send(&[ix::update_market(&keys)]).expect("update");
    keys
}

/// A provider with a withdrawal, and an owner with positions in every state and orders of several kinds.
fn populate(world: &mut World, keys: &MarketKeys) {
    let provider = world.actor(2_000_000 * USD);
    world.send(&[ix::update_market(keys)]).expect("update");
    let shares = world.deposit(keys, &provider, 1_000_000 * USD).expect("deposit");
    let args = RequestWithdrawalArgs { withdrawal_id: 0, shares: 1_000 * USD, tip_lamports: 10_000 };
    let request = ix::request_withdrawal(keys, provider.key, provider.key, shares, provider.tokens, args);
    world.send(&[request]).expect("request");
    let owner = world.actor(1_000_000 * USD);
    let long = Opening::new(PositionSide::Long, BTC / 10, 5_000 * USD);
    let open = position(world, keys, &owner, &long, true);
    let closed = position(world, keys, &owner, &Opening { side: PositionSide::Short, ..long }, true);
    let pending = position(world, keys, &owner, &long, false);
    assert_eq!([open, pending].map(|position| world.position(&position).status), [1, 0]);
    let close = order(world, keys, &owner, closed, OrderKind::Market, u64::MAX);
    world.advance(5);
    world.execute_in(keys, closed, close).expect("close");
    assert_eq!(world.position(&closed).status, 2);
    order(world, keys, &owner, open, OrderKind::Market, BTC / 100);
    order(world, keys, &owner, open, OrderKind::StopLoss, u64::MAX);
    let plan = SetTopUpArgs {
        budget_atoms: 1_000 * USD,
        trigger_ppm: 1_500_000,
        amount_atoms: 100 * USD,
        interval_secs: 60,
        keeper_pay_atoms: USD,
    };
    world.approve_top_ups(&owner, plan.budget_atoms).expect("approve");
    let set = ix::set_top_up(keys, owner.key, owner.key, open, owner.tokens, plan);
    world.send(&[set]).expect("a plan");
}

fn position(world: &mut World, keys: &MarketKeys, owner: &Actor, opening: &Opening, fills: bool) -> Pubkey {
    let opening = Opening {
        acceptable_price_e12: match opening.side {
            PositionSide::Long => u64::MAX,
            PositionSide::Short => 0,
        },
        ..*opening
    };
    let (position, _) = world.place_in(keys, owner, &opening).expect("place");
    if fills {
        world.advance(5);
        world.execute_in(keys, position, 0).expect("open");
    }
    position
}

fn order(
    world: &mut World,
    keys: &MarketKeys,
    owner: &Actor,
    position: Pubkey,
    kind: OrderKind,
    size: u64,
) -> u32 {
    let account = world.position(&position);
    let args = PlaceOrderArgs {
        order_id: account.next_order_id,
        action: OrderAction::Decrease,
        kind,
        size_atoms: size,
        acceptable_price_e12: if account.side == 0 { 0 } else { u64::MAX },
        payout_cap_ppm: 1_000_000,
        tip_lamports: 10_000,
        trigger_price_e12: if kind == OrderKind::Market { 0 } else { 1 },
        expires_at: 0,
    };
    world.send(&[ix::place_order(keys, owner.key, owner.key, position, args)]).expect("place");
    args.order_id
}

/// Two changes that wait, one of a market and one of the protocol.
fn changes(world: &mut World, market: Pubkey) {
    let (admin, guardian, fee_receiver) = (world.admin, world.guardian, world.fee_receiver);
    for (nonce, of, definition) in [
        (FIRST_CHANGE, Some(market), Change::MarketStatus(MarketMode::ReduceOnly)),
        (FIRST_CHANGE + 1, None, Change::ProtocolSettings { guardian, fee_receiver, timelock_secs: 0 }),
    ] {
        let args = QueueChangeArgs { nonce, definition };
        world.send(&[ix::queue_change(admin, of, args)]).expect("queue");
    }
}

/// The second market winds down, with one price kept.
fn wind_down(world: &mut World, keys: &MarketKeys) {
    world.change(Some(keys.market), Change::MarketStatus(MarketMode::WindDown)).expect("wind down");
    world.advance(60);
    world.send(&[ix::record_settlement_price(keys, world.keeper.key)]).expect("record");
}
