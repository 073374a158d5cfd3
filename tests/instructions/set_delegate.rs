//! `set_delegate`, and what a delegate may and may not do.

use anchor_lang::error::ErrorCode;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::error::BulkheadError;
use bulkhead::events::DelegateSet;
use bulkhead::instructions::PlaceOrderArgs;
use bulkhead::state::{OrderAction, OrderKind, Position, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Actor, Opening, World};
use bulkhead_tests::*;
use solana_pubkey::Pubkey;

fn opened() -> (World, Actor, Pubkey) {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let position = world.open(&owner, &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD)).unwrap();
    (world, owner, position)
}

fn decrease(world: &World, position: &Pubkey, size_atoms: u64) -> PlaceOrderArgs {
    PlaceOrderArgs {
        order_id: world.position(position).next_order_id,
        action: OrderAction::Decrease,
        kind: OrderKind::Market,
        size_atoms,
        acceptable_price_e12: 0,
        payout_cap_ppm: 0,
        tip_lamports: TIP_LAMPORTS_MIN,
        trigger_price_e12: 0,
        expires_at: 0,
    }
}

#[test]
fn set_delegate_ok_sets_replaces_and_removes() {
    let (mut world, owner, position) = opened();
    let (first, second) = (world.wallet(), world.wallet());
    for delegate in [first, second, Pubkey::default(), first] {
        let before = world.position(&position);
        let lamports = world.lamports(&owner.key);
        let done = world.send(&[ix::set_delegate(owner.key, position, delegate)]).unwrap();
        assert_eq!(world.position(&position), Position { delegate, ..before });
        assert_eq!(world.lamports(&owner.key), lamports);
        assert_events(&done, [DelegateSet { position, delegate }.into()]);
    }
}

#[test]
fn set_delegate_ok_while_pending() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let position = world.place(&owner, &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD)).unwrap();
    let delegate = world.wallet();
    world.send(&[ix::set_delegate(owner.key, position, delegate)]).unwrap();
    assert_eq!(world.position(&position).delegate, delegate);
}

#[test]
fn set_delegate_fails_by_anybody_but_the_owner() {
    let (mut world, owner, position) = opened();
    let (delegate, stranger) = (world.wallet(), world.wallet());
    world.send(&[ix::set_delegate(owner.key, position, delegate)]).unwrap();
    for other in [delegate, stranger, world.admin] {
        let instruction = ix::set_delegate(other, position, other);
        refused(&mut world, &instruction, BulkheadError::OwnerRequired);
    }
    let mine = ix::set_delegate(owner.key, position, stranger);
    refused(&mut world, &unsigned(&mine, owner.key), ErrorCode::AccountNotSigner);
}

#[test]
fn set_delegate_fails_with_accounts_that_are_no_position() {
    let (mut world, owner, position) = opened();
    let delegate = world.wallet();
    let instruction = ix::set_delegate(owner.key, position, delegate);
    refuses_readonly(&mut world, &instruction, &[]);
    refuses_impostors(&mut world, &instruction, &[]);
    let market = swapped(&instruction, position, world.keys.market);
    refused(&mut world, &market, ErrorCode::AccountDiscriminatorMismatch);
    let nothing = swapped(&instruction, position, owner.key);
    refused(&mut world, &nothing, ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn set_delegate_ok_a_delegate_places_and_adds_at_their_own_cost() {
    let (mut world, owner, position) = opened();
    let delegate = world.actor(500 * USD);
    world.send(&[ix::set_delegate(owner.key, position, delegate.key)]).unwrap();
    let owner_before = Snapshot::of(&world, [owner.key, owner.tokens]);
    let keys = world.keys;

    let args = decrease(&world, &position, BTC / 20);
    world.send(&[ix::place_order(&keys, delegate.key, delegate.key, position, args)]).unwrap();
    assert_eq!(world.order(&pda::order(&position, 1)).payer, delegate.key);
    world.send(&[ix::add_collateral(&keys, delegate.key, delegate.tokens, position, 500 * USD)]).unwrap();
    assert_eq!(world.vault_balance(&position), 1_500 * USD);
    world.advance(136);
    world.send(&[ix::cancel_order(&keys, delegate.key, position, 1, delegate.key)]).unwrap();
    owner_before.assert_unchanged(&world);
}

#[test]
fn set_delegate_fails_to_let_a_delegate_take_or_open() {
    let (mut world, owner, position) = opened();
    let delegate = world.actor(0);
    world.send(&[ix::set_delegate(owner.key, position, delegate.key)]).unwrap();
    let keys = world.keys;

    let remove = ix::remove_collateral(&keys, delegate.key, position, delegate.tokens, 1);
    refused(&mut world, &remove, BulkheadError::OwnerRequired);
    let close = ix::close_position(&keys, delegate.key, position, delegate.tokens);
    refused(&mut world, &close, BulkheadError::OwnerRequired);
    // Out of the owner's wallet, in the delegate's name and in the owner's.
    let pull = ix::add_collateral(&keys, delegate.key, owner.tokens, position, 1);
    refused(&mut world, &pull, token_error::OWNER_MISMATCH);
    let pull = ix::add_collateral(&keys, owner.key, owner.tokens, position, 1);
    refused(&mut world, &unsigned(&pull, owner.key), ErrorCode::AccountNotSigner);
    // An order at the owner's cost.
    let args = decrease(&world, &position, BTC / 20);
    let order = ix::place_order(&keys, delegate.key, owner.key, position, args);
    refused(&mut world, &unsigned(&order, owner.key), ErrorCode::AccountNotSigner);
    // A position of the owner's.
    let opening = bulkhead::instructions::PlaceOpeningOrderArgs {
        position_id: 1,
        side: PositionSide::Long,
        collateral_atoms: 1_000 * USD,
        kind: OrderKind::Market,
        size_atoms: BTC / 10,
        acceptable_price_e12: u64::MAX,
        payout_cap_ppm: 1_000_000,
        tip_lamports: TIP_LAMPORTS_MIN,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    let open = ix::place_opening_order(&keys, owner.key, delegate.key, owner.tokens, opening);
    refused(&mut world, &unsigned(&open, owner.key), ErrorCode::AccountNotSigner);
}

#[test]
fn set_delegate_fails_to_let_a_former_delegate_place() {
    let (mut world, owner, position) = opened();
    let (first, second) = (world.wallet(), world.wallet());
    world.send(&[ix::set_delegate(owner.key, position, first)]).unwrap();
    world.send(&[ix::set_delegate(owner.key, position, second)]).unwrap();
    let (keys, args) = (world.keys, decrease(&world, &position, BTC / 20));
    let order = ix::place_order(&keys, first, first, position, args);
    refused(&mut world, &order, BulkheadError::OwnerOrDelegateRequired);
    world.send(&[ix::set_delegate(owner.key, position, Pubkey::default())]).unwrap();
    let order = ix::place_order(&keys, second, second, position, args);
    refused(&mut world, &order, BulkheadError::OwnerOrDelegateRequired);
    // Nobody is not somebody: the default key has no powers even if a signature of it could be had.
    let order = ix::place_order(&keys, Pubkey::default(), second, position, args);
    refused(&mut world, &order, BulkheadError::OwnerOrDelegateRequired);
}
