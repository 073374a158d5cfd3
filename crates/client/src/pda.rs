//! Every address that follows from seeds.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::bpf_loader_upgradeable;
use bulkhead::constants::{
    CHANGE_SEED, INSURANCE_SEED, LP_MINT_SEED, MARKET_SEED, ORDER_SEED, POOL_SEED, POSITION_SEED,
    PROTOCOL_SEED, SETTLEMENT_SEED, TOP_UP_AUTHORITY_SEED, TOP_UP_SEED, TRADER_SEED, VAULT_SEED,
    WITHDRAWAL_SEED, WITHDRAWAL_VAULT_SEED,
};

fn derive(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &bulkhead::ID).0
}

/// The protocol account.
pub fn protocol() -> Pubkey {
    derive(&[PROTOCOL_SEED])
}

/// The queued change with this number.
pub fn change(nonce: u64) -> Pubkey {
    derive(&[CHANGE_SEED, protocol().as_ref(), &nonce.to_le_bytes()])
}

/// The market with this index.
pub fn market(index: u16) -> Pubkey {
    derive(&[MARKET_SEED, &index.to_le_bytes()])
}

/// A market's pool vault.
pub fn pool_vault(market: &Pubkey) -> Pubkey {
    derive(&[POOL_SEED, market.as_ref()])
}

/// A market's insurance vault.
pub fn insurance_vault(market: &Pubkey) -> Pubkey {
    derive(&[INSURANCE_SEED, market.as_ref()])
}

/// A market's mint of pool shares.
pub fn lp_mint(market: &Pubkey) -> Pubkey {
    derive(&[LP_MINT_SEED, market.as_ref()])
}

/// The prices of a market's wind-down.
pub fn settlement(market: &Pubkey) -> Pubkey {
    derive(&[SETTLEMENT_SEED, market.as_ref()])
}

/// An owner's counters in a market.
pub fn trader(market: &Pubkey, owner: &Pubkey) -> Pubkey {
    derive(&[TRADER_SEED, market.as_ref(), owner.as_ref()])
}

/// The position with this id of an owner in a market.
pub fn position(market: &Pubkey, owner: &Pubkey, id: u32) -> Pubkey {
    derive(&[POSITION_SEED, market.as_ref(), owner.as_ref(), &id.to_le_bytes()])
}

/// A position's vault.
pub fn vault(position: &Pubkey) -> Pubkey {
    derive(&[VAULT_SEED, position.as_ref()])
}

/// The order with this id of a position.
pub fn order(position: &Pubkey, id: u32) -> Pubkey {
    derive(&[ORDER_SEED, position.as_ref(), &id.to_le_bytes()])
}

/// The withdrawal with this id of an owner in a market.
pub fn withdrawal(market: &Pubkey, owner: &Pubkey, id: u32) -> Pubkey {
    derive(&[WITHDRAWAL_SEED, market.as_ref(), owner.as_ref(), &id.to_le_bytes()])
}

/// The escrow of a withdrawal's shares.
pub fn withdrawal_vault(withdrawal: &Pubkey) -> Pubkey {
    derive(&[WITHDRAWAL_VAULT_SEED, withdrawal.as_ref()])
}

/// A position's top-up plan.
pub fn top_up(position: &Pubkey) -> Pubkey {
    derive(&[TOP_UP_SEED, position.as_ref()])
}

/// The delegate that an owner approves, by the token program's own instruction, for all top-up plans.
pub fn top_up_authority(owner: &Pubkey) -> Pubkey {
    derive(&[TOP_UP_AUTHORITY_SEED, owner.as_ref()])
}

/// The account in which the upgradeable loader keeps the program's code and upgrade authority.
pub fn program_data() -> Pubkey {
    Pubkey::find_program_address(&[bulkhead::ID.as_ref()], &bpf_loader_upgradeable::ID).0
}

/// The push-feed account of `feed_id` on `shard` under the push oracle `push_program`
/// (`bulkhead::oracle::PYTH_PUSH_CORE` or `PYTH_PUSH_COMPATIBLE`).
pub fn push_feed(push_program: &Pubkey, shard: u16, feed_id: &[u8; 32]) -> Pubkey {
    Pubkey::find_program_address(&[&shard.to_le_bytes(), feed_id], push_program).0
}
