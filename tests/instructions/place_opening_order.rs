//! `place_opening_order`: a position, its vault with the collateral in it, and the order that opens it.

use anchor_lang::error::ErrorCode;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::error::BulkheadError;
use bulkhead::events::{OrderPlaced, PositionCreated};
use bulkhead::instructions::PlaceOpeningOrderArgs;
use bulkhead::state::{Market, Order, OrderAction, OrderKind, Position, PositionSide, Protocol, Trader};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Actor, PriceUpdate, World, defaults};
use bulkhead_tests::*;
use bytemuck::Zeroable;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_transaction::InstructionError;

use crate::desk::{opening, other_mint, second_market};

const ARGS: PlaceOpeningOrderArgs = PlaceOpeningOrderArgs {
    position_id: 0,
    side: PositionSide::Short,
    collateral_atoms: 1_000 * USD,
    kind: OrderKind::Market,
    size_atoms: BTC / 10,
    acceptable_price_e12: 59_000 * E12,
    payout_cap_ppm: 300_000,
    tip_lamports: 44_444,
    trigger_price_e12: 0,
    expires_at: 0,
};

struct Scene {
    world: World,
    owner: Actor,
    payer: Pubkey,
    position: Pubkey,
}

fn scene() -> Scene {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let payer = world.wallet();
    let position = pda::position(&world.keys.market, &owner.key, 0);
    Scene { world, owner, payer, position }
}

impl Scene {
    fn place(&self, args: PlaceOpeningOrderArgs) -> Instruction {
        ix::place_opening_order(&self.world.keys, self.owner.key, self.payer, self.owner.tokens, args)
    }

    fn trader(&self) -> Pubkey {
        pda::trader(&self.world.keys.market, &self.owner.key)
    }

    fn created(&self) -> [Pubkey; 4] {
        [self.trader(), self.position, pda::vault(&self.position), pda::order(&self.position, 0)]
    }
}

fn bump(seeds: &[&[u8]]) -> u8 {
    Pubkey::find_program_address(seeds, &bulkhead::ID).1
}

fn expected_position(scene: &Scene) -> Position {
    let (market, owner) = (scene.world.keys.market, scene.owner.key);
    Position {
        version: 1,
        bump: bump(&[b"position", market.as_ref(), owner.as_ref(), &0_u32.to_le_bytes()]),
        vault_bump: bump(&[b"vault", scene.position.as_ref()]),
        side: 1,
        open_orders: 1,
        waiting_increases: 1,
        next_order_id: 1,
        market,
        owner,
        vault: pda::vault(&scene.position),
        collateral_atoms: 1_000 * USD,
        ..Position::zeroed()
    }
}

fn expected_order(scene: &Scene) -> Order {
    Order {
        version: 1,
        bump: bump(&[b"order", scene.position.as_ref(), &0_u32.to_le_bytes()]),
        position: scene.position,
        payer: scene.payer,
        size_atoms: BTC / 10,
        acceptable_price_e12: 59_000 * E12,
        placed_at: scene.world.now(),
        placed_slot: scene.world.slot(),
        tip_lamports: 44_444,
        payout_cap_ppm: 300_000,
        counted: 1,
        ..Order::zeroed()
    }
}

#[test]
fn place_opening_order_ok_every_field_atom_and_lamport() {
    let mut scene = scene();
    let (market, owner) = (scene.world.keys.market, scene.owner.key);
    let lamports = scene.world.lamports(&scene.payer);
    let rest = Snapshot::of(&scene.world, [owner, market, pda::pool_vault(&market), pda::protocol()]);
    let done = scene.world.send(&[scene.place(ARGS)]).unwrap();

    let (position, vault) = (scene.position, pda::vault(&scene.position));
    let order = pda::order(&position, 0);
    assert_eq!(scene.world.position(&position), expected_position(&scene));
    assert_eq!(scene.world.order(&order), expected_order(&scene));
    let trader = Trader {
        version: 1,
        bump: bump(&[b"trader", market.as_ref(), owner.as_ref()]),
        next_position_id: 1,
        market,
        owner,
        ..Trader::zeroed()
    };
    assert_eq!(scene.world.trader(&owner), Some(trader));
    assert_eq!(scene.world.token_balance(&vault), 1_000 * USD);
    assert_eq!(scene.world.token_balance(&scene.owner.tokens), 9_000 * USD);
    let vault_data = scene.world.data(&vault).unwrap();
    assert_eq!((&vault_data[..32], &vault_data[32..64]), (scene.world.mint.as_ref(), position.as_ref()));
    let rents = [
        rent_of::<Trader>(&scene.world),
        rent_of::<Position>(&scene.world),
        rent(&scene.world, TOKEN_ACCOUNT_LEN),
        rent_of::<Order>(&scene.world) + 44_444,
    ];
    for (address, held) in scene.created().iter().zip(rents) {
        assert_eq!(scene.world.lamports(address), held);
    }
    assert_eq!(scene.world.lamports(&scene.payer), lamports - rents.iter().sum::<u64>());
    rest.assert_unchanged(&scene.world);
    let created = PositionCreated {
        market,
        position,
        owner,
        id: 0,
        side: PositionSide::Short,
        collateral_atoms: 1_000 * USD,
    };
    let placed = OrderPlaced {
        position,
        order,
        id: 0,
        action: OrderAction::Increase,
        size_atoms: BTC / 10,
        acceptable_price_e12: 59_000 * E12,
        placed_at: scene.world.now(),
        tip_lamports: 44_444,
        kind: OrderKind::Market,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    assert_events(&done, [created.into(), placed.into()]);
}

#[test]
fn place_opening_order_ok_the_second_pays_for_no_counters() {
    let mut scene = scene();
    scene.world.send(&[scene.place(ARGS)]).unwrap();
    let (lamports, trader) = (scene.world.lamports(&scene.payer), scene.world.account(&scene.trader()));
    scene.world.send(&[scene.place(PlaceOpeningOrderArgs { position_id: 1, ..ARGS })]).unwrap();
    let cost = rent_of::<Position>(&scene.world)
        + rent(&scene.world, TOKEN_ACCOUNT_LEN)
        + rent_of::<Order>(&scene.world)
        + 44_444;
    assert_eq!(scene.world.lamports(&scene.payer), lamports - cost);
    assert_eq!(scene.world.trader(&scene.owner.key).unwrap().next_position_id, 2);
    assert_eq!(scene.world.account(&scene.trader()).unwrap().lamports, trader.unwrap().lamports);
    let second = pda::position(&scene.world.keys.market, &scene.owner.key, 1);
    assert_eq!(scene.world.position(&second).id, 1);
    assert_eq!(scene.world.position(&scene.position).collateral_atoms, 1_000 * USD);
}

#[test]
fn place_opening_order_ok_where_somebody_has_sent_lamports_before() {
    for sent in [1, 10_000_000_000] {
        let mut scene = scene();
        for address in scene.created() {
            scene.world.set_lamports(address, sent);
        }
        scene.world.send(&[scene.place(ARGS)]).unwrap();
        assert_eq!(scene.world.position(&scene.position), expected_position(&scene));
        assert_eq!(scene.world.order(&pda::order(&scene.position, 0)), expected_order(&scene));
        let order = rent_of::<Order>(&scene.world).max(sent) + 44_444;
        assert_eq!(scene.world.lamports(&pda::order(&scene.position, 0)), order);
    }
}

#[test]
fn place_opening_order_ok_placed_at_a_price_that_is_ahead_of_the_clock() {
    let mut scene = scene();
    scene.world.advance(60);
    let now = scene.world.now();
    scene.world.set_price(&PriceUpdate::at(defaults::START_PRICE_E8, now + 2));
    scene.world.send(&[ix::update_market(&scene.world.keys)]).unwrap();
    scene.world.send(&[scene.place(ARGS)]).unwrap();
    assert_eq!(scene.world.order(&pda::order(&scene.position, 0)).placed_at, now + 2);
}

#[test]
fn place_opening_order_ok_at_the_ends_of_the_payout_cap() {
    let mut scene = scene();
    for (position_id, payout_cap_ppm) in [(0, 50_000), (1, 1_000_000)] {
        let args = PlaceOpeningOrderArgs { position_id, payout_cap_ppm, ..ARGS };
        scene.world.send(&[scene.place(args)]).unwrap();
    }
}

#[test]
fn place_opening_order_fails_while_new_risk_is_paused() {
    let mut scene = scene();
    let until = scene.world.now() + 10;
    poke(&mut scene.world, &pda::protocol(), |p: &mut Protocol| p.pause_new_risk.until = until);
    let instruction = scene.place(ARGS);
    refused(&mut scene.world, &instruction, BulkheadError::NewRiskPaused);
    scene.world.advance(9);
    refused(&mut scene.world, &instruction, BulkheadError::NewRiskPaused);
    scene.world.advance(1);
    scene.world.send(&[instruction]).unwrap();
}

#[test]
fn place_opening_order_fails_in_a_market_that_takes_no_new_risk() {
    for (status, error) in [(1, BulkheadError::MarketNotActive), (2, BulkheadError::MarketSettled)] {
        let mut scene = scene();
        let market = scene.world.keys.market;
        poke(&mut scene.world, &market, |market: &mut Market| market.status = status);
        let instruction = scene.place(ARGS);
        refused(&mut scene.world, &instruction, error);
    }
}

#[test]
fn place_opening_order_fails_with_an_id_that_is_not_the_next() {
    let mut scene = scene();
    let with_id = |scene: &Scene, position_id| scene.place(PlaceOpeningOrderArgs { position_id, ..ARGS });
    for id in [1, u32::MAX] {
        let instruction = with_id(&scene, id);
        refused(&mut scene.world, &instruction, BulkheadError::IdMismatch);
    }
    let first = with_id(&scene, 0);
    scene.world.send(std::slice::from_ref(&first)).unwrap();
    refused(&mut scene.world, &first, ALREADY_IN_USE);
    let instruction = with_id(&scene, 2);
    refused(&mut scene.world, &instruction, BulkheadError::IdMismatch);
    // Its order cancelled and the position closed: the id is used up.
    scene.world.advance(26);
    let keys = scene.world.keys;
    let (owner, position) = (scene.owner, scene.position);
    let cancel = ix::cancel_order(&keys, owner.key, position, 0, scene.payer);
    let close = ix::close_position(&keys, owner.key, position, owner.tokens);
    scene.world.send(&[cancel, close]).unwrap();
    refused(&mut scene.world, &first, BulkheadError::IdMismatch);
}

#[test]
fn place_opening_order_fails_with_bad_arguments() {
    let mut scene = scene();
    let cases = [
        (PlaceOpeningOrderArgs { collateral_atoms: 0, ..ARGS }, BulkheadError::AmountZero),
        (PlaceOpeningOrderArgs { size_atoms: 0, ..ARGS }, BulkheadError::SizeZero),
        (PlaceOpeningOrderArgs { tip_lamports: 0, ..ARGS }, BulkheadError::TipTooSmall),
        (PlaceOpeningOrderArgs { tip_lamports: TIP_LAMPORTS_MIN - 1, ..ARGS }, BulkheadError::TipTooSmall),
        (PlaceOpeningOrderArgs { payout_cap_ppm: 49_999, ..ARGS }, BulkheadError::PayoutCapOutOfRange),
        (PlaceOpeningOrderArgs { payout_cap_ppm: 1_000_001, ..ARGS }, BulkheadError::PayoutCapOutOfRange),
    ];
    for (args, error) in cases {
        let instruction = scene.place(args);
        refused(&mut scene.world, &instruction, error);
    }
}

#[test]
fn place_opening_order_fails_out_of_what_is_not_the_owners() {
    let mut scene = scene();
    let victim = scene.world.actor(10_000 * USD);
    let theirs = scene.world.place(&victim, &opening(PositionSide::Long)).unwrap();
    let too_much = scene.place(PlaceOpeningOrderArgs { collateral_atoms: 10_000 * USD + 1, ..ARGS });
    refused(&mut scene.world, &too_much, token_error::INSUFFICIENT_FUNDS);
    let instruction = scene.place(ARGS);
    let pool = pda::pool_vault(&scene.world.keys.market);
    for source in [victim.tokens, pda::vault(&theirs), pool, pda::vault(&scene.position)] {
        let tampered = swapped(&instruction, scene.owner.tokens, source);
        let failed = refused(
            &mut scene.world,
            &tampered,
            match source == pda::vault(&scene.position) {
                // Empty when it is looked at: the program asks the token program for more than there is.
                true => token_error::INSUFFICIENT_FUNDS,
                false => token_error::OWNER_MISMATCH,
            },
        );
        assert_eq!(failed.instruction, "place_opening_order");
    }
    let mint = other_mint(&mut scene.world);
    let elsewhere = scene.world.create_token_account(mint, scene.owner.key);
    scene.world.mint_to(elsewhere, 10_000 * USD);
    let tampered = swapped(&instruction, scene.owner.tokens, elsewhere);
    refused(&mut scene.world, &tampered, token_error::MINT_MISMATCH);
}

#[test]
fn place_opening_order_fails_with_another_mint_or_token_program() {
    let mut scene = scene();
    let (instruction, mint) = (scene.place(ARGS), other_mint(&mut scene.world));
    let tampered = swapped(&instruction, scene.world.mint, mint);
    refused(&mut scene.world, &tampered, BulkheadError::CollateralMintMismatch);
    // The vault is created before the program's own check: the other token program knows no such mint.
    let tampered = swapped(&instruction, spl_token_interface::ID, spl_token_2022_interface::ID);
    refused_by_chain(&mut scene.world, &tampered, InstructionError::IncorrectProgramId);
}

#[test]
fn place_opening_order_fails_with_addresses_of_others() {
    let mut scene = scene();
    let stranger = scene.world.actor(10_000 * USD);
    let other = second_market(&mut scene.world);
    let theirs = scene.world.place(&stranger, &opening(PositionSide::Long)).unwrap();
    let (instruction, market) = (scene.place(ARGS), scene.world.keys.market);
    let cases = [
        (scene.trader(), pda::trader(&market, &stranger.key)),
        (scene.trader(), pda::trader(&other.market, &scene.owner.key)),
        (scene.position, theirs),
        (scene.position, pda::position(&market, &stranger.key, 1)),
        (pda::vault(&scene.position), pda::vault(&theirs)),
        (pda::order(&scene.position, 0), pda::order(&theirs, 0)),
        (pda::order(&scene.position, 0), pda::order(&scene.position, 1)),
        (market, other.market),
    ];
    for (from, to) in cases {
        let tampered = swapped(&instruction, from, to);
        refused(&mut scene.world, &tampered, ErrorCode::ConstraintSeeds);
    }
}

#[test]
fn place_opening_order_fails_unsigned_readonly_or_forged() {
    let mut scene = scene();
    let instruction = scene.place(ARGS);
    for signer in [scene.owner.key, scene.payer] {
        refused(&mut scene.world, &unsigned(&instruction, signer), ErrorCode::AccountNotSigner);
    }
    let mut written_first = scene.created().to_vec();
    written_first.push(scene.payer);
    refuses_readonly(&mut scene.world, &instruction, &written_first);
    let market = scene.world.keys.market;
    refuses_impostors(&mut scene.world, &instruction, &[market]);
    let fake = impostor(&mut scene.world, &market);
    let tampered = swapped(&instruction, market, fake);
    refused(&mut scene.world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
    let tampered = swapped(&instruction, Pubkey::default(), spl_token_interface::ID);
    refused(&mut scene.world, &tampered, ErrorCode::InvalidProgramId);
    let tampered = swapped(&instruction, spl_token_interface::ID, bulkhead::ID);
    refused(&mut scene.world, &tampered, ErrorCode::InvalidProgramId);
}

#[test]
fn place_opening_order_fails_with_counters_of_another_layout_or_at_their_end() {
    let mut scene = scene();
    scene.world.send(&[scene.place(ARGS)]).unwrap();
    let trader = scene.trader();
    poke(&mut scene.world, &trader, |trader: &mut Trader| trader.version = 2);
    let next = scene.place(PlaceOpeningOrderArgs { position_id: 1, ..ARGS });
    refused(&mut scene.world, &next, BulkheadError::AccountVersionMismatch);
    poke(&mut scene.world, &trader, |trader: &mut Trader| {
        trader.version = 1;
        trader.next_position_id = u32::MAX;
    });
    let last = scene.place(PlaceOpeningOrderArgs { position_id: u32::MAX, ..ARGS });
    refused(&mut scene.world, &last, BulkheadError::Overflow);
}
