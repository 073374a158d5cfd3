//! What a fill does, to the atom and the lamport.

use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::events::{ClosedAmounts, PositionDecreased, PositionIncreased};
use bulkhead::state::{Market, Order, OrderAction, Position, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{PriceUpdate, World, any_price};
use bulkhead_risk::transition::{self, DecreaseArgs, IncreaseArgs};
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12, Purpose, SideLedger};
use bulkhead_tests::*;

use crate::desk::Desk;

/// What an order of `size` to grow the position would do now.
fn increase_report(desk: &Desk, size: u64) -> transition::IncreaseReport {
    let seen = seen(&desk.world, Purpose::Risk);
    let position = desk.world.position(&desk.position);
    let side = if position.side == 0 { PositionSide::Long } else { PositionSide::Short };
    let args = IncreaseArgs {
        size: BaseAtoms(size),
        payout_cap_ppm: Ppm(1_000_000),
        acceptable: PriceE12(any_price(side, OrderAction::Increase)),
    };
    transition::increase(&seen.market, &position.view().unwrap(), &seen.sample, &args, seen.now).unwrap()
}

fn decrease_report(desk: &Desk, size: u64) -> transition::DecreaseReport {
    let seen = seen(&desk.world, Purpose::Decrease);
    let position = desk.world.position(&desk.position);
    let side = if position.side == 0 { PositionSide::Long } else { PositionSide::Short };
    let acceptable = PriceE12(any_price(side, OrderAction::Decrease));
    let args = DecreaseArgs { size: BaseAtoms(size), acceptable };
    transition::decrease(&seen.market, &position.view().unwrap(), &seen.sample, &args, seen.now).unwrap()
}

fn pool_vault(desk: &Desk) -> u64 {
    desk.world.token_balance(&pda::pool_vault(&desk.keys().market))
}

#[test]
fn execute_order_ok_opens_at_the_edge_against_the_position() {
    // 60,000 plus or minus 4 basis points; 0.1 BTC; a fee of 0.1 %.
    for (side, fill, notional, fee) in [
        (PositionSide::Long, 60_024 * E12, 6_002_400_000, 6_002_400),
        (PositionSide::Short, 59_976 * E12, 5_997_600_000, 5_997_600),
    ] {
        let mut desk = Desk::pending(side);
        desk.world.advance(5);
        let (before, expected) = (desk.world.position(&desk.position), increase_report(&desk, BTC / 10));
        let (pool, market_before) = (pool_vault(&desk), desk.world.market());
        let done = desk.world.execute(desk.position, 0).unwrap();

        let after = desk.world.position(&desk.position);
        assert_eq!(after.view().unwrap(), expected.position);
        let stored = Position { open_orders: 0, ..before };
        assert_eq!((after.id, after.owner, after.vault), (stored.id, stored.owner, stored.vault));
        assert_eq!((after.status, after.size_atoms, after.entry_price_e12), (1, BTC / 10, fill));
        assert_eq!((after.collateral_atoms, after.reserved_atoms), (1_000 * USD - fee, notional));
        assert_eq!((after.open_orders, after.next_order_id), (0, 1));
        assert_eq!(after.opened_at, desk.world.now());
        assert_eq!(desk.world.vault_balance(&desk.position), 1_000 * USD - fee);
        assert_eq!(pool_vault(&desk), pool + fee);

        let market = desk.world.market();
        assert_eq!(market.ledger(), expected.ledger);
        assert_eq!(market.protocol_fees_atoms, fee / 10);
        assert_eq!(market.crank_budget_atoms, fee / 20);
        assert_eq!(market.pool_atoms, market_before.pool_atoms + fee - fee / 10 - fee / 20);
        let (own, other) = match side {
            PositionSide::Long => (market.long, market.short),
            PositionSide::Short => (market.short, market.long),
        };
        assert_eq!((own.open_interest_atoms, own.positions, own.reserved_atoms), (BTC / 10, 1, notional));
        assert_eq!(u128::from(own.cost_e12), u128::from(BTC / 10) * u128::from(fill));
        assert_eq!((other.positions, other.open_interest_atoms), (0, 0));
        let event = PositionIncreased {
            market: desk.keys().market,
            position: desk.position,
            order: pda::order(&desk.position, 0),
            executor: desk.world.keeper.key,
            fill_price_e12: fill,
            size_atoms: BTC / 10,
            entry_price_e12: fill,
            notional_atoms: notional,
            trade_fee_atoms: fee,
            owed_paid_atoms: 0,
            collateral_atoms: 1_000 * USD - fee,
            reserved_atoms: notional,
            margin_ppm: after.margin_ppm,
            addon_ppm: after.addon_ppm,
        };
        assert_events(&done, [event.into()]);
    }
}

#[test]
fn execute_order_ok_pays_the_tip_and_returns_the_rent() {
    let mut desk = Desk::open(PositionSide::Long);
    let friend = desk.world.wallet();
    let args = bulkhead::instructions::PlaceOrderArgs {
        tip_lamports: 70_000,
        ..desk.order_args(OrderAction::Decrease, BTC / 50)
    };
    let place = ix::place_order(&desk.keys(), desk.owner.key, friend, desk.position, args);
    desk.world.send(&[place]).unwrap();
    let order = pda::order(&desk.position, 1);
    // Lamports that somebody sends to the order go to its payer.
    desk.world.set_lamports(order, desk.world.lamports(&order) + 99);
    desk.world.advance(5);
    let [keeper, payer, owner] =
        [desk.world.keeper.key, friend, desk.owner.key].map(|key| desk.world.lamports(&key));
    desk.world.execute(desk.position, 1).unwrap();
    assert_eq!(desk.world.lamports(&desk.world.keeper.key), keeper + 70_000);
    assert_eq!(desk.world.lamports(&friend), payer + rent_of::<Order>(&desk.world) + 99);
    assert_eq!(desk.world.lamports(&desk.owner.key), owner);
    assert_eq!(desk.world.lamports(&order), 0);
}

#[test]
fn execute_order_ok_by_its_own_payer() {
    let mut desk = Desk::pending(PositionSide::Long);
    desk.world.advance(5);
    let (keeper, owner) = (desk.world.keeper.key, desk.owner.key);
    let lamports = desk.world.lamports(&owner);
    let instruction = swapped(&desk.execution(0), keeper, owner);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.lamports(&owner), lamports + rent_of::<Order>(&desk.world) + TIP_LAMPORTS_MIN);
}

#[test]
fn execute_order_ok_increases_with_a_weighted_entry() {
    for side in [PositionSide::Long, PositionSide::Short] {
        let mut desk = Desk::open(side);
        desk.world.advance(90);
        desk.world.move_price(61_000 * E8, 30).unwrap();
        let id = desk.order(OrderAction::Increase, BTC / 30);
        desk.world.advance(5);
        let expected = increase_report(&desk, BTC / 30);
        let (vault, pool) = (desk.world.vault_balance(&desk.position), pool_vault(&desk));
        desk.world.execute(desk.position, id).unwrap();
        let after = desk.world.position(&desk.position);
        assert_eq!(after.view().unwrap(), expected.position);
        assert_eq!(desk.world.market().ledger(), expected.ledger);
        assert_eq!(after.size_atoms, BTC / 10 + BTC / 30);
        let between = [60_000 * E12, 61_100 * E12];
        assert!(between[0] - 30 * E12 < after.entry_price_e12 && after.entry_price_e12 < between[1]);
        let fee = expected.trade_fee.get();
        assert_eq!(desk.world.vault_balance(&desk.position), vault - fee);
        assert_eq!(pool_vault(&desk), pool + fee);
        assert_eq!(after.collateral_atoms, vault - fee);
    }
}

#[test]
fn execute_order_ok_decreases_in_part() {
    for (side, price) in [(PositionSide::Long, 63_000), (PositionSide::Short, 63_000)] {
        let mut desk = Desk::open(side);
        desk.world.move_price(price * E8, 30).unwrap();
        let id = desk.order(OrderAction::Decrease, BTC / 40);
        desk.world.advance(5);
        let expected = decrease_report(&desk, BTC / 40);
        let (vault, pool) = (desk.world.vault_balance(&desk.position), pool_vault(&desk));
        let done = desk.world.execute(desk.position, id).unwrap();
        let after = desk.world.position(&desk.position);
        assert_eq!(after.view().unwrap(), expected.position);
        assert_eq!(desk.world.market().ledger(), expected.ledger);
        // A quarter of the size releases a quarter of what is set aside.
        assert_eq!(after.size_atoms, BTC * 3 / 40);
        let total = expected.position.reserved.get() + expected.closed.reserved_released.get();
        assert_eq!(expected.closed.reserved_released.get(), total / 4);
        let flow = expected.flow;
        assert_eq!(
            desk.world.vault_balance(&desk.position),
            vault + flow.to_vault.get() - flow.to_pool.get()
        );
        assert_eq!(pool_vault(&desk), pool + flow.to_pool.get() - flow.to_vault.get());
        assert_eq!(after.collateral_atoms, desk.world.vault_balance(&desk.position));
        let closed =
            bulkhead::views::closed_amounts(&expected.closed, expected.trade_fee, &expected.position);
        let event = PositionDecreased {
            market: desk.keys().market,
            position: desk.position,
            order: pda::order(&desk.position, id),
            executor: desk.world.keeper.key,
            closed: closed.unwrap(),
        };
        assert_events(&done, [event.into()]);
    }
}

#[test]
fn execute_order_ok_closes_a_winner() {
    let mut desk = Desk::open(PositionSide::Long);
    desk.world.move_price(63_000 * E8, 30).unwrap();
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    desk.world.advance(5);
    let (vault, pool, before) =
        (desk.world.vault_balance(&desk.position), pool_vault(&desk), desk.world.market());
    let done = desk.world.execute(desk.position, id).unwrap();
    // Sold at 63,000 less 25.2: 0.1 * (62,974.8 - 60,024) = 295.08, and a fee of 0.1 % of 6,297.48.
    let (gain, fee) = (295_080_000, 6_297_480);
    let after = desk.world.position(&desk.position);
    assert_eq!((after.status, after.size_atoms, after.reserved_atoms), (2, 0, 0));
    assert_eq!((after.entry_price_e12, after.margin_ppm, after.addon_ppm), (0, 0, 0));
    assert_eq!(after.collateral_atoms, vault + gain - fee);
    assert_eq!(desk.world.vault_balance(&desk.position), vault + gain - fee);
    assert_eq!(pool_vault(&desk), pool - gain + fee);
    let market = desk.world.market();
    assert_eq!(market.long, Market { ..before }.long_without_positions());
    assert_eq!(market.pool_atoms, before.pool_atoms - gain + fee - fee / 10 - fee / 20);
    let closed = ClosedAmounts {
        fill_price_e12: 62_974_800_000_000_000,
        size_atoms: BTC / 10,
        notional_atoms: 6_297_480_000,
        pnl_atoms: 295_080_000,
        payout_atoms: gain,
        loss_paid_atoms: 0,
        owed_paid_atoms: 0,
        trade_fee_atoms: fee,
        shortfall_atoms: 0,
        reserved_released_atoms: 6_002_400_000,
        collateral_atoms: vault + gain - fee,
        size_left_atoms: 0,
    };
    let event = PositionDecreased {
        market: desk.keys().market,
        position: desk.position,
        order: pda::order(&desk.position, id),
        executor: desk.world.keeper.key,
        closed,
    };
    assert_events(&done, [event.into()]);
}

/// A side as it is when its last position is gone.
trait Emptied {
    fn long_without_positions(&self) -> bulkhead::state::SideData;
}

impl Emptied for Market {
    fn long_without_positions(&self) -> bulkhead::state::SideData {
        bulkhead::state::SideData {
            open_interest_atoms: 0,
            reserved_atoms: 0,
            collateral_atoms: 0,
            cost_e12: 0_u128.into(),
            positions: 0,
            ..self.long
        }
    }
}

#[test]
fn execute_order_ok_closes_a_loser_for_no_more_than_its_vault() {
    let mut desk = Desk::open(PositionSide::Short);
    // Sold at 59,976, bought back at 72,028.8: 1,205.28 of loss on 994 of collateral.
    desk.world.move_price(72_000 * E8, 30).unwrap();
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    desk.world.advance(5);
    let (vault, pool) = (desk.world.vault_balance(&desk.position), pool_vault(&desk));
    let expected = decrease_report(&desk, u64::MAX);
    desk.world.execute(desk.position, id).unwrap();
    assert_eq!(desk.world.vault_balance(&desk.position), 0);
    assert_eq!(pool_vault(&desk), pool + vault);
    let market = desk.world.market();
    assert_eq!(market.shortfall_total_atoms, 1_205_280_000 - vault);
    assert_eq!(market.shortfall_total_atoms, expected.closed.shortfall.get());
    assert_eq!(market.ledger().short, SideLedger { ..expected.ledger.short });
}

#[test]
fn execute_order_ok_a_gain_is_paid_up_to_the_payout_cap() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let opening = crate::desk::opening(PositionSide::Long).with_payout_cap(50_000);
    let position = world.open(&owner, &opening).unwrap();
    assert_eq!(world.position(&position).reserved_atoms, 300_120_000);
    let mut desk = Desk { world, owner, position };
    desk.world.move_price(70_000 * E8, 30).unwrap();
    desk.close_all();
    // 994.8 at the edge, and 300.12 of it set aside.
    assert_eq!(desk.world.vault_balance(&position), 1_000 * USD + 300_120_000);
    assert_eq!(desk.world.market().long.reserved_atoms, 0);
}

#[test]
fn execute_order_ok_tokens_donated_to_the_vault_do_not_count() {
    let mut desk = Desk::open(PositionSide::Long);
    desk.world.mint_to(pda::vault(&desk.position), 500 * USD);
    desk.world.move_price(40_000 * E8, 30).unwrap();
    desk.close_all();
    // The loss is larger than the collateral; what was donated stays.
    assert_eq!(desk.world.vault_balance(&desk.position), 500 * USD);
    assert_eq!(desk.world.position(&desk.position).collateral_atoms, 0);
}

#[test]
fn execute_order_ok_what_would_be_dust_is_closed_too() {
    let mut desk = Desk::open(PositionSide::Long);
    // 99.99 USD would be left, under the least notional of 100.
    let id = desk.order(OrderAction::Decrease, BTC / 10 - 166_650);
    desk.world.advance(5);
    desk.world.execute(desk.position, id).unwrap();
    assert_eq!(desk.world.position(&desk.position).status, 2);
    assert_eq!(desk.world.market().long.positions, 0);

    // One hundred dollars exactly stay.
    let mut desk = Desk::open(PositionSide::Long);
    let hundred = 166_667;
    let id = desk.order(OrderAction::Decrease, BTC / 10 - hundred);
    desk.world.advance(5);
    desk.world.execute(desk.position, id).unwrap();
    assert_eq!(desk.world.position(&desk.position).size_atoms, hundred);
}

#[test]
fn execute_order_ok_more_than_the_position_closes_it() {
    let mut desk = Desk::open(PositionSide::Short);
    let id = desk.order(OrderAction::Decrease, BTC / 10 + 1);
    desk.world.advance(5);
    desk.world.execute(desk.position, id).unwrap();
    assert_eq!(desk.world.position(&desk.position).status, 2);
}

#[test]
fn execute_order_ok_with_a_pool_that_is_set_aside_to_the_last_atom() {
    let mut desk = Desk::open_in(World::new().unwrap(), PositionSide::Long);
    let market = desk.keys().market;
    poke(&mut desk.world, &market, |market: &mut Market| market.pool_atoms = market.long.reserved_atoms);
    desk.world.set_price(&PriceUpdate::at(70_000 * E8, desk.world.now()));
    desk.close_all();
    assert_eq!(desk.world.vault_balance(&desk.position), 1_000 * USD + 994_800_000);
}
