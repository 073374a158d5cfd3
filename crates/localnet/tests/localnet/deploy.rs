//! migrations/deploy.ts on a chain that has nothing but the program and a mint.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bulkhead::state::{Market, Protocol};
use bulkhead_client::accounts::decode;
use bulkhead_client::pda;
use bulkhead_localnet::{Localnet, Options, markets};
use solana_keypair::{Keypair, write_keypair_file};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

async fn bare() -> Localnet {
    Localnet::start(Options { bare: true, ..Options::default() }).await.unwrap()
}

/// Runs the script as `wallet`.
fn deploy(local: &Localnet, wallet: &Keypair, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wallet.json");
    write_keypair_file(wallet, &file).unwrap();
    let tsx = repository().join("node_modules/tsx");
    assert!(tsx.is_dir(), "{} is missing: run `cargo xtask setup`", tsx.display());
    let mint = local.mint.to_string();
    let mut node = Command::new("node");
    node.current_dir(repository().join("migrations")).args(["--import", "tsx", "deploy.ts"]);
    node.args(["--url", &local.rpc_url, "--mint", &mint, "--keypair"]).arg(file).args(more);
    node.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn accounts(local: &Localnet, keys: &[Pubkey]) -> Vec<Option<Vec<u8>>> {
    let found = local.link.rpc.get_multiple_accounts(keys).await.unwrap();
    found.into_iter().map(|account| account.map(|account| account.data)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deploy_ok_sets_everything_up_once_and_changes_nothing_the_second_time() {
    let local = bare().await;
    let definitions = markets::load(&repository().join("migrations/markets"), None).unwrap();
    let mut keys = vec![pda::protocol()];
    keys.extend(definitions.iter().map(|definition| pda::market(definition.index)));
    assert!(accounts(&local, &keys).await.iter().all(Option::is_none));

    let first = deploy(&local, &local.wallets.admin, &[]);
    assert!(first.status.success(), "{}{}", text(&first.stdout), text(&first.stderr));
    let after = accounts(&local, &keys).await;
    let protocol: Protocol = decode(after[0].as_ref().unwrap()).unwrap();
    assert_eq!((protocol.market_count, protocol.admin), (3, local.wallets.admin.pubkey()));
    for (definition, data) in definitions.iter().zip(&after[1..]) {
        let market: Market = decode(data.as_ref().unwrap()).unwrap();
        assert_eq!(market.params.view(), definition.params.checked(6).unwrap(), "{}", definition.symbol);
        assert_eq!(market.oracle, definition.oracle.resolve(false).unwrap());
        assert_eq!(market.collateral_mint, local.mint);
    }

    let second = deploy(&local, &local.wallets.admin, &[]);
    assert!(second.status.success(), "{}", text(&second.stderr));
    assert_eq!(text(&second.stdout).matches("as its file says").count(), 3, "{}", text(&second.stdout));
    assert_eq!(accounts(&local, &keys).await, after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deploy_fails_by_another_wallet_and_for_another_cluster() {
    let local = bare().await;
    let stranger = Keypair::new();
    local.airdrop(&[stranger.pubkey()], 1_000_000_000).unwrap();
    let refused = deploy(&local, &stranger, &[]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("only the upgrade authority"), "{}", text(&refused.stderr));
    assert!(accounts(&local, &[pda::protocol()]).await[0].is_none());

    assert!(deploy(&local, &local.wallets.admin, &[]).status.success());
    let other = deploy(&local, &local.wallets.admin, &["--cluster", "devnet"]);
    assert!(text(&other.stderr).contains("it was set up for cluster"), "{}", text(&other.stderr));
}
