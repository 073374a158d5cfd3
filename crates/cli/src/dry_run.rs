//! `--dry-run`: what would happen, what it would cost, and whose balances would move.

use std::collections::{HashMap, HashSet};

use anchor_lang::prelude::Pubkey;
use bulkhead_client::rpc::{Budget, ChainAccount, SendError, Simulation, TxRequest};
use serde_json::{Value, json};

use crate::amount::{grouped, plain, sol};
use crate::error::Result;
use crate::narrate::narrate_plain;
use crate::output::{Report, pairs};
use crate::session::Session;
use crate::submit::event_json;
use crate::tokens::Holding;

/// What the cluster takes for each signature.
const SIGNATURE_LAMPORTS: u64 = 5_000;
/// Where both token programs keep a mint's decimals.
const MINT_DECIMALS_AT: usize = 44;

/// A balance that would move.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    account: Pubkey,
    /// Mint of a token; none for lamports.
    mint: Option<Pubkey>,
    /// Whether it is the payer's, or a token account of the payer's.
    is_ours: bool,
    before: u64,
    after: u64,
}

/// Simulates `request` and prints what came out; an error if it would be refused.
pub(crate) async fn run(session: &Session, what: &str, request: &TxRequest) -> Result<()> {
    let watched = request.writable_accounts();
    let before = session.node().raw_accounts(&watched).await?;
    let mut simulation = session.sender().simulate(request, &watched).await?;
    if let Some(failure) = simulation.failure.take() {
        return Err(SendError::from(failure).into());
    }
    let budget = session.sender().budget(request, &simulation).await?;
    let changes = changes(&request.payer, &watched, &before, &simulation.accounts);
    let decimals = decimals(session, &changes).await?;
    let fee = SIGNATURE_LAMPORTS * signatures(request);
    report(what, &simulation, (fee, &budget), &changes, &decimals).print(session.globals.output);
    Ok(())
}

fn changes(
    payer: &Pubkey,
    keys: &[Pubkey],
    before: &[Option<ChainAccount>],
    after: &[Option<ChainAccount>],
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (account, (before, after)) in keys.iter().zip(before.iter().zip(after)) {
        let lamports = |state: &Option<ChainAccount>| state.as_ref().map_or(0, |state| state.lamports);
        changes.push(Change {
            account: *account,
            mint: None,
            is_ours: account == payer,
            before: lamports(before),
            after: lamports(after),
        });
        let held = |state: &Option<ChainAccount>| state.as_ref().and_then(holding);
        let (before, after) = (held(before), held(after));
        if let Some(held) = after.or(before) {
            let atoms = |holding: Option<Holding>| holding.map_or(0, |holding| holding.atoms);
            let (before, after) = (atoms(before), atoms(after));
            let (mint, is_ours) = (Some(held.mint), held.owner == *payer);
            changes.push(Change { account: *account, mint, is_ours, before, after });
        }
    }
    changes.retain(|change| change.before != change.after);
    changes
}

fn holding(account: &ChainAccount) -> Option<Holding> {
    // The program's own accounts are no token accounts, however long.
    if account.owner == bulkhead_client::ID { None } else { Holding::decode(&account.data) }
}

async fn decimals(session: &Session, changes: &[Change]) -> Result<HashMap<Pubkey, u8>> {
    let mints: Vec<Pubkey> = changes.iter().filter_map(|change| change.mint).collect();
    let accounts = session.node().raw_accounts(&mints).await?;
    let read =
        |(mint, account): (Pubkey, Option<ChainAccount>)| Some((mint, *account?.data.get(MINT_DECIMALS_AT)?));
    Ok(mints.into_iter().zip(accounts).filter_map(read).collect())
}

fn signatures(request: &TxRequest) -> u64 {
    let metas = request.instructions.iter().flat_map(|instruction| &instruction.accounts);
    let signers = metas.filter(|meta| meta.is_signer).map(|meta| meta.pubkey).chain([request.payer]);
    signers.collect::<HashSet<_>>().len() as u64
}

fn report(
    what: &str,
    simulation: &Simulation,
    (fee, budget): (u64, &Budget),
    changes: &[Change],
    decimals: &HashMap<Pubkey, u8>,
) -> Report {
    let events = simulation.events().events;
    let priority = budget.priority_fee_lamports();
    let mut text = format!("Dry run, nothing was sent. {what}: it would succeed.\n\n");
    text += &pairs(&[
        ("compute units", format!("{} used, {} asked for", simulation.units, budget.compute_units)),
        ("fee", format!("{} and {} priority fee", sol(fee.into()), sol(priority.into()))),
    ]);
    text += "\nevents\n";
    for event in &events {
        text += &format!("  {}\n", narrate_plain(event));
    }
    text += "\nbalances (the priority fee comes on top)\n";
    for change in changes {
        text += &format!("  {}\n", line(change, decimals));
    }
    let json = json!({
        "dry_run": true,
        "compute_units": simulation.units,
        "compute_unit_limit": budget.compute_units,
        "fee_lamports": fee,
        "priority_fee_lamports": priority,
        "events": events.iter().map(event_json).collect::<Vec<_>>(),
        "balances": changes.iter().map(|change| change_json(change, decimals)).collect::<Vec<_>>(),
        "logs": simulation.logs,
    });
    Report::new(text, json)
}

fn line(change: &Change, decimals: &HashMap<Pubkey, u8>) -> String {
    let moved = i128::from(change.after) - i128::from(change.before);
    let sign = if moved > 0 { "+" } else { "" };
    let whose = if change.is_ours { " (yours)" } else { "" };
    match &change.mint {
        None => format!("{}{whose}  {sign}{}", change.account, sol(moved)),
        Some(mint) => {
            let amount = grouped(moved, decimals.get(mint).copied().unwrap_or(0));
            format!("{}{whose}  {sign}{amount} of {mint}", change.account)
        }
    }
}

fn change_json(change: &Change, decimals: &HashMap<Pubkey, u8>) -> Value {
    let places = match &change.mint {
        None => 9,
        Some(mint) => decimals.get(mint).copied().unwrap_or(0),
    };
    json!({
        "account": change.account.to_string(),
        "mint": change.mint.map(|mint| mint.to_string()),
        "is_yours": change.is_ours,
        "before": plain(change.before.into(), places),
        "after": plain(change.after.into(), places),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(owner: Pubkey, lamports: u64, atoms: Option<u64>) -> Option<ChainAccount> {
        let mut data = vec![0; if atoms.is_some() { 165 } else { 0 }];
        if let Some(atoms) = atoms {
            data[..32].fill(7);
            data[64..72].copy_from_slice(&atoms.to_le_bytes());
        }
        Some(ChainAccount { lamports, data, owner, executable: false, rent_epoch: 0 })
    }

    #[test]
    fn balances_that_move_are_listed_and_no_others() {
        let token = Pubkey::new_from_array([1; 32]);
        let (wallet, vault, same) = (Pubkey::new_unique(), Pubkey::new_unique(), Pubkey::new_unique());
        let before = [account(token, 9, None), None, account(token, 3, Some(5))];
        let after = [account(token, 4, None), account(token, 2, Some(1_500_000)), account(token, 3, Some(5))];
        let changes = changes(&wallet, &[wallet, vault, same], &before, &after);
        let mint = Pubkey::new_from_array([7; 32]);
        let decimals = HashMap::from([(mint, 6)]);
        let lines: Vec<String> = changes.iter().map(|change| line(change, &decimals)).collect();
        assert_eq!(
            lines,
            [
                format!("{wallet} (yours)  -0.000000005 SOL"),
                format!("{vault}  +0.000000002 SOL"),
                format!("{vault}  +1.5 of {mint}"),
            ]
        );
    }

    #[test]
    fn accounts_of_the_program_are_not_taken_for_token_accounts() {
        let position = account(bulkhead_client::ID, 1, Some(9)).unwrap();
        assert_eq!(holding(&position), None);
    }
}
