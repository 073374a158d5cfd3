//! Not one account that is another's but all of them at once: they fit each other, and only who signs does not fit.

use bulkhead::state::{Market, Order, Position, Withdrawal};
use bulkhead_client::{ID, pda};
use solana_account::ReadableAccount;
use solana_pubkey::Pubkey;

use super::names::Scene;
use super::substitutes::{Substitute, load};

/// What stands for these in the matrix, as if it were an account.
pub(super) const FAMILY: &str = "with all that belongs to it";

impl Scene<'_> {
    /// The instruction with every other position, and every other withdrawal, and whatever belongs to it.
    pub(super) fn families(&self) -> Vec<Substitute> {
        let mut all = Vec::new();
        for (address, account) in self.everything() {
            if *account.owner() != ID {
                continue;
            }
            if let (Some(own), Some(other)) = (self.own("position"), load::<Position>(account)) {
                all.extend(self.exchanged(
                    self.of_position(&other, "position"),
                    self.position_pairs(own, address, &other),
                ));
            }
            if let (Some(own), Some(other)) = (self.own("withdrawal"), load::<Withdrawal>(account)) {
                let mut pairs = vec![
                    (own, address),
                    (pda::withdrawal_vault(&own), pda::withdrawal_vault(&address)),
                    (self.own("payer").unwrap_or_default(), other.payer),
                    (self.own("destination").unwrap_or_default(), other.destination),
                ];
                pairs.extend(self.market_pairs(&other.market));
                all.extend(self.exchanged(self.of_withdrawal(&other, "withdrawal"), pairs));
            }
        }
        all
    }

    fn position_pairs(&self, own: Pubkey, address: Pubkey, other: &Position) -> Vec<(Pubkey, Pubkey)> {
        let mut pairs =
            vec![(own, address), (pda::vault(&own), other.vault), (pda::top_up(&own), pda::top_up(&address))];
        if let Some(order) = self.own("order") {
            let is_its = |account: &solana_account::AccountSharedData| {
                *account.owner() == ID
                    && load::<Order>(account).is_some_and(|order| order.position == address)
            };
            let its = self.everything().into_iter().find(|(_, account)| is_its(account));
            if let Some((theirs, account)) = its {
                let payer = load::<Order>(account).map_or(Pubkey::default(), |order| order.payer);
                pairs.extend([(order, theirs), (self.own("payer").unwrap_or_default(), payer)]);
            }
        }
        pairs.extend(self.market_pairs(&other.market));
        pairs
    }

    /// The accounts of the instruction's market, and those of another.
    fn market_pairs(&self, other: &Pubkey) -> Vec<(Pubkey, Pubkey)> {
        let read = |address: &Pubkey| self.chain.get(address).and_then(load::<Market>);
        let Some(own) = self.own("market").filter(|own| own != other) else { return Vec::new() };
        let (Some(ours), Some(theirs)) = (read(&own), read(other)) else { return Vec::new() };
        vec![
            (own, *other),
            (ours.pool_vault, theirs.pool_vault),
            (ours.insurance_vault, theirs.insurance_vault),
            (ours.lp_mint, theirs.lp_mint),
            (ours.oracle.account, theirs.oracle.account),
            (ours.collateral_mint, theirs.collateral_mint),
        ]
    }

    /// The instruction with the second of each pair for the first, if that exchanges more than one account. Who signs
    /// stays: nobody signs for others.
    fn exchanged(&self, name: String, pairs: Vec<(Pubkey, Pubkey)>) -> Option<Substitute> {
        let mut instruction = self.instruction.clone();
        let mut exchanged = 0;
        for meta in instruction.accounts.iter_mut().filter(|meta| !meta.is_signer) {
            if let Some((_, other)) = pairs.iter().find(|(own, other)| *own == meta.pubkey && own != other) {
                meta.pubkey = *other;
                exchanged += 1;
            }
        }
        (exchanged > 1).then_some(Substitute { name, instruction, there: None })
    }
}
