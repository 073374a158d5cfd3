//! Addresses from seeds that are spelled out here a second time.

use anchor_lang::prelude::*;
use bulkhead::oracle::{OracleSource, PYTH_PUSH_COMPATIBLE, PYTH_PUSH_CORE};
use bulkhead_client::{ID, pda};

fn at(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &ID).0
}

#[test]
fn pdas_follow_from_their_seeds() {
    let market = pda::market(258);
    assert_eq!(market, at(&[b"market", &[2, 1]]));
    assert_eq!(pda::protocol(), at(&[b"protocol"]));
    assert_eq!(pda::pool_vault(&market), at(&[b"pool", market.as_ref()]));
    assert_eq!(pda::insurance_vault(&market), at(&[b"insurance", market.as_ref()]));
    assert_eq!(pda::lp_mint(&market), at(&[b"lp_mint", market.as_ref()]));

    assert_eq!(pda::settlement(&market), at(&[b"settlement", market.as_ref()]));

    let owner = Pubkey::new_unique();
    assert_eq!(pda::trader(&market, &owner), at(&[b"trader", market.as_ref(), owner.as_ref()]));
    let position = pda::position(&market, &owner, 0x0403_0201);
    assert_eq!(position, at(&[b"position", market.as_ref(), owner.as_ref(), &[1, 2, 3, 4]]));
    assert_eq!(pda::vault(&position), at(&[b"vault", position.as_ref()]));
    assert_eq!(pda::order(&position, 7), at(&[b"order", position.as_ref(), &[7, 0, 0, 0]]));
    let withdrawal = pda::withdrawal(&market, &owner, 0x0403_0201);
    assert_eq!(withdrawal, at(&[b"withdrawal", market.as_ref(), owner.as_ref(), &[1, 2, 3, 4]]));
    assert_eq!(pda::withdrawal_vault(&withdrawal), at(&[b"withdrawal_vault", withdrawal.as_ref()]));
    assert_eq!(pda::top_up(&position), at(&[b"top_up", position.as_ref()]));
    assert_eq!(pda::top_up_authority(&owner), at(&[b"top_up_authority", owner.as_ref()]));
}

#[test]
fn program_data_is_where_the_loader_puts_it() {
    let expected = anchor_lang::solana_program::bpf_loader_upgradeable::get_program_data_address(&ID);
    assert_eq!(pda::program_data(), expected);
}

#[test]
fn push_feed_is_the_account_that_a_market_resolves_to() {
    let feed_id = [7; 32];
    let core = OracleSource::PythCore { shard: 300, feed_id }.resolve(true).unwrap();
    assert_eq!(pda::push_feed(&PYTH_PUSH_CORE, 300, &feed_id), core.account);
    let compatible = OracleSource::PythCompatible { shard: 300, feed_id }.resolve(true).unwrap();
    assert_eq!(pda::push_feed(&PYTH_PUSH_COMPATIBLE, 300, &feed_id), compatible.account);
}

#[test]
fn push_feed_finds_the_sponsored_bitcoin_account() {
    let feed_id = [
        0xe6, 0x2d, 0xf6, 0xc8, 0xb4, 0xa8, 0x5f, 0xe1, 0xa6, 0x7d, 0xb4, 0x4d, 0xc1, 0x2d, 0xe5, 0xdb, 0x33,
        0x0f, 0x7a, 0xc6, 0x6b, 0x72, 0xdc, 0x65, 0x8a, 0xfe, 0xdf, 0x0f, 0x4a, 0x41, 0x5b, 0x43,
    ];
    let sponsored = pubkey!("4cSM2e6rvbGQUFiJbqytoVMi5GgghSMr8LwVrT9VPSPo");
    assert_eq!(pda::push_feed(&PYTH_PUSH_CORE, 0, &feed_id), sponsored);
}
