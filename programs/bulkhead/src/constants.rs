//! Seeds and hard limits. Seeds are exported to the IDL.

use anchor_lang::prelude::*;

/// Seed of the protocol account.
#[constant]
pub const PROTOCOL_SEED: &[u8] = b"protocol";
/// Seed of a market; followed by its index, u16 little endian.
#[constant]
pub const MARKET_SEED: &[u8] = b"market";
/// Seed of a market's pool vault; followed by the market.
#[constant]
pub const POOL_SEED: &[u8] = b"pool";
/// Seed of a market's insurance vault; followed by the market.
#[constant]
pub const INSURANCE_SEED: &[u8] = b"insurance";
/// Seed of a market's mint of pool shares; followed by the market.
#[constant]
pub const LP_MINT_SEED: &[u8] = b"lp_mint";
/// Seed of a trader's counters; followed by market and owner.
#[constant]
pub const TRADER_SEED: &[u8] = b"trader";
/// Seed of a position; followed by market, owner and id, u32 little endian.
#[constant]
pub const POSITION_SEED: &[u8] = b"position";
/// Seed of a position's vault; followed by the position.
#[constant]
pub const VAULT_SEED: &[u8] = b"vault";
/// Seed of an order; followed by the position and id, u32 little endian.
#[constant]
pub const ORDER_SEED: &[u8] = b"order";
/// Seed of a queued change; followed by the protocol and its number, u64 little endian.
#[constant]
pub const CHANGE_SEED: &[u8] = b"change";
/// Seed of the prices of a market's wind-down; followed by the market.
#[constant]
pub const SETTLEMENT_SEED: &[u8] = b"settlement";
/// Seed of a withdrawal; followed by market, owner and id, u32 little endian.
#[constant]
pub const WITHDRAWAL_SEED: &[u8] = b"withdrawal";
/// Seed of the escrow of a withdrawal's shares; followed by the withdrawal.
#[constant]
pub const WITHDRAWAL_VAULT_SEED: &[u8] = b"withdrawal_vault";
/// Seed of a top-up plan; followed by the position.
#[constant]
pub const TOP_UP_SEED: &[u8] = b"top_up";
/// Seed of the one delegate that an owner approves for all top-up plans; followed by the owner.
#[constant]
pub const TOP_UP_AUTHORITY_SEED: &[u8] = b"top_up_authority";

/// Layout version that every account but the market carries.
pub const ACCOUNT_VERSION: u8 = 1;
/// Layout version of markets. Version 1 had no collateral oracle, outflow limits or settlement price.
pub const MARKET_VERSION: u8 = 2;
/// Most orders that a position has at a time.
pub const ORDERS_PER_POSITION_MAX: u8 = 8;
/// Of these, the most that a delegate can fill: the owner always finds room for an order of its own.
pub const ORDERS_BY_DELEGATE_MAX: u8 = 4;
/// Least tip of an order or a withdrawal, in lamports: the fee of two signatures, so that executing it is worth sending.
pub const TIP_LAMPORTS_MIN: u64 = 10_000;
/// What the first trigger of an order pays, in lamports; escrowed on top of the tip.
pub const TRIGGER_TIP_LAMPORTS: u64 = 10_000;
/// Of the tip, what somebody else than the owner gets for cancelling a dead order or a lapsed withdrawal.
pub const CANCEL_TIP_LAMPORTS: u64 = 10_000;
/// Longest timelock: 30 days.
pub const TIMELOCK_SECS_MAX: u32 = 2_592_000;
/// Shortest timelock on mainnet: 24 hours.
pub const TIMELOCK_SECS_MIN_MAINNET: u32 = 86_400;
/// A change that was not applied within 14 days of its time can only be cancelled.
pub const CHANGE_LIFE_SECS: i64 = 1_209_600;
/// A pause lapses after 24 hours.
pub const PAUSE_SECS: i64 = 86_400;
/// The same pause can be set again 7 days after it was set.
pub const PAUSE_AGAIN_SECS: i64 = 604_800;
