//! A liquidity provider, from the deposit to the last payment.

use bulkhead::error::BulkheadError;
use bulkhead_localnet::tokens;
use solana_signer::Signer;

use crate::shell::{Shell, USD, attended, number};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_day_and_an_exit_ok() {
    let net = attended().await;
    let me = Shell::of(&net);
    let account = tokens::account_of(&net.wallets.user.pubkey(), &net.mint);
    let before = net.link.tokens(&account).await.unwrap();
    let told = me.text(&["lp", "deposit", "SOL", "1000 USD", "--dry-run"]);
    assert!(told.contains("Dry run, nothing was sent"), "{told}");
    let told = me.text(&["lp", "deposit", "SOL", "1000 USD"]);
    assert!(told.contains("1,000 USD deposited for"), "{told}");
    assert_eq!(net.link.tokens(&account).await.unwrap(), before - 1_000 * USD);
    let held = number(&me.json(&["lp", "show", "SOL"])["held"]);
    assert!((999.0..=1_000.0).contains(&held), "{held}");

    let requested = me.json(&["lp", "request", "SOL", "all"]);
    assert_eq!(requested["id"], 0);
    me.refused(&["lp", "execute", "SOL/0"], BulkheadError::WithdrawalNotMatured);
    assert!(me.text(&["lp", "withdrawals", "SOL"]).contains("its owner may still cancel it"));
    me.text(&["lp", "cancel", "SOL/0"]);
    assert_eq!(number(&me.json(&["lp", "show", "SOL"])["held"]), held);

    // Again, and this time it is paid: by whoever comes first, with a price that is there an hour later.
    me.text(&["lp", "request", "SOL", "all"]);
    net.travel(3_601).await.unwrap();
    let keeper = Shell::new(&net.rpc_url, &net.wallets.keeper);
    let address = me.json(&["lp", "withdrawals", "SOL"])[0]["address"].as_str().unwrap().to_owned();
    let told = keeper.text(&["lp", "execute", &address]);
    assert!(told.contains("0 shares left"), "{told}");
    let lost = before - net.link.tokens(&account).await.unwrap();
    assert!(lost < USD, "{lost}: nobody traded meanwhile");
    assert!(me.text(&["lp", "withdrawals", "SOL"]).contains("no withdrawals wait"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_day_ok_pays_in_part_and_less_than_was_put_in() {
    let net = attended().await;
    let (trader, lp) = (Shell::of(&net), Shell::new(&net.rpc_url, &net.wallets.lp));
    // Traders win, and all of the pool's largest provider's shares are to go at once.
    trader.text(&["position", "open", "SOL", "long", "2000", "60000", "--wait"]);
    net.set_price("SOL", 180 * 100_000_000).unwrap();
    lp.text(&["lp", "request", "SOL", "10000000"]);
    net.travel(3_601).await.unwrap();
    let told = lp.text(&["lp", "execute", "SOL/0"]);
    assert!(told.contains("shares left") && !told.contains("for 10000000 shares"), "{told}");
    assert!(lp.text(&["lp", "withdrawals", "SOL"]).contains("waits for liquidity"));
    let waiting = lp.json(&["lp", "withdrawals", "SOL"]);
    let [requested, left, paid] =
        ["shares_requested", "shares", "paid"].map(|field| number(&waiting[0][field]));
    let each = paid / (requested - left);
    assert!((0.9..0.999).contains(&each), "60,000 of 20 million are owed to a trader: {each}");
    lp.refused(&["lp", "cancel", "SOL/0"], BulkheadError::WithdrawalNotCancellable);

    // Nobody has executed the rest within its hour: anyone may end it, and the shares come back.
    net.travel(3_601).await.unwrap();
    lp.refused(&["lp", "execute", "SOL/0"], BulkheadError::WithdrawalLapsed);
    let held = number(&lp.json(&["lp", "show", "SOL"])["held"]);
    trader.text(&["lp", "cancel", waiting[0]["address"].as_str().unwrap()]);
    let returned = number(&lp.json(&["lp", "show", "SOL"])["held"]) - held;
    assert!((returned - left).abs() < 1e-6, "{returned} {left}");
}
