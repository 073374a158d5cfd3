//! Options, configuration, and a dry run.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use solana_keypair::write_keypair_file;

use crate::harness::{Running, Setup, sizes, started};

fn check(folder: &Path, text: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let config = folder.join("keeper.toml");
    fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead-keeper"));
    command.arg("--check-config").arg("--config").arg(&config).envs(variables.iter().copied());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = [stdout, stderr].concat();
    (status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn check_config_fails_on_unknown_keys_in_file_and_environment() {
    let folder = tempfile::tempdir().unwrap();
    let keypair = folder.path().join("key.json");
    write_keypair_file(&solana_keypair::Keypair::new(), &keypair).unwrap();
    let least = format!(
        "rpc_url = \"http://127.0.0.1:1\"\nws_url = \"ws://127.0.0.1:2\"\nkeypair = \"{}\"\n",
        keypair.display()
    );
    let (is_valid, said) = check(folder.path(), &least, &[]);
    assert!(is_valid && said.contains("is valid"), "{said}");
    let unknown = format!("{least}[duties.liquidate]\nenable = true\n");
    let (is_valid, said) = check(folder.path(), &unknown, &[]);
    assert!(!is_valid && said.contains("enable"), "{said}");
    let over = ("BULKHEAD_KEEPER_SEND__IN_FLIGHT_MAX", "0");
    let (is_valid, said) = check(folder.path(), &least, &[over]);
    assert!(!is_valid && said.contains("send.in_flight_max"), "{said}");
    let (is_valid, said) = check(folder.path(), &least, &[("BULKHEAD_KEEPER_SEND__INFLIGHT", "3")]);
    assert!(!is_valid && said.contains("inflight"), "{said}");
    let missing = least.replace("key.json", "none.json");
    let (is_valid, said) = check(folder.path(), &missing, &[]);
    assert!(!is_valid && said.contains("none.json"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_run_ok_sends_nothing() {
    let net = started().await;
    let surge = net.prepare_surge("SOL", 8).await.unwrap();
    let before = sizes(&net, &surge).await;
    let lamports = || async { net.link.rpc.get_balance(&pubkey(&net)).await.unwrap() };
    let held = lamports().await;
    let mut setup = Setup::of(&net, &net.wallets.keeper);
    setup.more = "dry_run = true\n".into();
    let mut keeper = Running::ready(setup).await;
    net.crash(&surge).unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(keeper.log().contains("would send"), "{}", keeper.log());
    assert_eq!(keeper.metric("bulkhead_keeper_transactions_sent_total", "").await, 0);
    assert_eq!((sizes(&net, &surge).await, lamports().await), (before, held));
    assert!(keeper.stop().success());
}

fn pubkey(net: &bulkhead_localnet::Localnet) -> solana_pubkey::Pubkey {
    solana_signer::Signer::pubkey(&net.wallets.keeper)
}
