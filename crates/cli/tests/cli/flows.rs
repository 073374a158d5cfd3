//! The binary against the compiled program: opening, looking, leaving without anybody's help.

use bulkhead::error::BulkheadError;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::defaults;

use crate::node::Node;

const FUNDS: u64 = 20_000 * defaults::QUOTE_UNIT;

fn open(node: &Node) -> serde_json::Value {
    node.json(&["position", "open", "BTC", "long", "0.5 BTC", "5000 USD", "--execute"])
}

#[test]
fn position_open_ok_and_position_close_ok_with_no_keeper_at_all() {
    let node = Node::start("life", FUNDS);
    let opened = open(&node);
    assert_eq!(opened["transactions"].as_array().unwrap().len(), 2, "placed and filled");
    assert_eq!(
        (opened["position"]["status"].as_str(), opened["position"]["size"].as_str()),
        (Some("open"), Some("0.5"))
    );
    let position = pda::position(&node.with(|chain| chain.world.keys.market), &node.trader, 0);
    assert_eq!(opened["position"]["address"], position.to_string());
    let held = |node: &Node| node.with(|chain| chain.world.token_balance(&node.tokens));
    assert_eq!(held(&node), FUNDS - 5_000 * defaults::QUOTE_UNIT);

    let shown = node.text(&["position", "show", "BTC/0"]);
    assert!(shown.contains("the price must fall by"), "{shown}");
    let listed = node.json(&["position", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    node.text(&["position", "add", "BTC/0", "10 USD"]);
    node.text(&["position", "remove", "BTC/0", "4 USD"]);

    let closed = node.json(&["position", "close", "BTC/0"]);
    assert_eq!(closed["transactions"].as_array().unwrap().len(), 3, "placed, filled, taken out");
    assert!(node.with(|chain| chain.world.position_at(&position)).is_none());
    // Two spreads of 4 bp on 30,000 and no fee: nothing else was lost.
    let lost = FUNDS - held(&node);
    assert!(lost < 30 * defaults::QUOTE_UNIT, "{lost}");
}

#[test]
fn order_place_list_and_cancel_ok() {
    let node = Node::start("orders", FUNDS);
    open(&node);
    let half = node.json(&["order", "place", "BTC/0", "decrease", "0.25 BTC", "--execute"]);
    assert_eq!(half["transactions"].as_array().unwrap().len(), 2);
    let placed = node.json(&["order", "place", "BTC/0", "decrease", "all"]);
    let id = placed["order"].to_string();
    let listed = node.json(&["order", "list", "BTC/0"]);
    assert_eq!((listed[0]["size"].as_str(), listed[0]["action"].as_str()), (Some("all"), Some("decrease")));
    let early = node.run(&["order", "cancel", "BTC/0", &id]);
    assert_eq!(early.status.code(), Some(1), "in its window");
    assert!(String::from_utf8_lossy(&early.stderr).contains("OrderInWindow"));
    node.with(|chain| chain.world.advance(200));
    assert!(node.text(&["order", "list", "BTC/0"]).contains("cancel it"));
    node.text(&["order", "cancel", "BTC/0", &id]);
    assert!(node.text(&["order", "list", "BTC/0"]).contains("no orders wait"));
}

#[test]
fn refusals_are_named_and_cost_nothing() {
    let node = Node::start("refusals", FUNDS);
    let refused = node.run(&["--output", "json", "position", "open", "BTC", "long", "10 BTC", "100 USD"]);
    assert_eq!(refused.status.code(), Some(1));
    let error: serde_json::Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(error["error"]["name"], BulkheadError::InitialMarginShort.name());
    let wrong = node.run(&["position", "open", "BTC", "long", "1 ETH", "100 USD"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("counted in BTC, not in ETH"));
    let absent = node.run(&["position", "show", "BTC/7"]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&absent.stderr).contains("no Position at"));
    assert_eq!(node.run(&["market", "show", "DOGE"]).status.code(), Some(2));
    assert_eq!(node.with(|chain| chain.sent), 0);
    // Only the chain knows that the key is not the admin's.
    let outsider = node.run(&["admin", "propose", "nobody"]);
    assert_eq!(outsider.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&outsider.stderr).contains("AdminRequired"));
}

#[test]
fn dry_run_ok_sends_nothing() {
    let node = Node::start("dry", FUNDS);
    let told = node.text(&["position", "open", "BTC", "long", "0.5 BTC", "5000 USD", "--dry-run"]);
    assert!(told.contains("Dry run, nothing was sent") && told.contains("priority fee"), "{told}");
    let deposit = node.json(&["lp", "deposit", "BTC", "100 USD", "--dry-run"]);
    assert_eq!((deposit["dry_run"].as_bool(), deposit["fee_lamports"].as_u64()), (Some(true), Some(5_000)));
    assert_eq!(node.with(|chain| (chain.sent, chain.simulated)), (0, 2));
}

#[test]
fn market_protocol_and_pool_ok_are_shown() {
    let node = Node::start("shown", FUNDS);
    let listed = node.json(&["market", "list"]);
    assert_eq!((listed[0]["asset"].as_str(), listed[0]["status"].as_str()), (Some("BTC"), Some("active")));
    let shown = node.text(&["market", "show", "0"]);
    assert!(shown.contains("60,000.00 USD") && shown.contains("volatility of an hour"), "{shown}");
    let protocol = node.json(&["protocol", "show"]);
    let admin = node.with(|chain| chain.world.admin).to_string();
    assert_eq!(
        (protocol["admin"].as_str(), protocol["upgrade_authority"].as_str()),
        (Some(&*admin), Some(&*admin))
    );
    let deposited = node.text(&["lp", "deposit", "BTC", "1000 USD"]);
    assert!(deposited.contains("1,000 USD deposited for 1000 shares"), "{deposited}");
    assert_eq!(node.json(&["lp", "show", "BTC"])["held"], "1000");
    assert!(node.text(&["update", "BTC"]).contains("market updated"));
    let market = node.with(|chain| chain.world.keys.market).to_string();
    assert_eq!(node.json(&["decode", "account", &market])["name"], "Market");
}

#[test]
fn liquidate_ok_after_a_flag() {
    let node = Node::start("liquidate", FUNDS);
    open(&node);
    let position = pda::position(&node.with(|chain| chain.world.keys.market), &node.trader, 0).to_string();
    node.with(|chain| chain.world.move_price(defaults::START_PRICE_E8 * 85 / 100, 5).unwrap());
    node.text(&["flag", &position]);
    node.with(|chain| chain.world.advance(3));
    let told = node.text(&["liquidate", &position]);
    assert!(told.contains("liquidated (BelowMaintenance)"), "{told}");
    let told = node.text(&["refresh", &position]);
    assert!(told.contains("transaction"), "{told}");
}

#[test]
fn position_close_ok_goes_on_where_it_was_cut_short_and_on_one_old_price() {
    let node = Node::start("cut-short", FUNDS);
    open(&node);
    node.text(&["order", "place", "BTC/0", "decrease", "all"]);
    // One price of the window arrives, and then none for a minute.
    node.with(|chain| {
        chain.world.advance(4);
        chain.world.warp_to(chain.world.now() + 60);
        chain.is_publishing = false;
    });
    let closed = node.json(&["position", "close", "BTC/0"]);
    assert_eq!(
        closed["transactions"].as_array().unwrap().len(),
        2,
        "filled and taken out; nothing placed twice"
    );
}

#[test]
fn position_close_fails_by_name_and_cancels_when_no_price_comes() {
    let node = Node::start("no-price", FUNDS);
    open(&node);
    // Each look lets 20 seconds pass, in which nobody publishes anything.
    node.with(|chain| {
        chain.is_publishing = false;
        chain.secs_per_look = 20;
    });
    let output = node.run(&["position", "close", "BTC/0"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("no price between 2 s and 15 s after it"), "{told}");
    assert!(node.text(&["order", "list", "BTC/0"]).contains("no orders wait"));
}

#[test]
fn position_close_ok_of_one_that_never_opened() {
    let node = Node::start("pending", FUNDS);
    node.text(&["position", "open", "BTC", "short", "0.5", "5000"]);
    let early = node.run(&["position", "close", "BTC/0"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&early.stderr).contains("can be cancelled in"));
    node.with(|chain| chain.world.advance(60));
    let told = node.text(&["position", "close", "BTC/0"]);
    assert!(told.contains("5,000 USD returned to its owner"), "{told}");
    assert_eq!(node.with(|chain| chain.world.token_balance(&node.tokens)), FUNDS);
}

#[test]
fn position_watch_ok_ends_when_the_position_is_flat() {
    let node = Node::start("watch", FUNDS);
    open(&node);
    node.text(&["order", "place", "BTC/0", "decrease", "all", "--execute"]);
    let output = node.run(&["position", "watch", "BTC/0"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is flat"));
}

#[test]
fn mainnet_fails_where_nobody_can_be_asked_unless_told_yes() {
    let node = Node::start("mainnet", FUNDS);
    node.with(|chain| chain.genesis = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d".into());
    let unasked = node.run(&["update", "BTC"]);
    assert_eq!(unasked.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unasked.stderr).contains("this is mainnet"));
    assert_eq!(node.with(|chain| chain.sent), 0);
    node.text(&["market", "show", "BTC"]);
    node.text(&["update", "BTC", "--dry-run"]);
    node.text(&["update", "BTC", "--yes"]);
    assert_eq!(node.with(|chain| chain.sent), 1);
}

#[test]
fn admin_ok_from_taking_over_to_a_pause() {
    let node = Node::start("admin", FUNDS);
    let me = node.trader.to_string();
    node.with(|chain| {
        let propose = ix::propose_admin(chain.world.admin, node.trader);
        chain.world.send(&[propose]).unwrap();
    });
    node.text(&["admin", "accept"]);
    assert_eq!(node.json(&["protocol", "show"])["admin"], me);

    let queued = node.run(&["admin", "queue", "params", "BTC", "--set", "trade_fee_ppm=500"]);
    assert!(String::from_utf8_lossy(&queued.stderr).contains("trade_fee_ppm: 0 -> 500"));
    let wild = node.run(&["admin", "queue", "params", "BTC", "--set", "trade_fee_ppm=500000"]);
    assert_eq!(wild.status.code(), Some(1), "out of bounds, and known before anything is sent");
    assert!(String::from_utf8_lossy(&wild.stderr).contains("ParameterOutOfBounds"));
    let listed = node.json(&["admin", "list"]);
    assert_eq!((listed[0]["nonce"].as_u64(), listed[0]["sets"].as_str()), (Some(0), Some("parameters")));
    node.text(&["admin", "apply", "0"]);
    assert_eq!(node.with(|chain| chain.world.market().params.trade_fee_ppm), 500);

    node.text(&["admin", "queue", "status", "BTC", "reduce-only"]);
    node.text(&["admin", "cancel", "1"]);
    assert!(node.text(&["admin", "list"]).contains("no changes are queued"));
    node.text(&["admin", "queue", "settings", "--guardian", &me]);
    node.text(&["admin", "apply", "2"]);
    node.text(&["admin", "pause", "new-risk"]);
    assert!(node.text(&["protocol", "show"]).contains("paused for another 23 h 59 min"));
    let refused = node.run(&["position", "open", "BTC", "long", "0.5", "5000"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("NewRiskPaused"));
    node.text(&["admin", "unpause", "new-risk"]);
    open(&node);
}
