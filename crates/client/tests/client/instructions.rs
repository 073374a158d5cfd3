//! Builders: every account at its place, writable and signing as the program wants it.

mod waiting;

use anchor_lang::prelude::{Pubkey, system_program};
use anchor_lang::{AnchorDeserialize, Discriminator};
use bulkhead::instruction;
use bulkhead::instructions::*;
use bulkhead::oracle::OracleSource;
use bulkhead::state::{Cluster, Market, OracleConfig, OrderAction, OrderKind, PositionSide, Withdrawal};
use bulkhead_client::{ID, MarketKeys, ix, pda};
use bytemuck::Zeroable;
use solana_instruction::{AccountMeta, Instruction};

use crate::fixture::params;

/// A key that is one byte all over: failures show which one.
fn key(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

fn keys() -> MarketKeys {
    MarketKeys {
        market: key(1),
        price: key(2),
        collateral_price: None,
        collateral_mint: key(3),
        token_program: key(4),
    }
}

const OWNER: u8 = 10;
const PAYER: u8 = 11;
const POSITION: u8 = 12;
const TOKENS: u8 = 13;

/// Read-only.
fn r(key: Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(key, false)
}

/// Writable.
fn w(key: Pubkey) -> AccountMeta {
    AccountMeta::new(key, false)
}

/// Signer, read-only.
fn s(key: Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(key, true)
}

/// Signer, writable.
fn sw(key: Pubkey) -> AccountMeta {
    AccountMeta::new(key, true)
}

fn check<T: Discriminator>(instruction: &Instruction, accounts: &[AccountMeta]) {
    assert_eq!(instruction.program_id, ID);
    assert_eq!(instruction.accounts, accounts);
    assert_eq!(&instruction.data[..8], T::DISCRIMINATOR);
}

fn vault() -> Pubkey {
    pda::vault(&key(POSITION))
}

fn pool() -> Pubkey {
    pda::pool_vault(&key(1))
}

#[test]
fn market_keys_are_those_of_the_account() {
    let account = Market {
        collateral_mint: key(3),
        token_program: key(4),
        oracle: OracleConfig { account: key(2), ..OracleConfig::zeroed() },
        ..Market::zeroed()
    };
    assert_eq!(MarketKeys::of(key(1), &account), keys());
}

#[test]
fn admin_accounts() {
    let system = system_program::ID;
    let args = InitializeProtocolArgs {
        cluster: Cluster::Localnet,
        timelock_secs: 0,
        guardian: key(20),
        fee_receiver: key(21),
    };
    check::<instruction::InitializeProtocol>(
        &ix::initialize_protocol(key(OWNER), args),
        &[sw(key(OWNER)), w(pda::protocol()), r(ID), r(pda::program_data()), r(system)],
    );
    let market = pda::market(5);
    let oracle = OracleSource::PythCore { shard: 1, feed_id: [6; 32] };
    let args = CreateMarketArgs { index: 5, oracle, params: params(), collateral_oracle: None };
    check::<instruction::CreateMarket>(
        &ix::create_market(key(OWNER), key(3), key(4), args),
        &[
            sw(key(OWNER)),
            w(pda::protocol()),
            w(market),
            r(key(3)),
            w(pda::pool_vault(&market)),
            w(pda::insurance_vault(&market)),
            w(pda::lp_mint(&market)),
            r(key(4)),
            r(system),
        ],
    );
    check::<instruction::CollectFees>(
        &ix::collect_fees(&keys(), key(TOKENS)),
        &[r(pda::protocol()), w(key(1)), w(pool()), w(key(TOKENS)), r(key(3)), r(key(4))],
    );
}

#[test]
fn deposit_accounts() {
    let args = DepositArgs { amount_atoms: 7, shares_min: 8 };
    let built = ix::deposit(&keys(), key(OWNER), key(TOKENS), key(14), args);
    check::<instruction::Deposit>(
        &built,
        &[
            s(key(OWNER)),
            r(pda::protocol()),
            w(key(1)),
            r(key(2)),
            w(pool()),
            w(pda::lp_mint(&key(1))),
            w(key(TOKENS)),
            w(key(14)),
            r(key(3)),
            r(key(4)),
            r(ID),
        ],
    );
    let read = DepositArgs::try_from_slice(&built.data[8..]).unwrap();
    assert_eq!((read.amount_atoms, read.shares_min), (7, 8));
}

#[test]
fn order_accounts() {
    let (owner, payer, system) = (key(OWNER), key(PAYER), system_program::ID);
    let position = pda::position(&key(1), &owner, 9);
    let args = PlaceOpeningOrderArgs {
        position_id: 9,
        side: PositionSide::Short,
        collateral_atoms: 1,
        kind: OrderKind::Market,
        size_atoms: 2,
        acceptable_price_e12: 3,
        payout_cap_ppm: 4,
        tip_lamports: 5,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    check::<instruction::PlaceOpeningOrder>(
        &ix::place_opening_order(&keys(), owner, payer, key(TOKENS), args),
        &[
            s(owner),
            sw(payer),
            r(pda::protocol()),
            r(key(1)),
            w(pda::trader(&key(1), &owner)),
            w(position),
            w(pda::vault(&position)),
            w(pda::order(&position, 0)),
            w(key(TOKENS)),
            r(key(3)),
            r(key(4)),
            r(system),
        ],
    );
    let args = PlaceOrderArgs {
        order_id: 6,
        action: OrderAction::Decrease,
        kind: OrderKind::Market,
        size_atoms: 2,
        acceptable_price_e12: 3,
        payout_cap_ppm: 0,
        tip_lamports: 5,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    let order = pda::order(&key(POSITION), 6);
    check::<instruction::PlaceOrder>(
        &ix::place_order(&keys(), owner, payer, key(POSITION), args),
        &[s(owner), sw(payer), r(key(1)), w(key(POSITION)), w(order), r(system)],
    );
    check::<instruction::CancelOrder>(
        &ix::cancel_order(&keys(), owner, key(POSITION), 6, payer),
        &[sw(owner), r(key(1)), w(key(POSITION)), w(order), w(payer)],
    );
}

#[test]
fn execution_accounts() {
    let (owner, payer) = (key(OWNER), key(PAYER));
    let order = pda::order(&key(POSITION), 6);
    let args = ExecuteOrderArgs { placed_at: 1, tip_lamports_min: 2 };
    check::<instruction::ExecuteOrder>(
        &ix::execute_order(&keys(), owner, key(POSITION), 6, payer, args),
        &[
            sw(owner),
            r(pda::protocol()),
            w(key(1)),
            w(key(POSITION)),
            w(order),
            w(payer),
            r(key(2)),
            w(vault()),
            w(pool()),
            r(key(3)),
            r(key(4)),
            r(ID),
        ],
    );
}

#[test]
fn trading_accounts() {
    let (owner, position, tokens) = (key(OWNER), key(POSITION), key(TOKENS));
    let added = ix::add_collateral(&keys(), owner, tokens, position, 0x0102);
    check::<instruction::AddCollateral>(
        &added,
        &[s(owner), r(key(1)), w(position), w(vault()), w(tokens), r(key(3)), r(key(4))],
    );
    assert_eq!(added.data[8..], [2, 1, 0, 0, 0, 0, 0, 0]);
    check::<instruction::RemoveCollateral>(
        &ix::remove_collateral(&keys(), owner, position, tokens, 1),
        &[
            s(owner),
            w(key(1)),
            w(position),
            r(key(2)),
            w(vault()),
            w(pool()),
            w(tokens),
            r(key(3)),
            r(key(4)),
        ],
    );
    let set = ix::set_delegate(owner, position, key(30));
    check::<instruction::SetDelegate>(&set, &[s(owner), w(position)]);
    assert_eq!(set.data[8..], [30; 32]);
    check::<instruction::ClosePosition>(
        &ix::close_position(&keys(), owner, position, tokens),
        &[sw(owner), r(key(1)), w(position), w(vault()), w(tokens), r(key(3)), r(key(4))],
    );
}

#[test]
fn keeping_accounts() {
    let (keeper, position) = (key(OWNER), key(POSITION));
    check::<instruction::UpdateMarket>(&ix::update_market(&keys()), &[w(key(1)), r(key(2))]);
    check::<instruction::CrankMarket>(
        &ix::crank_market(&keys(), key(TOKENS)),
        &[w(key(1)), r(key(2)), w(pool()), w(key(TOKENS)), r(key(3)), r(key(4))],
    );
    check::<instruction::RefreshPosition>(
        &ix::refresh_position(&keys(), position),
        &[r(key(1)), w(position), r(key(2))],
    );
    check::<instruction::Flag>(
        &ix::flag(&keys(), &[position, key(40)]),
        &[r(key(1)), r(key(2)), w(position), w(key(40))],
    );
    check::<instruction::Liquidate>(
        &ix::liquidate(&keys(), keeper, key(TOKENS), position),
        &[
            s(keeper),
            w(key(1)),
            w(position),
            r(key(2)),
            w(vault()),
            w(pool()),
            w(pda::insurance_vault(&key(1))),
            w(key(TOKENS)),
            r(key(3)),
            r(key(4)),
        ],
    );
    check::<instruction::SettleCapped>(
        &ix::settle_capped(&keys(), keeper, key(TOKENS), position),
        &[
            s(keeper),
            w(key(1)),
            w(position),
            r(key(2)),
            w(vault()),
            w(pool()),
            w(key(TOKENS)),
            r(key(3)),
            r(key(4)),
        ],
    );
    check::<instruction::CollectFrozen>(
        &ix::collect_frozen(&keys(), position),
        &[w(key(1)), w(position), w(vault()), w(pool()), r(key(3)), r(key(4))],
    );
    check::<instruction::ViewPosition>(
        &ix::view_position(&keys(), position),
        &[r(key(1)), r(position), r(key(2))],
    );
}

/// Where a market asks for the price of its collateral, its keys name the account, and builders pass it on.
#[test]
fn collateral_price_follows_from_the_market() {
    let with = |account| OracleConfig { account, ..OracleConfig::zeroed() };
    let account = Market { collateral_oracle: with(key(9)), oracle: with(key(2)), ..Market::zeroed() };
    let keys = MarketKeys::of(key(1), &account);
    assert_eq!((keys.price, keys.collateral_price), (key(2), Some(key(9))));
    let deposit =
        ix::deposit(&keys, key(OWNER), key(TOKENS), key(14), DepositArgs { amount_atoms: 1, shares_min: 1 });
    let args = ExecuteOrderArgs { placed_at: 0, tip_lamports_min: 0 };
    let execute = ix::execute_order(&keys, key(OWNER), key(POSITION), 0, key(PAYER), args);
    for instruction in [deposit, execute] {
        assert_eq!(instruction.accounts.last(), Some(&r(key(9))));
    }
}

#[test]
fn every_instruction_has_a_builder() {
    let program = include_str!("../../../../programs/bulkhead/src/lib.rs");
    let program = program.split_once("pub mod bulkhead {").unwrap().1;
    let builders = [
        include_str!("../../src/ix/admin.rs"),
        include_str!("../../src/ix/governance.rs"),
        include_str!("../../src/ix/keeping.rs"),
        include_str!("../../src/ix/liquidity.rs"),
        include_str!("../../src/ix/settlement.rs"),
        include_str!("../../src/ix/top_up.rs"),
        include_str!("../../src/ix/trading.rs"),
        include_str!("../../src/ix/view.rs"),
    ]
    .concat();
    let names: Vec<_> =
        program.split("pub fn ").skip(1).map(|rest| rest.split(['(', '<']).next().unwrap()).collect();
    assert!(names.len() >= 19, "the source is not read as it should be");
    for name in names {
        assert!(builders.contains(&format!("pub fn {name}(")), "{name} has no builder");
    }
}
