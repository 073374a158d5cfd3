//! The protocol: who governs it, who may replace its code, what is paused.

use anchor_lang::prelude::Pubkey;
use bulkhead::state::{Pause, Protocol};
use bulkhead_client::{ID, pda};
use bulkhead_risk::UnixSeconds;
use clap::Subcommand;
use serde_json::json;

use super::Outcome;
use crate::amount::span;
use crate::error::{CliError, Result};
use crate::output::{Report, pairs};
use crate::session::Session;

/// What the upgradeable loader writes before a program's code: kind, slot, whether anybody may upgrade, who.
const PROGRAM_DATA_KIND: u32 = 3;
const AUTHORITY_FLAG_AT: usize = 12;
const AUTHORITY_AT: usize = 13;

/// What to do with the protocol.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Admin, guardian, upgrade authority, timelock, pauses
    Show,
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let Self::Show = self;
        let protocol = session.node().protocol().await?;
        let now = session.node().clock().await?.now;
        let data = session.node().raw_accounts(&[pda::program_data()]).await?.pop().flatten();
        let upgrade = data.map(|account| upgrade_authority(&account.data)).transpose()?;
        Ok(Some(report(&protocol, upgrade, now)))
    }
}

fn report(protocol: &Protocol, upgrade: Option<Option<Pubkey>>, now: UnixSeconds) -> Report {
    let upgrade_text = match upgrade {
        Some(Some(key)) => key.to_string(),
        Some(None) => "nobody, for good".to_owned(),
        None => "not known: the program is not under the upgradeable loader".to_owned(),
    };
    let key_or = |key: &Pubkey, none: &str| match *key == Pubkey::default() {
        true => none.to_owned(),
        false => key.to_string(),
    };
    let pauses = [
        ("new risk", &protocol.pause_new_risk),
        ("deposits", &protocol.pause_deposits),
        ("withdrawals", &protocol.pause_withdrawals),
    ];
    let mut rows = vec![
        ("program", ID.to_string()),
        ("cluster", cluster_name(protocol.cluster).to_owned()),
        ("upgrade authority", upgrade_text),
        ("admin", protocol.admin.to_string()),
        ("proposed admin", key_or(&protocol.pending_admin, "nobody")),
        ("guardian", protocol.guardian.to_string()),
        ("fee receiver", protocol.fee_receiver.to_string()),
        ("timelock", span(protocol.timelock_secs.into())),
        ("next change", protocol.next_change.to_string()),
        ("markets", protocol.market_count.to_string()),
    ];
    rows.extend(pauses.map(|(name, pause)| (name, pause_text(pause, now))));
    let json = json!({
        "program": ID.to_string(),
        "cluster": cluster_name(protocol.cluster),
        "upgrade_authority": upgrade.flatten().map(|key| key.to_string()),
        "admin": protocol.admin.to_string(),
        "pending_admin": (protocol.pending_admin != Pubkey::default())
            .then(|| protocol.pending_admin.to_string()),
        "guardian": protocol.guardian.to_string(),
        "fee_receiver": protocol.fee_receiver.to_string(),
        "timelock_secs": protocol.timelock_secs,
        "next_change": protocol.next_change,
        "market_count": protocol.market_count,
        "paused_until": {
            "new_risk": protocol.pause_new_risk.until,
            "deposits": protocol.pause_deposits.until,
            "withdrawals": protocol.pause_withdrawals.until,
        },
    });
    Report::new(pairs(&rows), json)
}

fn pause_text(pause: &Pause, now: UnixSeconds) -> String {
    let left = UnixSeconds(pause.until).since(now).unwrap_or(0);
    match left {
        0 => "not paused".into(),
        left => format!("paused for another {}", span(left)),
    }
}

fn cluster_name(cluster: u8) -> &'static str {
    match cluster {
        0 => "localnet",
        1 => "devnet",
        2 => "mainnet",
        _ => "unknown",
    }
}

/// Who may replace the program's code, by its data account; none if nobody may ever.
fn upgrade_authority(data: &[u8]) -> Result<Option<Pubkey>> {
    let wrong = || CliError::usage("the program's data account is none of the upgradeable loader's");
    let kind = data.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(wrong)?;
    if kind != PROGRAM_DATA_KIND {
        return Err(wrong());
    }
    match data.get(AUTHORITY_FLAG_AT) {
        Some(0) => Ok(None),
        Some(1) => {
            let key = data.get(AUTHORITY_AT..).and_then(|rest| rest.first_chunk()).ok_or_else(wrong)?;
            Ok(Some(Pubkey::new_from_array(*key)))
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upgrade_authority_is_read_as_the_loader_writes_it() {
        let mut data = vec![0; 100];
        data[0] = 3;
        assert_eq!(upgrade_authority(&data), Ok(None));
        data[12] = 1;
        data[13..45].fill(5);
        assert_eq!(upgrade_authority(&data), Ok(Some(Pubkey::new_from_array([5; 32]))));
        data[0] = 2;
        assert!(upgrade_authority(&data).is_err());
        assert!(upgrade_authority(&[3, 0, 0, 0]).is_err());
    }

    #[test]
    fn pauses_count_down() {
        let pause = Pause { until: 1_000, again_from: 9_000 };
        assert_eq!(pause_text(&pause, UnixSeconds(900)), "paused for another 100 s");
        assert_eq!(pause_text(&pause, UnixSeconds(1_000)), "not paused");
    }
}
