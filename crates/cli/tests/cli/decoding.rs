//! Accounts and events that the program itself has written, decoded by the IDL and held against the types.

use bulkhead::state::{OrderAction, PositionSide};
use bulkhead_cli::narrate::narrate;
use bulkhead_cli::units::Units;
use bulkhead_cli::{bytes, idl};
use bulkhead_client::accounts::AnyAccount;
use bulkhead_client::events;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, PriceUpdate, World, defaults};
use solana_pubkey::Pubkey;

const SIZE: u64 = defaults::BASE_UNIT;
const COLLATERAL: u64 = 5_000 * defaults::QUOTE_UNIT;

fn data(world: &World, key: &Pubkey) -> Vec<u8> {
    world.data(key).unwrap().to_vec()
}

fn field(decoded: &idl::Decoded, path: &str) -> String {
    let tree = path.split('.').fold(&decoded.fields, |tree, name| tree.get(name).unwrap());
    tree.text(0).trim().to_owned()
}

#[test]
fn decode_account_ok_every_kind_as_the_types_read_it() {
    let mut world = World::new().unwrap();
    let trader = world.actor(2 * COLLATERAL);
    let position = world.open(&trader, &Opening::new(PositionSide::Short, SIZE, COLLATERAL)).unwrap();
    let order = world.place_order(&trader, position, OrderAction::Decrease, SIZE / 2).unwrap();
    let market = world.keys.market;
    let keys = [
        (pda::protocol(), "Protocol"),
        (market, "Market"),
        (position, "Position"),
        (pda::order(&position, order), "Order"),
        (pda::trader(&market, &trader.key), "Trader"),
    ];
    for (key, name) in keys {
        let bytes = data(&world, &key);
        let decoded = idl::account(&bytes).unwrap();
        assert_eq!((decoded.name.as_str(), AnyAccount::decode(&bytes).unwrap().name()), (name, name));
    }
    let typed = world.position(&position);
    let decoded = idl::account(&data(&world, &position)).unwrap();
    for (path, expected) in [
        ("owner", trader.key.to_string()),
        ("side", "1".into()),
        ("size_atoms", SIZE.to_string()),
        ("entry_price_e12", typed.entry_price_e12.to_string()),
        ("margin_ppm", typed.margin_ppm.to_string()),
        ("borrow_snapshot_e12", u128::from(typed.borrow_snapshot_e12).to_string()),
        ("opened_at", typed.opened_at.to_string()),
    ] {
        assert_eq!(field(&decoded, path), expected, "{path}");
    }
    assert!(decoded.fields.get("_reserved").is_none());
    let typed = world.market();
    let decoded = idl::account(&data(&world, &market)).unwrap();
    let variance = u128::from(typed.observations.variance_30d_e24).to_string();
    assert_eq!(field(&decoded, "observations.variance_30d_e24"), variance);
    assert_eq!(field(&decoded, "accrued_at"), typed.accrued_at.to_string(), "the last field before the room");
    assert_eq!(field(&decoded, "params.depth_quote_atoms"), typed.params.depth_quote_atoms.to_string());
}

#[test]
fn decode_account_fails_and_says_what_is_wrong() {
    let world = World::new().unwrap();
    let bytes = data(&world, &world.keys.market);
    let message = |data: &[u8]| idl::account(data).unwrap_err().to_string();
    assert!(message(&bytes[..bytes.len() - 1]).contains("end too early"));
    assert!(message(&[&bytes[..], &[0]].concat()).contains("1 bytes too many for a Market"));
    assert!(message(&[7; 100]).contains("no account of Bulkhead starts with 0707070707070707"));
    assert!(message(&[1, 2]).contains("2 bytes are no account"));
}

#[test]
fn decode_event_ok_all_that_a_life_logs() {
    let mut world = World::new().unwrap();
    let trader = world.actor(2 * COLLATERAL);
    let opening = Opening::new(PositionSide::Long, SIZE, COLLATERAL);
    let keys = world.keys;
    let units = Units::of(&world.market());
    let mut logs = Vec::new();
    let (position, placed) = world.place_in(&keys, &trader, &opening).unwrap();
    logs.extend(placed.logs);
    world.advance(5);
    logs.extend(world.execute(position, 0).unwrap().logs);
    let add = ix::add_collateral(&keys, trader.key, trader.tokens, position, defaults::QUOTE_UNIT);
    logs.extend(world.send(&[add]).unwrap().logs);
    let crashed = defaults::START_PRICE_E8 * 93 / 100;
    for _ in 0..2 {
        logs.extend(world.move_price(crashed, 5).unwrap().logs);
        let keeper = world.keeper;
        logs.extend(world.send(&[ix::liquidate(&keys, keeper.key, keeper.tokens, position)]).unwrap().logs);
    }
    let logged = events::from_logs(logs.iter().map(String::as_str));
    assert!(logged.unreadable.is_empty());
    let names: Vec<&str> = logged.events.iter().map(events::AnyEvent::name).collect();
    for expected in [
        "PositionCreated",
        "OrderPlaced",
        "PositionIncreased",
        "CollateralAdded",
        "LiquidationSkipped",
        "PositionLiquidated",
    ] {
        assert!(names.contains(&expected), "{expected} in {names:?}");
    }
    for event in &logged.events {
        let decoded = idl::event(&event.data()).unwrap();
        assert_eq!(decoded.name, event.name());
        assert!(!narrate(event, &units).is_empty());
    }
    let told: String = logged.events.iter().map(|event| narrate(event, &units) + "\n").collect();
    for expected in
        ["long, 5,000 USD in its vault", "size now 1 BTC", "1 USD added", "liquidated (BelowMaintenance)"]
    {
        assert!(told.contains(expected), "{expected:?} in\n{told}");
    }
}

#[test]
fn decode_instruction_ok_with_arguments_and_accounts() {
    let world = World::new().unwrap();
    let position = Pubkey::new_unique();
    let source = Pubkey::new_unique();
    let add = ix::add_collateral(&world.keys, position, source, position, 77);
    let (decoded, accounts) = idl::instruction(&add.data).unwrap();
    assert_eq!((decoded.name.as_str(), field(&decoded, "amount_atoms")), ("add_collateral", "77".into()));
    assert_eq!(accounts.len(), add.accounts.len());
    assert_eq!(accounts[0], "from");
}

#[test]
fn decode_event_ok_with_a_change_in_it() {
    use bulkhead::events::ChangeQueued;
    use bulkhead::instructions::Change;
    let params = defaults::params();
    let event = ChangeQueued {
        change: Pubkey::new_unique(),
        nonce: 4,
        market: Pubkey::new_unique(),
        definition: Change::MarketParams(params),
        applies_from: 10,
        expires_at: 20,
    };
    let decoded = idl::event(&events::AnyEvent::from(event).data()).unwrap();
    assert_eq!(field(&decoded, "definition.MarketParams.margin_max_ppm"), params.margin_max_ppm.to_string());
    assert_eq!(field(&decoded, "expires_at"), "20");
}

#[test]
fn files_ok_raw_and_as_the_solana_command_line_prints_them() {
    let world = World::new().unwrap();
    let market = data(&world, &world.keys.market);
    let path = std::env::temp_dir().join(format!("bulkhead-cli-account-{}", std::process::id()));
    std::fs::write(&path, &market).unwrap();
    assert_eq!(bytes::read_file(&path).unwrap(), market);
    std::fs::write(&path, r#"{"pubkey":"x","account":{"data":["AAEC","base64"]}}"#).unwrap();
    assert_eq!(bytes::read_file(&path).unwrap(), [0, 1, 2]);
    std::fs::write(&path, "{}").unwrap();
    assert!(bytes::read_file(&path).unwrap_err().to_string().contains("without an account's data"));
    std::fs::remove_file(&path).unwrap();
    // A price update is somebody else's account.
    let price = PriceUpdate::at(1, 1).to_bytes([7; 32], 1);
    assert!(idl::account(&price).is_err());
}
