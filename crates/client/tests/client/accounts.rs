//! Decoding accounts, and each way in which bytes can be none.

use anchor_lang::Discriminator;
use anchor_lang::prelude::Pubkey;
use bulkhead::state::{Market, Order, Position, Protocol, Settlement, TopUpPlan, Trader, Withdrawal};
use bulkhead_client::ID;
use bulkhead_client::accounts::{Account, AccountError, AnyAccount, decode, decode_owned};
use bytemuck::Zeroable;

use crate::fixture::bytes_of;

fn position() -> Position {
    Position { version: 1, id: 7, size_atoms: 11, owner: Pubkey::new_unique(), ..Position::zeroed() }
}

#[test]
fn decode_ok_every_kind() {
    let protocol = Protocol { version: 1, market_count: 3, ..Protocol::zeroed() };
    let market = Market { version: 2, index: 9, pool_atoms: 5, ..Market::zeroed() };
    let order = Order { version: 1, id: 4, size_atoms: 6, ..Order::zeroed() };
    let trader = Trader { version: 1, next_position_id: 8, ..Trader::zeroed() };
    assert_eq!(decode::<Protocol>(&bytes_of(&protocol)), Ok(protocol));
    assert_eq!(decode::<Market>(&bytes_of(&market)), Ok(market));
    assert_eq!(decode::<Position>(&bytes_of(&position())).unwrap().id, 7);
    assert_eq!(decode::<Order>(&bytes_of(&order)), Ok(order));
    assert_eq!(decode::<Trader>(&bytes_of(&trader)), Ok(trader));
    let withdrawal = Withdrawal { version: 1, id: 3, shares: 10, ..Withdrawal::zeroed() };
    assert_eq!(decode::<Withdrawal>(&bytes_of(&withdrawal)), Ok(withdrawal));
    let plan = TopUpPlan { version: 1, budget_atoms: 9, ..TopUpPlan::zeroed() };
    assert_eq!(decode::<TopUpPlan>(&bytes_of(&plan)), Ok(plan));
}

#[test]
fn any_account_decodes_by_discriminator() {
    let all = [
        (bytes_of(&Protocol { version: 1, ..Protocol::zeroed() }), "Protocol"),
        (bytes_of(&Market { version: 2, ..Market::zeroed() }), "Market"),
        (bytes_of(&position()), "Position"),
        (bytes_of(&Order { version: 1, ..Order::zeroed() }), "Order"),
        (bytes_of(&Trader { version: 1, ..Trader::zeroed() }), "Trader"),
        (bytes_of(&Withdrawal { version: 1, ..Withdrawal::zeroed() }), "Withdrawal"),
        (bytes_of(&Settlement { version: 1, ..Settlement::zeroed() }), "Settlement"),
        (bytes_of(&TopUpPlan { version: 1, ..TopUpPlan::zeroed() }), "TopUpPlan"),
    ];
    for (data, name) in all {
        assert_eq!(AnyAccount::decode(&data).unwrap().name(), name);
    }
}

#[test]
fn lengths_are_those_of_the_program() {
    let lengths = [Protocol::LEN, Market::LEN, Position::LEN, Order::LEN, Trader::LEN];
    assert_eq!(lengths, [336, 1624, 416, 200, 120]);
    assert_eq!([Withdrawal::LEN, TopUpPlan::LEN], [304, 248]);
}

#[test]
fn decode_ok_at_any_alignment() {
    let account = position();
    let data = [vec![0], bytes_of(&account)].concat();
    assert_eq!(decode::<Position>(&data[1..]), Ok(account));
}

#[test]
fn decode_fails_another_kind() {
    let data = bytes_of(&position());
    let found = *data.first_chunk().unwrap();
    assert_eq!(decode::<Order>(&data), Err(AccountError::WrongKind { expected: "Order", found }));
}

#[test]
fn decode_fails_uninitialised() {
    let data = [0; Position::LEN];
    let expected = AccountError::WrongKind { expected: "Position", found: [0; 8] };
    assert_eq!(decode::<Position>(&data), Err(expected));
    let expected = AccountError::WrongKind { expected: "Bulkhead account", found: [0; 8] };
    assert_eq!(AnyAccount::decode(&data), Err(expected));
}

#[test]
fn decode_fails_closed() {
    assert_eq!(decode::<Position>(&[]), Err(AccountError::TooShort(0)));
    assert_eq!(AnyAccount::decode(&[1; 7]), Err(AccountError::TooShort(7)));
}

#[test]
fn decode_fails_short_and_long() {
    let data = bytes_of(&position());
    let wrong = |found| AccountError::WrongLength { kind: "Position", expected: Position::LEN, found };
    assert_eq!(decode::<Position>(&data[..Position::LEN - 1]), Err(wrong(Position::LEN - 1)));
    assert_eq!(decode::<Position>(Position::DISCRIMINATOR), Err(wrong(8)));
    assert_eq!(decode::<Position>(&[data, vec![0]].concat()), Err(wrong(Position::LEN + 1)));
}

#[test]
fn decode_fails_another_version() {
    for found in [0, 2] {
        let data = bytes_of(&Position { version: found, ..position() });
        let expected = AccountError::WrongVersion { kind: "Position", expected: 1, found };
        assert_eq!(decode::<Position>(&data), Err(expected));
    }
}

#[test]
fn decode_owned_fails_another_owner() {
    let data = bytes_of(&position());
    let owner = Pubkey::new_unique();
    assert_eq!(decode_owned::<Position>(&owner, &data), Err(AccountError::WrongOwner(owner)));
    assert!(decode_owned::<Position>(&ID, &data).is_ok());
}
