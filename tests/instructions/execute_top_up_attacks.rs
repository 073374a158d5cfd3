//! `execute_top_up` against those who want the money: keepers, neighbours, and whoever waits for a wick.

use bulkhead::error::BulkheadError;
use bulkhead::instructions::SetTopUpArgs;
use bulkhead::state::{OrderAction, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World};
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::{Scene, WEALTH, all_accounts, changed};
use bulkhead_tests::top_ups::{PLAN, planned, quoted, tops_up_as_the_host};
use bulkhead_tests::*;
use solana_pubkey::Pubkey;

/// A neighbour in the same market with the same plan, below its trigger too.
fn neighbour(scene: &mut Scene) -> (bulkhead_lab::world::Actor, Pubkey) {
    let owner = scene.world.actor(WEALTH);
    let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD);
    let position = scene.world.open(&owner, &opening).unwrap();
    scene.world.approve_top_ups(&owner, PLAN.budget_atoms).unwrap();
    scene.world.set_top_up(&owner, position, PLAN).unwrap();
    (owner, position)
}

#[test]
fn execute_top_up_fails_for_the_second_keeper_of_a_slot() {
    let mut scene = planned(SetTopUpArgs { trigger_ppm: 5_000_000, ..PLAN });
    scene.price(58_000, 10);
    let first = scene.world.top_up(scene.position);
    let second = scene.world.actor(0);
    let keys = scene.world.keys;
    let owner = scene.owner;
    let rival = ix::execute_top_up(&keys, second.key, second.tokens, scene.position, owner.key, owner.tokens);
    // In one transaction, both fail; one after the other, the second does.
    let before = Snapshot::of_all(&scene.world, &[first.clone(), rival.clone()]);
    assert!(scene.world.send(&[first.clone(), rival.clone()]).is_err());
    before.assert_unchanged(&scene.world);
    scene.send(first);
    refused(&mut scene.world, &rival, BulkheadError::TopUpTooEarly);
    assert_eq!(scene.world.token_balance(&second.tokens), 0);
}

#[test]
fn execute_top_up_ok_wicks_take_no_more_than_interval_and_budget_allow() {
    let args =
        SetTopUpArgs { trigger_ppm: 5_000_000, amount_atoms: 100 * USD, keeper_pay_atoms: 5 * USD, ..PLAN };
    let mut scene = planned(args);
    let (mut moved, mut times) = (0, 0);
    // A wick every other second for half an hour, and a keeper who tries at each price.
    for second in 0..1_800 {
        scene.price(if second % 2 == 0 { 58_500 } else { 59_500 }, 1);
        let wealth = scene.tokens().owner;
        if scene.world.execute_top_up(scene.position).is_ok() {
            moved += wealth - scene.tokens().owner;
            times += 1;
            assert!(moved <= times * 100 * USD);
            assert!(times <= 1 + (second + 1) / 60, "{times} top-ups in {second} seconds");
        }
    }
    assert_eq!((times, moved), (10, 1_000 * USD), "the budget bounds it");
    assert_eq!(scene.tokens().keeper, 50 * USD, "5 % of it at most goes to keepers");
    assert_eq!(scene.world.vault_balance(&scene.position), 1_450 * USD, "the rest is still the owner's");
}

#[test]
fn execute_top_up_fails_by_a_plan_of_another() {
    let mut scene = planned(PLAN);
    let (victim, theirs) = neighbour(&mut scene);
    scene.price(58_000, 10);
    let top_up = scene.world.top_up(scene.position);
    let (position, owner) = (scene.position, scene.owner);
    let mismatch = BulkheadError::TopUpPlanMismatch;
    let plan = pda::top_up(&position);
    refused(&mut scene.world, &swapped(&top_up, plan, pda::top_up(&theirs)), mismatch);
    // The victim's plan, source and authority, all that belongs together, on the attacker's position.
    let mut drained = swapped(&top_up, plan, pda::top_up(&theirs));
    drained = swapped(&drained, owner.tokens, victim.tokens);
    drained = swapped(&drained, pda::top_up_authority(&owner.key), pda::top_up_authority(&victim.key));
    refused(&mut scene.world, &drained, mismatch);
    // The attacker's plan on the victim's money, with either authority.
    let source = swapped(&top_up, owner.tokens, victim.tokens);
    refused(&mut scene.world, &source, BulkheadError::TopUpSourceMismatch);
    let authority = swapped(&top_up, pda::top_up_authority(&owner.key), pda::top_up_authority(&victim.key));
    refused(&mut scene.world, &authority, anchor_lang::error::ErrorCode::ConstraintSeeds);
}

#[test]
fn execute_top_up_fails_out_of_an_account_that_changed_hands() {
    let mut scene = planned(PLAN);
    let victim = scene.world.actor(WEALTH);
    scene.price(58_000, 10);
    let top_up = scene.world.top_up(scene.position);
    // With the approval left standing, as neither token program would: the owner in the account counts.
    let mut account = scene.world.account(&scene.owner.tokens).unwrap();
    account.data[32..64].copy_from_slice(victim.key.as_ref());
    scene.world.set_account(scene.owner.tokens, account);
    refused(&mut scene.world, &top_up, BulkheadError::TopUpSourceOwnerMismatch);
}

#[test]
fn execute_top_up_fails_without_a_sufficient_approval() {
    let mut scene = planned(PLAN);
    scene.price(58_000, 10);
    let (owner, top_up) = (scene.owner, scene.world.top_up(scene.position));
    let not_approved = BulkheadError::TopUpNotApproved;
    scene.world.revoke_top_ups(&owner).unwrap();
    refused(&mut scene.world, &top_up, not_approved);
    scene.world.approve_top_ups(&owner, 300 * USD - 1).unwrap();
    refused(&mut scene.world, &top_up, not_approved);
    // Somebody else is the delegate now: an account has one.
    let spl = spl_token_interface::ID;
    let other = scene.world.key();
    let approve =
        spl_token_interface::instruction::approve(&spl, &owner.tokens, &other, &owner.key, &[], u64::MAX);
    scene.send(approve.unwrap());
    refused(&mut scene.world, &top_up, not_approved);
    scene.world.approve_top_ups(&owner, 300 * USD).unwrap();
    tops_up_as_the_host(&mut scene);
}

#[test]
fn execute_top_up_fails_when_the_source_is_frozen_or_empty() {
    let mut scene = planned(PLAN);
    scene.price(58_000, 10);
    let (owner, top_up) = (scene.owner, scene.world.top_up(scene.position));
    let unable = BulkheadError::TopUpSourceUnable;
    scene.world.freeze(owner.tokens);
    refused(&mut scene.world, &top_up, unable);
    scene.world.thaw(owner.tokens);
    let spend = scene.tokens().owner - 300 * USD + 1;
    let elsewhere = scene.world.actor(0);
    let transfer = spl_token_interface::instruction::transfer_checked(
        &spl_token_interface::ID,
        &owner.tokens,
        &scene.world.mint,
        &elsewhere.tokens,
        &owner.key,
        &[],
        spend,
        6,
    );
    scene.send(transfer.unwrap());
    refused(&mut scene.world, &top_up, unable);
    scene.world.mint_to(owner.tokens, 1);
    tops_up_as_the_host(&mut scene);
    assert_eq!(scene.tokens().owner, 0);
}

#[test]
fn execute_top_up_fails_with_a_keeper_account_of_its_own() {
    let mut scene = planned(PLAN);
    scene.price(58_000, 10);
    let top_up = scene.world.top_up(scene.position);
    let keeper = scene.world.keeper.tokens;
    for own in [scene.vault(), scene.owner.tokens] {
        let tampered = swapped(&top_up, keeper, own);
        refused(&mut scene.world, &tampered, BulkheadError::TopUpKeeperAccountRefused);
    }
    let mint = scene.world.create_mint(spl_token_interface::ID, 6);
    let foreign = scene.world.actor_of(mint, 0);
    refused(&mut scene.world, &swapped(&top_up, keeper, foreign.tokens), token_error::MINT_MISMATCH);
    let wallet = scene.world.keeper.key;
    refused(&mut scene.world, &swapped(&top_up, keeper, wallet), BulkheadError::NotATokenAccount);
    scene.world.freeze(keeper);
    refused(&mut scene.world, &top_up, token_error::FROZEN);
}

#[test]
fn execute_top_up_fails_with_foreign_accounts() {
    let mut scene = planned(PLAN);
    let others = Others::beside(&mut scene.world);
    scene.price(58_000, 10);
    let top_up = scene.world.top_up(scene.position);
    refuses_foreign_accounts(&mut scene, &others, &top_up);
    refuses_readonly(&mut scene.world, &top_up, &[]);
    refuses_impostors(&mut scene.world, &top_up, &[]);
    let keeper = scene.world.keeper.key;
    let unsigned = unsigned(&top_up, keeper);
    refused(&mut scene.world, &unsigned, anchor_lang::error::ErrorCode::AccountNotSigner);
    tops_up_as_the_host(&mut scene);
}

#[test]
fn execute_top_up_ok_touches_nothing_else() {
    let mut scene = planned(PLAN);
    neighbour(&mut scene);
    scene.price(58_000, 10);
    let before = all_accounts(&scene.world);
    let top_up = scene.world.top_up(scene.position);
    scene.send(top_up);
    let mut expected = vec![
        scene.position,
        scene.vault(),
        pda::top_up(&scene.position),
        scene.owner.tokens,
        scene.world.keeper.tokens,
        scene.world.fee_payer,
    ];
    expected.sort_unstable();
    assert_eq!(changed(&before, &all_accounts(&scene.world)), expected);
}

#[test]
fn execute_top_up_fails_on_a_later_position_of_the_owner() {
    let mut scene = planned(PLAN);
    let (owner, old, keys) = (scene.owner, scene.position, scene.world.keys);
    let id = scene.world.place_order(&owner, old, OrderAction::Decrease, u64::MAX).unwrap();
    scene.world.advance(5);
    scene.world.execute(old, id).unwrap();
    scene.send(ix::close_position(&keys, owner.key, old, owner.tokens));
    let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD);
    let new = scene.world.open(&owner, &opening).unwrap();
    assert_ne!(old, new, "ids never repeat");
    scene.price(58_000, 10);
    let replayed = scene.world.top_up(old);
    // On the old address, where nothing lies; on the new one, with the old plan; and with no plan at all.
    let gone = anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram;
    refused(&mut scene.world, &replayed, gone);
    let moved = swapped(&swapped(&replayed, old, new), pda::vault(&old), pda::vault(&new));
    refused(&mut scene.world, &moved, BulkheadError::TopUpPlanMismatch);
    let unplanned = swapped(&moved, pda::top_up(&old), pda::top_up(&new));
    refused(&mut scene.world, &unplanned, gone);
    // Whoever likes sweeps the old plan; the approval stays for the owner's next one.
    let sweeper = scene.world.actor(0);
    scene.world.cancel_top_up(&sweeper, old).unwrap();
    scene.world.set_top_up(&owner, new, PLAN).unwrap();
    scene.position = new;
    tops_up_as_the_host(&mut scene);
}

#[test]
fn execute_top_up_fails_after_its_plan_was_cancelled() {
    let mut scene = planned(PLAN);
    scene.price(58_000, 10);
    let (owner, position) = (scene.owner, scene.position);
    let top_up = scene.world.top_up(position);
    scene.world.cancel_top_up(&owner, position).unwrap();
    let gone = anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram;
    refused(&mut scene.world, &top_up, gone);
}

#[test]
fn execute_top_up_ok_two_plans_share_one_approval_and_no_more() {
    let mut scene = planned(PLAN);
    let owner = scene.owner;
    let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD);
    let second = scene.world.open(&owner, &opening).unwrap();
    scene.world.set_top_up(&owner, second, PLAN).unwrap();
    scene.world.approve_top_ups(&owner, 599 * USD).unwrap();
    scene.price(58_000, 10);
    tops_up_as_the_host(&mut scene);
    let other = scene.world.top_up(second);
    refused(&mut scene.world, &other, BulkheadError::TopUpNotApproved);
    scene.world.approve_top_ups(&owner, 300 * USD).unwrap();
    scene.send(other);
}

#[test]
fn execute_top_up_fails_on_an_old_price_that_the_market_is_past() {
    let mut scene = planned(PLAN);
    scene.price(58_000, 10);
    let wick = scene.world.price_of(&scene.world.keys.price).unwrap().clone();
    scene.world.move_price(60_000 * E8, 3).unwrap();
    scene.world.set_price(&wick);
    let top_up = scene.world.top_up(scene.position);
    refused(&mut scene.world, &top_up, BulkheadError::PriceNotMonotonic);
}

#[test]
fn execute_top_up_ok_owner_as_keeper_pays_itself() {
    let mut scene = planned(PLAN);
    scene.price(58_000, 10);
    let owner = scene.owner;
    let other = scene.world.create_token_account(scene.world.mint, owner.key);
    let keys = scene.world.keys;
    let top_up = ix::execute_top_up(&keys, owner.key, other, scene.position, owner.key, owner.tokens);
    let split = quoted(&scene).unwrap().split;
    scene.send(top_up);
    assert_eq!(scene.world.token_balance(&other), split.keeper_pay.get());
    assert_eq!(scene.tokens().owner, WEALTH - 500 * USD - split.moved().unwrap().get());
}

#[test]
fn execute_top_up_fails_on_an_approval_alone() {
    // Nobody set a plan: there is nothing that an approval alone lets anyone move.
    let mut scene =
        Scene::with(World::new().unwrap(), &Opening::new(PositionSide::Long, BTC / 10, 500 * USD));
    let owner = scene.owner;
    scene.world.approve_top_ups(&owner, u64::MAX).unwrap();
    scene.price(58_000, 10);
    let keeper = scene.world.keeper;
    let keys = scene.world.keys;
    let top_up =
        ix::execute_top_up(&keys, keeper.key, keeper.tokens, scene.position, owner.key, owner.tokens);
    refused(&mut scene.world, &top_up, anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram);
}
