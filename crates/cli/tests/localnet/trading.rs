//! A trader's first day, and a bad one.

use bulkhead::error::BulkheadError;

use crate::shell::{Shell, attended, deserted, number};

/// US dollars, as prices count.
const USD_E8: u64 = 100_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_day_ok_from_the_first_look_to_a_stop() {
    let net = attended().await;
    let me = Shell::of(&net);
    let markets = me.json(&["market", "list"]);
    let assets: Vec<_> = markets.as_array().unwrap().iter().map(|market| market["asset"].clone()).collect();
    assert_eq!(assets, ["SOL", "BTC", "ETH"]);
    assert!(me.text(&["market", "list"]).contains("SOL"));
    assert!(me.text(&["market", "show", "SOL"]).contains("Market 0, SOL: active"));
    assert_eq!(number(&me.json(&["market", "show", "SOL"])["price"]), 150.0);
    assert!(me.text(&["position", "list"]).contains("no positions"));

    // What would come of it; then too much; then in earnest, filled by somebody else.
    let open = ["position", "open", "SOL", "long", "10 SOL", "500 USD"];
    let told = me.text(&[&open[..], &["--dry-run"]].concat());
    assert!(told.contains("Dry run, nothing was sent"), "{told}");
    let wrong = ["position", "open", "SOL", "long", "10 SOL", "20 USD"];
    me.refused(&wrong, BulkheadError::InitialMarginShort);
    let opened = me.json(&[&open[..], &["--wait"]].concat());
    assert_eq!((&opened["position"]["status"], &opened["position"]["size"]), (&"open".into(), &"10".into()));
    let shown = me.text(&["position", "show", "SOL/0"]);
    assert!(shown.contains("the price must fall by"), "{shown}");
    assert_eq!(me.json(&["position", "list"]).as_array().unwrap().len(), 1);

    // A stop, which waits, and is taken back.
    let stop = ["order", "place", "SOL/0", "decrease", "all", "--kind", "stop-loss", "--trigger", "140"];
    let placed = me.json(&stop);
    let listed = me.json(&["order", "list", "SOL/0"]);
    assert_eq!((&listed[0]["kind"], &listed[0]["id"]), (&"stop-loss".into(), &placed["order"]));
    assert_eq!(number(&listed[0]["trigger_price"]), 140.0);
    me.text(&["order", "cancel", "SOL/0", &placed["order"].to_string()]);
    assert!(me.text(&["order", "list", "SOL/0"]).contains("no orders wait"));

    me.text(&["position", "add", "SOL/0", "100 USD"]);
    me.text(&["position", "remove", "SOL/0", "50 USD"]);
    let collateral = number(&me.json(&["position", "show", "SOL/0"])["collateral"]);
    assert!((549.0..550.0).contains(&collateral), "500, 100, less 50 and the fee: {collateral}");
    me.text(&["position", "remove", "SOL/0", "max"]);
    me.refused(&["position", "remove", "SOL/0", "20 USD"], BulkheadError::InitialMarginShort);

    // Everything that has happened can be looked up.
    let address = opened["position"]["address"].as_str().unwrap();
    assert_eq!(me.json(&["decode", "account", address])["name"], "Position");
    let signature = opened["transactions"][0]["signature"].as_str().unwrap();
    let told = me.text(&["decode", "transaction", signature]);
    assert!(told.contains("succeeded") && told.contains("OrderPlaced"), "{told}");
    let short = me.json(&["decode", "error", &BulkheadError::InitialMarginShort.name()]);
    let code = u32::from(BulkheadError::InitialMarginShort).to_string();
    assert_eq!(me.json(&["decode", "error", &code]), short);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_day_ok_from_a_top_up_to_a_liquidation_by_hand() {
    let net = deserted().await;
    let (me, keeper) = (Shell::of(&net), Shell::new(&net.rpc_url, &net.wallets.keeper));
    let opened = me.json(&["position", "open", "SOL", "long", "10", "200", "--execute", "--slippage", "any"]);
    let address = opened["position"]["address"].as_str().unwrap().to_owned();
    me.text(&["top-up", "approve", "SOL", "60 USD"]);
    me.text(&["top-up", "set", "SOL/0", "--budget", "60", "--amount", "60", "--keeper-pay", "1"]);
    keeper.refused(&["top-up", "execute", &address], BulkheadError::TopUpNotNeeded);

    // Down to a little above liquidation: the plan acts, for whoever brings the price.
    let border = number(&me.json(&["position", "show", "SOL/0"])["liquidation_price"]);
    net.set_price("SOL", (border * 1.003 * USD_E8 as f64) as u64).unwrap();
    let told = keeper.text(&["top-up", "execute", &address]);
    assert!(told.contains("59 USD"), "{told}");
    let lower = number(&me.json(&["position", "show", "SOL/0"])["liquidation_price"]);
    assert!(lower < border, "{lower} {border}");

    // Below: seen twice, two seconds apart, and then liquidated in part or whole.
    net.set_price("SOL", (lower * 0.995 * USD_E8 as f64) as u64).unwrap();
    let told = keeper.text(&["liquidate", &address]);
    assert!(!told.contains("liquidated ("), "not at the first sighting: {told}");
    let told = me.text(&["position", "show", "SOL/0"]);
    assert!(told.contains("A margin call stands"), "{told}");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let told = keeper.text(&["liquidate", &address]);
    assert!(told.contains("liquidated (BelowMaintenance)"), "{told}");
    keeper.text(&["refresh", &address]);
    assert!(me.json(&["position", "list"]).as_array().unwrap().len() <= 1);
}
