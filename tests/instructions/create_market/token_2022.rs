//! Collateral under Token-2022: mints made by its own instructions, extension by extension.

use bulkhead::error::BulkheadError;
use bulkhead::instructions::CreateMarketArgs;
use bulkhead::state::{Cluster, OrderAction, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{PriceUpdate, World, defaults};
use bulkhead_tests::*;
use solana_account::Account;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use spl_token_2022_interface::extension::ExtensionType;
use spl_token_2022_interface::state::Mint;

use super::{args, ready};
use crate::desk::{Desk, opening};

const TOKEN_2022: Pubkey = spl_token_2022_interface::ID;

fn call(mint: Pubkey, data: Vec<u8>) -> Instruction {
    Instruction { program_id: TOKEN_2022, accounts: vec![AccountMeta::new(mint, false)], data }
}

/// Instruction bytes that give a fresh mint an extension, as Token-2022 numbers them.
fn initialize(extension: ExtensionType, somebody: Pubkey) -> Vec<u8> {
    let key = somebody.to_bytes();
    let joined = |parts: &[&[u8]]| parts.concat();
    match extension {
        ExtensionType::MintCloseAuthority => joined(&[&[25, 1], &key]),
        ExtensionType::TransferFeeConfig => {
            joined(&[&[26, 0, 1], &key, &[1], &key, &100_u16.to_le_bytes(), &u64::MAX.to_le_bytes()])
        }
        ExtensionType::ConfidentialTransferMint => joined(&[&[27, 0], &key, &[1], &[0; 32]]),
        ExtensionType::DefaultAccountState => vec![28, 0, 2],
        ExtensionType::NonTransferable => vec![32],
        ExtensionType::InterestBearingConfig => joined(&[&[33, 0], &key, &500_i16.to_le_bytes()]),
        ExtensionType::PermanentDelegate => joined(&[&[35], &key]),
        ExtensionType::TransferHook => joined(&[&[36, 0], &key, &key]),
        ExtensionType::MetadataPointer => joined(&[&[39, 0], &key, &key]),
        ExtensionType::GroupPointer => joined(&[&[40, 0], &key, &key]),
        ExtensionType::GroupMemberPointer => joined(&[&[41, 0], &key, &key]),
        ExtensionType::ScaledUiAmount => joined(&[&[43, 0], &key, &2_f64.to_le_bytes()]),
        ExtensionType::Pausable => joined(&[&[44, 0], &key]),
        other => panic!("no bytes for {other:?}"),
    }
}

/// A mint of 6 decimals with these extensions, made by the token program.
fn mint_with(world: &mut World, extensions: &[ExtensionType]) -> Pubkey {
    let mint = world.key();
    let bytes = ExtensionType::try_calculate_account_len::<Mint>(extensions).unwrap();
    let lamports = rent(world, bytes + 1_000);
    let fresh = Account { lamports, data: vec![0; bytes], owner: TOKEN_2022, ..Account::default() };
    world.set_account(mint, fresh);
    let authority = world.mint_authority;
    let mut instructions: Vec<_> =
        extensions.iter().map(|extension| call(mint, initialize(*extension, authority))).collect();
    let initialize_mint = [&[20, 6][..], authority.as_ref(), &[1], authority.as_ref()].concat();
    instructions.push(call(mint, initialize_mint));
    world.send(&instructions).unwrap();
    mint
}

/// Name, symbol and address, kept in the mint itself.
fn add_metadata(world: &mut World, mint: Pubkey) {
    let mut data = vec![210, 225, 30, 162, 88, 184, 77, 141]; // spl_token_metadata_interface:initialize_account
    for text in ["A dollar", "USD", "https://example.com"] {
        data.extend((text.len() as u32).to_le_bytes());
        data.extend(text.as_bytes());
    }
    let authority = world.mint_authority;
    let accounts = vec![
        AccountMeta::new(mint, false),
        AccountMeta::new_readonly(authority, false),
        AccountMeta::new_readonly(mint, false),
        AccountMeta::new_readonly(authority, true),
    ];
    world.send(&[Instruction { program_id: TOKEN_2022, accounts, data }]).unwrap();
}

fn create(world: &World, mint: Pubkey) -> Instruction {
    let args = CreateMarketArgs { index: world.protocol().unwrap().market_count, ..args() };
    ix::create_market(world.admin, mint, TOKEN_2022, args)
}

#[test]
fn create_market_fails_with_extensions_that_change_what_an_amount_means_or_who_moves_it() {
    let mut world = ready(Cluster::Localnet);
    let refused_ones = [
        ExtensionType::MintCloseAuthority,
        ExtensionType::TransferFeeConfig,
        ExtensionType::ConfidentialTransferMint,
        ExtensionType::DefaultAccountState,
        ExtensionType::InterestBearingConfig,
        ExtensionType::PermanentDelegate,
        ExtensionType::TransferHook,
        ExtensionType::ScaledUiAmount,
        ExtensionType::Pausable,
    ];
    for extension in refused_ones {
        let mint = mint_with(&mut world, &[extension]);
        let instruction = create(&world, mint);
        refused(&mut world, &instruction, BulkheadError::MintExtensionRefused);
        // Hidden behind one that is accepted.
        let mint = mint_with(&mut world, &[ExtensionType::MetadataPointer, extension]);
        let instruction = create(&world, mint);
        refused(&mut world, &instruction, BulkheadError::MintExtensionRefused);
    }
}

#[test]
fn create_market_fails_with_tokens_that_cannot_be_transferred() {
    let mut world = ready(Cluster::Localnet);
    let mint = mint_with(&mut world, &[ExtensionType::NonTransferable]);
    let instruction = create(&world, mint);
    refused(&mut world, &instruction, BulkheadError::MintExtensionRefused);
}

#[test]
fn create_market_ok_with_metadata_and_groups() {
    let mut world = ready(Cluster::Localnet);
    let sets: [&[ExtensionType]; 3] = [
        &[],
        &[ExtensionType::MetadataPointer],
        &[ExtensionType::MetadataPointer, ExtensionType::GroupPointer, ExtensionType::GroupMemberPointer],
    ];
    for (index, extensions) in sets.into_iter().enumerate() {
        let mint = mint_with(&mut world, extensions);
        if extensions.contains(&ExtensionType::MetadataPointer) {
            add_metadata(&mut world, mint);
        }
        world.send(&[create(&world, mint)]).unwrap();
        let market = world.market_of(&pda::market(index as u16));
        assert_eq!((market.collateral_mint, market.token_program), (mint, TOKEN_2022));
    }
}

#[test]
fn create_market_ok_and_a_whole_life_on_token_2022_collateral() {
    let mut world = ready(Cluster::Localnet);
    let mint = mint_with(&mut world, &[ExtensionType::MetadataPointer]);
    add_metadata(&mut world, mint);
    let setup = create(&world, mint);
    world.send(&[setup]).unwrap();
    let address = pda::market(0);
    (world.mint, world.keys) = (mint, bulkhead_client::MarketKeys::of(address, &world.market_of(&address)));
    world.set_price(&PriceUpdate::at(defaults::START_PRICE_E8, world.now()));
    world.send(&[ix::update_market(&world.keys)]).unwrap();
    let (keys, lp) = (world.keys, world.actor(1_000_000 * USD));
    world.deposit(&keys, &lp, 1_000_000 * USD).unwrap();

    let owner = world.actor(10_000 * USD);
    let position = world.open(&owner, &opening(PositionSide::Long)).unwrap();
    world.send(&[ix::add_collateral(&keys, owner.key, owner.tokens, position, 100 * USD)]).unwrap();
    world.send(&[ix::remove_collateral(&keys, owner.key, position, owner.tokens, 100 * USD)]).unwrap();
    let mut desk = Desk { world, owner, position };
    let id = desk.order(OrderAction::Decrease, BTC / 20);
    desk.world.advance(5);
    desk.world.execute(position, id).unwrap();
    desk.world.move_price(63_000 * E8, 30).unwrap();
    desk.close_all();
    // Half at 59,976 and half at 62,974.8, both bought at 60,024: -2.4 and +147.54.
    assert_eq!(desk.world.vault_balance(&position), 1_145_140_000);
    let close = ix::close_position(&keys, owner.key, position, owner.tokens);
    desk.world.send(&[close]).unwrap();
    assert_eq!(desk.world.token_balance(&owner.tokens), 10_145_140_000);
    assert_eq!(desk.world.token_balance(&pda::pool_vault(&keys.market)), 1_000_000 * USD - 145_140_000);
    assert_eq!(desk.world.market().pool_atoms, 1_000_000 * USD - 145_140_000);
}
