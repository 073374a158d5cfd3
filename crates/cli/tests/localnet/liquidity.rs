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
