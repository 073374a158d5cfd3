//! Finds the compiled program and starts a chain with it.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use bulkhead_client::{ID, pda};
use litesvm::LiteSVM;
use solana_pubkey::Pubkey;

/// Names another file than `target/deploy/bulkhead.so`.
const PATH_VARIABLE: &str = "BULKHEAD_SO";
/// Where the loader's `ProgramData` keeps `Some(upgrade authority)`: after its tag and the slot.
const AUTHORITY_TAG: usize = 12;
const AUTHORITY: std::ops::Range<usize> = 13..45;

fn program_file() -> PathBuf {
    env::var_os(PATH_VARIABLE)
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/deploy/bulkhead.so"))
}

/// LiteSVM with mainnet's features and the program.
pub(super) fn chain() -> Result<LiteSVM> {
    let file = program_file();
    ensure!(
        file.is_file(),
        "{} is missing: run `cargo xtask build`, or name the program in {PATH_VARIABLE}",
        file.display()
    );
    // Without history, transactions may repeat; logs are where events come from, so none may be cut.
    let mut svm = LiteSVM::new()
        .with_sigverify(false)
        .with_blockhash_check(false)
        .with_transaction_history(0)
        .with_log_bytes_limit(None);
    svm.add_program_from_file(ID, &file)
        .with_context(|| format!("{} does not load: run `cargo xtask build`", file.display()))?;
    Ok(svm)
}

/// LiteSVM deploys programs as final; `initialize_protocol` asks for the upgrade authority.
pub(super) fn set_upgrade_authority(svm: &mut LiteSVM, authority: Pubkey) -> Result<()> {
    let address = pda::program_data();
    let mut account = svm.get_account(&address).context("the program has no data account")?;
    account.data[AUTHORITY_TAG] = 1;
    account.data[AUTHORITY].copy_from_slice(authority.as_ref());
    svm.set_account(address, account).context("the program's data account cannot be written")
}
