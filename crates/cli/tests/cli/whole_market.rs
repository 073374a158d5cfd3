//! The binary against the compiled program: triggers, withdrawals, top-ups, paid updates, and a market's end.

use bulkhead::error::BulkheadError;
use bulkhead::instructions::Change;
use bulkhead::state::MARKET_SETTLED;
use bulkhead::views::MarketParams;
use bulkhead_client::pda;
use bulkhead_lab::world::defaults;
use solana_pubkey::Pubkey;

use crate::node::Node;

const FUNDS: u64 = 20_000 * defaults::QUOTE_UNIT;
const HOUR: i64 = 3_600;

fn open(node: &Node) -> Pubkey {
    node.json(&["position", "open", "BTC", "long", "0.5 BTC", "5000 USD", "--execute"]);
    pda::position(&node.with(|chain| chain.world.keys.market), &node.trader, 0)
}

#[track_caller]
fn assert_refused(node: &Node, args: &[&str], why: &str) {
    let output = node.run(args);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {told}");
    assert!(told.contains(why), "{why:?} in {told}");
}

/// The same, refused by the program with this error.
#[track_caller]
fn assert_error(node: &Node, args: &[&str], error: BulkheadError) {
    assert_refused(node, &[&["--output", "json"], args].concat(), &error.name());
}

#[test]
fn order_trigger_ok_once_the_price_is_there() {
    let node = Node::start("stop-loss", FUNDS);
    let position = open(&node);
    let place = ["order", "place", "BTC/0", "decrease", "all", "--kind", "stop-loss", "--trigger", "58000"];
    let id = node.json(&[&place[..], &["--expires", "7d"]].concat())["order"].to_string();
    let listed = node.json(&["order", "list", "BTC/0"]);
    assert_eq!(
        (listed[0]["kind"].as_str(), listed[0]["trigger_price"].as_str()),
        (Some("stop-loss"), Some("58000"))
    );
    assert!(listed[0]["standing"].as_str().unwrap().contains("58,000.00 USD or below"), "{listed}");
    assert_error(&node, &["order", "trigger", "BTC/0", &id], BulkheadError::TriggerNotMet);

    node.with(|chain| chain.world.move_price(57_900 * 100_000_000, 5).unwrap());
    assert!(node.text(&["order", "list", "BTC/0"]).contains("meets its trigger"));
    let told = node.text(&["order", "trigger", "BTC/0", &id]);
    assert!(told.contains("order triggered at 57,900.00 USD"), "{told}");
    let told = node.text(&["order", "execute", "BTC/0", &id]);
    assert!(told.contains("nothing left open"), "{told}");
    assert_eq!(node.with(|chain| chain.world.position(&position).size_atoms), 0);
}

#[test]
fn order_execute_ok_triggers_itself_and_order_cancel_ok_while_it_waits() {
    let node = Node::start("take-profit", FUNDS);
    open(&node);
    let place = ["order", "place", "BTC/0", "decrease", "0.1", "--kind", "take-profit", "--trigger"];
    let filled = node.json(&[&place[..], &["59000", "--execute"]].concat());
    assert_eq!(filled["transactions"].as_array().unwrap().len(), 2, "placed and filled; triggered between");
    let id = node.json(&[&place[..], &["90000"]].concat())["order"].to_string();
    node.text(&["order", "cancel", "BTC/0", &id]);
    assert!(node.text(&["order", "list", "BTC/0"]).contains("no orders wait"));
}

#[test]
fn order_place_fails_where_kind_and_trigger_do_not_fit() {
    let node = Node::start("kinds", FUNDS);
    open(&node);
    let sent = node.with(|chain| chain.sent);
    for (wrong, why) in [
        (&["decrease", "all", "--trigger", "58000"][..], "say which --kind"),
        (&["decrease", "all", "--kind", "limit"][..], "give its price"),
        (&["increase", "0.1", "--kind", "stop-loss", "--trigger", "58000"][..], "only decreases"),
    ] {
        let output = node.run(&[&["order", "place", "BTC/0"], wrong].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{why}");
    }
    assert_eq!(node.with(|chain| chain.sent), sent);
}

#[test]
fn lp_ok_from_deposit_to_a_paid_withdrawal() {
    let node = Node::start("withdrawal", FUNDS);
    node.text(&["lp", "deposit", "BTC", "1000 USD"]);
    let requested = node.json(&["lp", "request", "BTC", "400"]);
    assert_eq!(requested["id"], 0);
    assert!(node.text(&["lp", "withdrawals", "BTC"]).contains("its owner may still cancel it"));
    node.text(&["lp", "cancel", "BTC/0"]);
    assert_eq!(node.json(&["lp", "show", "BTC"])["held"], "1000");
    node.text(&["lp", "request", "BTC", "all"]);
    assert_error(&node, &["lp", "execute", "BTC/1"], BulkheadError::WithdrawalNotMatured);
    node.with(|chain| chain.world.advance(HOUR));
    assert_error(&node, &["lp", "cancel", "BTC/1"], BulkheadError::WithdrawalNotCancellable);
    let told = node.text(&["lp", "execute", "BTC/1"]);
    assert!(told.contains("1,000 USD paid for 1000 shares; 0 shares left"), "{told}");
    assert_eq!(node.with(|chain| chain.world.token_balance(&node.tokens)), FUNDS);
    assert!(node.text(&["lp", "withdrawals", "BTC"]).contains("no withdrawals wait"));
    assert_refused(&node, &["lp", "request", "BTC", "all"], "you hold no shares");
}

#[test]
fn top_up_ok_from_plan_to_revocation() {
    let node = Node::start("top-up", FUNDS);
    let position = open(&node);
    let set = ["top-up", "set", "BTC/0", "--budget", "3000", "--amount", "2500", "--trigger", "500%"];
    let output = node.run(&[&set[..], &["--keeper-pay", "1"]].concat());
    assert!(String::from_utf8_lossy(&output.stderr).contains("0 USD of the token account"), "unapproved");
    assert!(node.text(&["top-up", "approve", "BTC", "3000"]).contains("transaction"));
    let shown = node.json(&["top-up", "show", "BTC/0"]);
    assert_eq!((shown["approved"].as_str(), shown["budget"].as_str()), (Some("3000"), Some("3000")));
    assert!(
        node.text(&["position", "show", "BTC/0"]).contains("A top-up plan stands behind it: below 500 %")
    );
    // The keeper's pay would go to the account that the top-up comes from.
    assert_error(&node, &["top-up", "execute", "BTC/0"], BulkheadError::TopUpKeeperAccountRefused);
    node.text(&["top-up", "revoke", "BTC"]);
    assert_eq!(node.json(&["top-up", "show", "BTC/0"])["approved"], "0");
    node.text(&["top-up", "cancel", "BTC/0"]);
    assert!(node.with(|chain| chain.world.top_up_plan(&position)).is_none());
    assert!(node.text(&["top-up", "show", "BTC/0"]).contains("no top-up plan"));
}

#[test]
fn position_show_ok_tells_of_a_margin_call() {
    let node = Node::start("margin-call", FUNDS);
    let position = open(&node).to_string();
    assert_eq!(node.json(&["position", "show", "BTC/0"])["margin_called"], false);
    node.with(|chain| chain.world.move_price(defaults::START_PRICE_E8 * 85 / 100, 5).unwrap());
    let told = node.text(&["flag", &position]);
    assert!(told.contains("margin call: equity"), "{told}");
    assert!(node.text(&["position", "show", "BTC/0"]).contains("A margin call stands"));
}

#[test]
fn update_paid_ok_pays_the_first_sample_of_a_minute_and_no_other() {
    let node = Node::start("crank", FUNDS);
    let fee = defaults::QUOTE_UNIT / 100;
    node.with(|chain| {
        let mut params = defaults::params();
        // The budget that pays comes out of trade fees.
        (params.crank_fee_quote_atoms, params.trade_fee_ppm) = (fee, 500);
        let market = chain.world.keys.market;
        chain.world.change(Some(market), Change::MarketParams(params)).unwrap();
    });
    open(&node);
    let held = || {
        node.with(|chain| (chain.world.market().crank_budget_atoms, chain.world.token_balance(&node.tokens)))
    };
    node.with(|chain| {
        // The beginning of a minute, so that the second sample is of the same.
        let next = (chain.world.now() / 60 + 2) * 60;
        chain.world.warp_to(next);
    });
    let (budget, before) = held();
    assert!(budget > fee, "{budget}");
    let told = node.text(&["update", "BTC", "--paid"]);
    assert!(told.contains("market updated") && told.contains("0.01 USD paid for the update"), "{told}");
    assert_eq!(held(), (budget - fee, before + fee));
    let told = node.text(&["update", "BTC", "--paid"]);
    assert!(!told.contains("paid for the update"), "{told}");
    assert_eq!(held(), (budget - fee, before + fee));
}

#[test]
fn market_settle_ok_and_position_close_ok_after_a_wind_down() {
    let node = Node::start("wind-down", FUNDS);
    node.with(|chain| {
        // Of the fee, a part is the crank budget's.
        let params = MarketParams { trade_fee_ppm: 500, ..defaults::params() };
        let market = chain.world.keys.market;
        chain.world.change(Some(market), Change::MarketParams(params)).unwrap();
    });
    let position = open(&node);
    assert!(node.text(&["market", "rates", "BTC"]).contains("long less short"));
    assert_error(&node, &["market", "settle", "BTC"], BulkheadError::SettlementNotDue);
    assert_error(&node, &["market", "record-price", "BTC"], BulkheadError::NotWindingDown);
    assert_error(&node, &["position", "settle", "BTC/0"], BulkheadError::MarketNotSettled);
    node.with(|chain| chain.world.wind_down().unwrap());
    node.with(|chain| chain.world.advance(60));
    let told = node.text(&["market", "record-price", "BTC"]);
    assert!(told.contains("price number 1 of the wind-down"), "{told}");
    node.with(|chain| {
        for _ in 0..60 {
            chain.world.record_minute(defaults::START_PRICE_E8).unwrap();
            if chain.world.settlement(&chain.world.keys.market).unwrap().count >= 59 {
                break;
            }
        }
        chain.world.advance(HOUR / 10);
    });
    let told = node.text(&["market", "settle", "BTC"]);
    assert!(told.contains("market settled (WindDown): every position leaves at 60,000.00 USD"), "{told}");
    assert_eq!(node.with(|chain| chain.world.market().status), MARKET_SETTLED);
    assert!(node.text(&["market", "show", "BTC"]).contains("at which the market is settled"));
    assert!(node.text(&["market", "rates", "BTC"]).contains("none"));
    assert!(node.text(&["position", "show", "BTC/0"]).contains("Its market is settled."));
    assert_eq!(node.json(&["position", "list"]).as_array().unwrap().len(), 1);
    assert_error(&node, &["market", "release-funds", "BTC"], BulkheadError::PositionsRemain);
    assert_eq!(node.json(&["position", "close", "BTC/0"])["transactions"].as_array().unwrap().len(), 2);
    assert!(node.with(|chain| chain.world.position_at(&position)).is_none());
    let told = node.text(&["market", "release-funds", "BTC"]);
    assert!(told.contains("of the crank budget are the pool's now"), "{told}");
    assert_error(&node, &["market", "release-funds", "BTC"], BulkheadError::NothingToCollect);
}

#[test]
fn migrate_market_fails_for_one_of_this_version() {
    let node = Node::start("migrate", FUNDS);
    assert_error(&node, &["migrate", "market", "0"], BulkheadError::MarketAlreadyMigrated);
}
