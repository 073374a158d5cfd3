//! Everything that the protocol holds, before and after an action.

use std::collections::BTreeMap;

use bulkhead_client::pda;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::town::Town;

/// Bytes and lamports of everything that the protocol holds, by the position that it belongs to (none: a
/// market's, a provider's, the protocol's).
pub(crate) struct Snapshot(BTreeMap<Pubkey, (Option<Pubkey>, u64, Vec<u8>)>);

impl Snapshot {
    pub(crate) fn of(town: &Town) -> Self {
        let mut bytes = BTreeMap::new();
        let mut note = |address: Pubkey, position: Option<Pubkey>| {
            let data = town.world.data(&address).unwrap_or_default().to_vec();
            bytes.insert(address, (position, town.world.lamports(&address), data));
        };
        note(pda::protocol(), None);
        for (keys, vaults) in town.markets.iter().zip(&town.vaults) {
            let addresses = [keys.market, vaults.pool, vaults.insurance, vaults.lp_mint, vaults.settlement];
            addresses.into_iter().for_each(|address| note(address, None));
        }
        for owner in &town.owners {
            owner.tokens.iter().chain(&owner.shares).for_each(|address| note(*address, None));
        }
        town.keeper_tokens.iter().chain(&town.fee_tokens).for_each(|address| note(*address, None));
        for known in &town.positions {
            [known.key, known.vault, known.plan].into_iter().for_each(|key| note(key, Some(known.key)));
        }
        for order in &town.orders {
            note(order.key, Some(order.position));
        }
        for leaving in &town.leaving {
            note(leaving.key, None);
            note(town.withdrawal(leaving).vault, None);
        }
        for change in &town.changes {
            note(change.key, None);
        }
        Self(bytes)
    }

    /// Nothing at all has changed: what a refused action leaves behind, and one that only looks.
    pub(crate) fn unchanged(&self, town: &Town) -> Result<(), String> {
        self.compare(town, |_, _| true)
    }

    /// INV-10: nothing has changed of positions that the instructions do not name, nor of anything else that
    /// they do not name.
    pub(crate) fn others_unchanged(&self, town: &Town, instructions: &[Instruction]) -> Result<(), String> {
        let named = |key: &Pubkey| {
            let mut metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
            metas.any(|meta| meta.pubkey == *key)
        };
        self.compare(town, |address, position| !named(&position.unwrap_or(*address)))
    }

    fn compare(&self, town: &Town, looks_at: impl Fn(&Pubkey, Option<Pubkey>) -> bool) -> Result<(), String> {
        for (address, (position, lamports, before)) in &self.0 {
            let is_same = || {
                town.world.data(address).unwrap_or_default() == before
                    && town.world.lamports(address) == *lamports
            };
            if looks_at(address, *position) && !is_same() {
                return Err(format!("INV-10: {address} of {position:?} has changed"));
            }
        }
        Ok(())
    }
}
