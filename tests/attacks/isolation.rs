//! INV-10: what names one position changes no byte and no lamport of any other, of its vault, its orders, or
//! of another market. After every transaction, exactly the accounts that it should have touched differ.

use std::collections::BTreeSet;

use bulkhead::instructions::{DepositArgs, ExecuteOrderArgs, PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{Market, OrderAction, OrderKind, PositionSide};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Actor, Opening, World};
use bulkhead_tests::keeping::{Neighbour, all_accounts, changed, publish};
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// Two owners with two positions each in market 0, both sides, each with orders waiting; and a neighbour in
/// market 1. `a` is the position that everything happens to.
struct Town {
    world: World,
    keys: MarketKeys,
    owner: Actor,
    a: Pubkey,
    vault: Pubkey,
    pool: Pubkey,
    insurance: Pubkey,
    /// Other positions of the market.
    others: Vec<Pubkey>,
    neighbour: Neighbour,
}

impl Town {
    /// `a` with so much behind 6,000 USD, and so much of it as the most it can win.
    fn with(collateral: u64, payout_cap_ppm: u32) -> Self {
        let mut world = world_with(|params| {
            params.trade_fee_ppm = 1_000;
            (params.borrow_kink_rate_e12, params.borrow_full_rate_e12) = (6_342, 95_129);
        });
        let (owner, other) = (world.actor(50_000 * USD), world.actor(50_000 * USD));
        let opening =
            Opening::new(PositionSide::Long, BTC / 10, collateral * USD).with_payout_cap(payout_cap_ppm);
        let a = world.open(&owner, &opening).unwrap();
        let mut others = Vec::new();
        for (who, side) in
            [(owner, PositionSide::Long), (other, PositionSide::Long), (other, PositionSide::Short)]
        {
            let position = world.open(&who, &Opening::new(side, BTC / 5, 5_000 * USD)).unwrap();
            world.place_order(&who, position, OrderAction::Decrease, BTC / 50).unwrap();
            world.place_order(&who, position, OrderAction::Increase, BTC / 50).unwrap();
            others.push(position);
        }
        assert_eq!(world.position(&a).status, 1, "the opening order was spent");
        let neighbour = Neighbour::beside(&mut world);
        let keys = world.keys;
        world.advance(2);
        Self {
            keys,
            owner,
            a,
            vault: pda::vault(&a),
            pool: pda::pool_vault(&keys.market),
            insurance: pda::insurance_vault(&keys.market),
            others,
            neighbour,
            world,
        }
    }

    /// Sends it; exactly `touched` differ afterwards, besides whoever paid the transaction.
    #[track_caller]
    fn touches(&mut self, instruction: Instruction, touched: &[Pubkey]) {
        let before = all_accounts(&self.world);
        self.world.send(&[instruction]).unwrap();
        let found: BTreeSet<_> = changed(&before, &all_accounts(&self.world)).into_iter().collect();
        let mut expected: BTreeSet<_> = touched.iter().copied().collect();
        expected.insert(self.world.fee_payer);
        let names = self.names();
        let name = |address: &Pubkey| {
            let known = names.iter().find(|(known, _)| known == address);
            known.map_or_else(|| address.to_string(), |(_, name)| (*name).to_owned())
        };
        let surplus: Vec<_> = found.difference(&expected).map(name).collect();
        let lacking: Vec<_> = expected.difference(&found).map(name).collect();
        assert!(surplus.is_empty() && lacking.is_empty(), "also changed {surplus:?}, and not {lacking:?}");
    }

    fn names(&self) -> Vec<(Pubkey, &'static str)> {
        let there = &self.neighbour;
        vec![
            (self.keys.market, "market"),
            (self.a, "position"),
            (self.vault, "vault"),
            (self.pool, "pool vault"),
            (self.insurance, "insurance vault"),
            (self.owner.key, "owner"),
            (self.owner.tokens, "owner's tokens"),
            (self.world.keeper.key, "keeper"),
            (self.world.keeper.tokens, "keeper's tokens"),
            (there.keys.market, "other market"),
            (there.position, "position of the other market"),
        ]
    }

    fn price(&mut self, usd: u64, secs: i64) {
        publish(&mut self.world, usd * E8, 400, secs);
    }

    fn order(&mut self, action: OrderAction, size_atoms: u64) -> (Instruction, Pubkey, u32) {
        let order_id = self.world.position(&self.a).next_order_id;
        let args = PlaceOrderArgs {
            order_id,
            action,
            kind: OrderKind::Market,
            size_atoms,
            acceptable_price_e12: if action == OrderAction::Increase { u64::MAX } else { 0 },
            payout_cap_ppm: 1_000_000,
            tip_lamports: 10_000,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let owner = self.owner.key;
        let instruction = ix::place_order(&self.keys, owner, owner, self.a, args);
        (instruction, pda::order(&self.a, order_id), order_id)
    }

    fn execution(&self, id: u32) -> Instruction {
        let order = self.world.order(&pda::order(&self.a, id));
        let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: order.tip_lamports };
        ix::execute_order(&self.keys, self.world.keeper.key, self.a, id, order.payer, args)
    }

    fn liquidation(&self) -> Instruction {
        let keeper = self.world.keeper;
        ix::liquidate(&self.keys, keeper.key, keeper.tokens, self.a)
    }

    fn close(&self) -> Instruction {
        ix::close_position(&self.keys, self.owner.key, self.a, self.owner.tokens)
    }
}

#[test]
fn isolation_ok_trading_one_position() {
    let mut town = Town::with(2_000, 1_000_000);
    let (keys, owner, a) = (town.keys, town.owner, town.a);
    let (market, vault, pool, keeper) = (keys.market, town.vault, town.pool, town.world.keeper.key);
    for action in [OrderAction::Increase, OrderAction::Decrease] {
        let (place, order, id) = town.order(action, BTC / 100);
        town.touches(place, &[a, order, owner.key]);
        town.world.advance(5);
        let execution = town.execution(id);
        town.touches(execution, &[market, a, vault, pool, order, owner.key, keeper]);
    }
    let add = ix::add_collateral(&keys, owner.key, owner.tokens, a, 7 * USD);
    town.touches(add, &[a, vault, owner.tokens]);
    town.world.advance(3);
    // Borrow has accrued: part of what leaves goes to the pool.
    let remove = ix::remove_collateral(&keys, owner.key, a, owner.tokens, 5 * USD);
    town.touches(remove, &[market, a, vault, pool, owner.tokens]);
    town.touches(ix::set_delegate(owner.key, a, keeper), &[a]);

    let (place, order, id) = town.order(OrderAction::Decrease, BTC / 100);
    town.touches(place, &[a, order, owner.key]);
    town.world.advance(200);
    let cancel = ix::cancel_order(&keys, keeper, a, id, owner.key);
    town.touches(cancel, &[a, order, owner.key, keeper]);

    town.world.send(&[ix::update_market(&keys)]).unwrap();
    let (place, order, id) = town.order(OrderAction::Decrease, u64::MAX);
    town.touches(place, &[a, order, owner.key]);
    town.world.advance(5);
    let execution = town.execution(id);
    town.touches(execution, &[market, a, vault, pool, order, owner.key, keeper]);
    let close = town.close();
    town.touches(close, &[a, vault, owner.key, owner.tokens]);
}

#[test]
fn isolation_ok_keeping_one_position() {
    let mut town = Town::with(550, 1_000_000);
    let (keys, a) = (town.keys, town.a);
    let (market, vault, pool, insurance) = (keys.market, town.vault, town.pool, town.insurance);
    let keeper = town.world.keeper;
    town.touches(ix::view_position(&keys, a), &[]);
    town.world.send(&[ix::update_market(&keys)]).unwrap();
    town.price(59_500, 61);
    town.touches(ix::update_market(&keys), &[market]);
    town.price(59_400, 61);
    town.touches(ix::refresh_position(&keys, a), &[a]);
    town.touches(ix::flag(&keys, &[a]), &[]);
    let liquidation = town.liquidation();
    // Healthy: it stores what it saw, and what the position owes by now.
    town.touches(liquidation.clone(), &[market, a]);
    town.price(57_200, 10);
    town.touches(ix::flag(&keys, &[a]), &[a]);
    town.price(57_200, 2);
    let paid = [market, a, vault, pool, insurance, keeper.tokens];
    town.touches(liquidation.clone(), &paid);
    assert_eq!(town.world.position(&a).status, 1, "in part");
    town.price(54_400, 10);
    town.touches(ix::flag(&keys, &[a]), &[a]);
    town.price(54_400, 2);
    town.touches(liquidation.clone(), &paid);
    assert_eq!(town.world.position(&a).status, 2, "whole");
    town.touches(liquidation, &[]);
    let (close, owner) = (town.close(), town.owner);
    town.touches(close, &[a, vault, owner.key, owner.tokens]);
}

#[test]
fn isolation_ok_settling_one_position() {
    for settle in [true, false] {
        let mut town = Town::with(600, 50_000);
        let (keys, a) = (town.keys, town.a);
        let touched = [keys.market, a, town.vault, town.pool];
        town.price(66_000, 10);
        let instruction = match settle {
            true => ix::settle_capped(&keys, town.world.keeper.key, town.world.keeper.tokens, a),
            false => town.liquidation(),
        };
        town.touches(instruction, &touched);
    }
}

#[test]
fn isolation_ok_insolvent_takes_its_own_vault_and_nothing_else() {
    let mut town = Town::with(550, 1_000_000);
    let (keys, a) = (town.keys, town.a);
    let touched = [keys.market, a, town.vault, town.pool];
    town.price(40_000, 10);
    let liquidation = town.liquidation();
    town.touches(liquidation, &touched);
    assert_eq!(town.world.token_balance(&town.vault), 0);
    assert!(town.world.market().shortfall_total_atoms > 1_000 * USD);
}

#[test]
fn isolation_ok_frozen_position() {
    for (usd, cap) in [(40_000, 1_000_000), (66_000, 50_000)] {
        let mut town = Town::with(600, cap);
        let (keys, a, vault) = (town.keys, town.a, town.vault);
        town.world.freeze(vault);
        town.price(usd, 10);
        let liquidation = town.liquidation();
        town.touches(liquidation, &[keys.market, a]);
        town.world.thaw(vault);
        let touched = [keys.market, a, vault, town.pool];
        town.touches(ix::collect_frozen(&keys, a), &touched);
    }
}

/// The end of a market: nothing of any position until somebody settles that one.
#[test]
fn isolation_ok_settled_market() {
    let mut town = Town::with(600, 1_000_000);
    let (keys, a, keeper) = (town.keys, town.a, town.world.keeper.key);
    town.world.wind_down().unwrap();
    let kept = pda::settlement(&keys.market);
    for minute in 0..59 {
        town.world.warp_to(town.world.now() / 60 * 60 + 60);
        town.price(61_000 + minute, 0);
        let touched: &[_] = if minute == 0 { &[keys.market, kept, keeper] } else { &[keys.market, kept] };
        town.touches(ix::record_settlement_price(&keys, keeper), touched);
    }
    town.world.warp_to(town.world.market().wind_down_from + 3_600);
    town.touches(ix::settle_market(keys.market, keeper), &[keys.market, kept, keeper]);
    let touched = [keys.market, a, town.vault, town.pool];
    town.touches(ix::settle_position(&keys, keeper, a), &touched);
    town.touches(ix::view_rates(keys.market), &[]);
    for position in town.others.clone() {
        town.world.settle_position(&keys, position).unwrap();
    }
    let insurance = town.insurance;
    town.world.mint_to(insurance, USD);
    poke(&mut town.world, &keys.market, |market: &mut Market| market.insurance_atoms += USD);
    town.touches(ix::release_funds(&keys), &[keys.market, town.pool, insurance]);
}

#[test]
fn isolation_ok_what_names_no_position_changes_none() {
    let mut town = Town::with(2_000, 1_000_000);
    let (keys, lp, receiver) = (town.keys, town.world.actor(1_000 * USD), town.world.fee_receiver);
    town.world.send(&[ix::update_market(&keys)]).unwrap();
    let lp_mint = pda::lp_mint(&keys.market);
    let shares = town.world.create_token_account(lp_mint, lp.key);
    let args = DepositArgs { amount_atoms: 1_000 * USD, shares_min: 0 };
    let deposit = ix::deposit(&keys, lp.key, lp.tokens, shares, args);
    town.touches(deposit, &[keys.market, town.pool, lp.tokens, shares, lp_mint]);
    let receiver = town.world.create_token_account(town.world.mint, receiver);
    town.touches(ix::collect_fees(&keys, receiver), &[keys.market, town.pool, receiver]);
    let (there, now) = (town.neighbour.keys, town.world.now());
    assert!(town.world.price_of(&there.price).is_some_and(|price| price.publish_time == now));
    town.touches(ix::update_market(&there), &[there.market]);
}

#[test]
fn isolation_ok_opening_beside_others() {
    let mut town = Town::with(2_000, 1_000_000);
    let (keys, owner) = (town.keys, town.owner);
    let args = PlaceOpeningOrderArgs {
        position_id: 2,
        side: PositionSide::Short,
        collateral_atoms: 1_000 * USD,
        kind: OrderKind::Market,
        size_atoms: BTC / 10,
        acceptable_price_e12: 0,
        payout_cap_ppm: 1_000_000,
        tip_lamports: 10_000,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    let position = pda::position(&keys.market, &owner.key, 2);
    let (vault, order) = (pda::vault(&position), pda::order(&position, 0));
    let trader = pda::trader(&keys.market, &owner.key);
    let place = ix::place_opening_order(&keys, owner.key, owner.key, owner.tokens, args);
    town.touches(place, &[trader, position, vault, order, owner.key, owner.tokens]);
    town.world.send(&[ix::update_market(&keys)]).unwrap();
    town.world.advance(5);
    (town.a, town.vault) = (position, vault);
    let (execution, keeper) = (town.execution(0), town.world.keeper.key);
    town.touches(execution, &[keys.market, position, vault, town.pool, order, owner.key, keeper]);
}

/// Nobody else's vault can be named in the place of one's own: `bulkhead_tests::foreign` for the instructions
/// of keepers; here for those of owners.
#[test]
fn isolation_fails_with_anothers_vault_in_an_owners_instruction() {
    let mut town = Town::with(2_000, 1_000_000);
    let (keys, owner, a) = (town.keys, town.owner, town.a);
    town.world.send(&[ix::update_market(&keys)]).unwrap();
    let theirs = pda::vault(&town.neighbour.position);
    let sibling = pda::vault(&pda::position(&keys.market, &owner.key, 1));
    let (place, _, id) = town.order(OrderAction::Decrease, BTC / 100);
    town.world.send(&[place]).unwrap();
    town.world.advance(5);
    let instructions = [
        ix::add_collateral(&keys, owner.key, owner.tokens, a, USD),
        ix::remove_collateral(&keys, owner.key, a, owner.tokens, USD),
        town.close(),
        town.execution(id),
    ];
    for instruction in instructions {
        for other in [theirs, sibling, town.pool, town.insurance, owner.tokens] {
            let tampered = swapped(&instruction, town.vault, other);
            refused(&mut town.world, &tampered, bulkhead::error::BulkheadError::PositionVaultMismatch);
        }
    }
}
