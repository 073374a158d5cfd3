//! The keys of a local chain. LOCALNET ONLY: they follow from their names, so everybody holds them.
//!
//! Derived and not drawn, so that addresses (the mint's above all) stay the same from one start to the next
//! and a page or a script can be configured once.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use solana_keypair::{Keypair, write_keypair_file};

const WARNING: &str = "# Localnet keys\n\nLOCALNET ONLY: these keys follow from their names, so whoever reads the \
    source holds them. Never send anything to them on a cluster that others use.\n";

/// Everybody who is there from the start.
#[derive(Debug)]
pub struct Wallets {
    /// Upgrade authority of the program and admin of the protocol.
    pub admin: Keypair,
    /// Guardian of the protocol.
    pub guardian: Keypair,
    /// Owner of the accounts that protocol fees go to.
    pub fee_receiver: Keypair,
    /// May mint and freeze the collateral.
    pub faucet: Keypair,
    /// Gave the first deposits.
    pub lp: Keypair,
    /// For whoever runs the keeper.
    pub keeper: Keypair,
    /// For whoever tries the system: has lamports and collateral, and nothing here uses it.
    pub user: Keypair,
    /// Hold the resting positions.
    pub traders: Vec<Keypair>,
}

impl Wallets {
    /// Those of a chain with so many traders.
    pub fn derive(traders: u32) -> Self {
        Self {
            admin: keypair("admin", 0),
            guardian: keypair("guardian", 0),
            fee_receiver: keypair("fees", 0),
            faucet: keypair("faucet", 0),
            lp: keypair("lp", 0),
            keeper: keypair("keeper", 0),
            user: keypair("user", 0),
            traders: (0..traders).map(|number| keypair("trader", number)).collect(),
        }
    }

    /// All of them with their names.
    pub fn named(&self) -> Vec<(String, &Keypair)> {
        let fixed = [
            ("admin", &self.admin),
            ("guardian", &self.guardian),
            ("fee-receiver", &self.fee_receiver),
            ("faucet", &self.faucet),
            ("lp", &self.lp),
            ("keeper", &self.keeper),
            ("user", &self.user),
        ];
        let traders = (0_u32..).zip(&self.traders).map(|(number, key)| (format!("trader-{number}"), key));
        fixed.into_iter().map(|(name, key)| (name.to_owned(), key)).chain(traders).collect()
    }

    /// Writes one keypair file each into `folder`, in the form that Solana's tools read.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        fs::write(folder.join("README.md"), WARNING)?;
        for (name, key) in self.named() {
            let file = folder.join(format!("{name}.json"));
            let written = write_keypair_file(key, &file).map_err(|error| anyhow::anyhow!("{error}"));
            written.with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }
}

/// The key of a role's nth holder. Roles have at most nine letters.
pub(crate) fn keypair(role: &str, number: u32) -> Keypair {
    let mut seed = *b"bulkhead localnet: .........0000";
    for (byte, letter) in seed[19..28].iter_mut().zip(role.bytes()) {
        *byte = letter;
    }
    seed[28..].copy_from_slice(&number.to_be_bytes());
    Keypair::new_from_array(seed)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use solana_keypair::read_keypair_file;
    use solana_signer::Signer;

    use super::*;

    #[test]
    fn everybody_has_another_key_and_the_same_at_every_start() {
        let wallets = Wallets::derive(3);
        let keys: HashSet<_> = wallets.named().iter().map(|(_, key)| key.pubkey()).collect();
        assert_eq!(keys.len(), 10);
        let again = Wallets::derive(3);
        assert!(again.named().iter().all(|(_, key)| keys.contains(&key.pubkey())));
    }

    #[test]
    fn write_leaves_files_that_solana_reads_and_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let wallets = Wallets::derive(1);
        wallets.write(folder.path()).unwrap();
        let read = read_keypair_file(folder.path().join("trader-0.json")).unwrap();
        assert_eq!(read.pubkey(), wallets.traders[0].pubkey());
        assert!(fs::read_to_string(folder.path().join("README.md")).unwrap().contains("LOCALNET ONLY"));
    }
}
