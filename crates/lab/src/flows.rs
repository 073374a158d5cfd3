//! Who paid whom: every movement of collateral of a run, by what it was for.
//!
//! A flow is what one party paid another, so that each line sums to zero by itself. What proves it is the other
//! end: what a party got less what it paid must be what its accounts hold more, to the atom.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whoever can hold collateral, or have it booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The token accounts of positions' owners.
    Traders,
    /// Those of liquidity providers.
    Providers,
    /// Those of whoever liquidates, settles and updates.
    Keepers,
    /// The vaults of long positions.
    Longs,
    /// The vaults of short positions.
    Shorts,
    Pool,
    Insurance,
    /// Protocol fees that were not collected; in the pool vault.
    ProtocolFees,
    /// In the pool vault too.
    CrankBudget,
}

impl Party {
    pub const ALL: [Self; 9] = [
        Self::Traders,
        Self::Providers,
        Self::Longs,
        Self::Shorts,
        Self::Pool,
        Self::Insurance,
        Self::ProtocolFees,
        Self::CrankBudget,
        Self::Keepers,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::Traders => "traders",
            Self::Providers => "LPs",
            Self::Keepers => "keepers",
            Self::Longs => "long vaults",
            Self::Shorts => "short vaults",
            Self::Pool => "pool",
            Self::Insurance => "insurance",
            Self::ProtocolFees => "protocol fees",
            Self::CrankBudget => "crank budget",
        }
    }

    /// Whether it lies in the protocol's vaults, and not in somebody's own account.
    pub fn is_vault(self) -> bool {
        !matches!(self, Self::Traders | Self::Providers | Self::Keepers)
    }
}

/// What a payment was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    PoolDeposit,
    CollateralIn,
    CollateralOut,
    /// By the price at the edges and the index: without price impact, as far as collateral and payout caps go.
    PriceLoss,
    PriceGain,
    /// Once the position that was charged or paid back is closed: until then it is part of its entry price.
    ImpactCharge,
    ImpactRebate,
    TradeFee,
    BorrowFee,
    FundingPaid,
    FundingReceived,
    LiquidationFine,
    /// What insurance adds to a keeper's part of the fine.
    KeeperFloor,
    /// What insurance pays of losses beyond a position's collateral.
    ShortfallCover,
    /// For settling capped positions.
    SettlePay,
    /// For market updates.
    CrankPay,
}

impl Payment {
    pub const ALL: [Self; 16] = [
        Self::PoolDeposit,
        Self::CollateralIn,
        Self::CollateralOut,
        Self::PriceLoss,
        Self::PriceGain,
        Self::ImpactCharge,
        Self::ImpactRebate,
        Self::TradeFee,
        Self::BorrowFee,
        Self::FundingPaid,
        Self::FundingReceived,
        Self::LiquidationFine,
        Self::KeeperFloor,
        Self::ShortfallCover,
        Self::SettlePay,
        Self::CrankPay,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::PoolDeposit => "LP deposits",
            Self::CollateralIn => "collateral in",
            Self::CollateralOut => "collateral out",
            Self::PriceLoss => "price losses",
            Self::PriceGain => "price gains",
            Self::ImpactCharge => "impact charges",
            Self::ImpactRebate => "impact rebates",
            Self::TradeFee => "trade fees",
            Self::BorrowFee => "borrow fees",
            Self::FundingPaid => "funding paid",
            Self::FundingReceived => "funding received",
            Self::LiquidationFine => "liquidation fines",
            Self::KeeperFloor => "keepers' floor",
            Self::ShortfallCover => "shortfall cover",
            Self::SettlePay => "settling pay",
            Self::CrankPay => "crank pay",
        }
    }
}

/// What `from` paid `to`, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    pub payment: Payment,
    pub from: Party,
    pub to: Party,
    pub atoms: u64,
}

/// What a party's accounts held before the first payment, and after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub party: Party,
    pub before_atoms: u64,
    pub after_atoms: u64,
}

/// The flows of a run, and what was read at both ends of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flows {
    /// In order of payment, payer and payee; no pair stands twice.
    pub flows: Vec<Flow>,
    /// One for each party.
    pub held: Vec<Held>,
    /// All tokens that exist at the end, as the mint says.
    pub supply_atoms: u64,
}

impl Flows {
    /// Adds a payment; one of nothing is none.
    pub fn pay(&mut self, payment: Payment, from: Party, to: Party, atoms: u64) {
        if atoms == 0 {
            return;
        }
        let key = (payment, from, to);
        match self.flows.binary_search_by_key(&key, |flow| (flow.payment, flow.from, flow.to)) {
            Ok(place) => self.flows[place].atoms += atoms,
            Err(place) => self.flows.insert(place, Flow { payment, from, to, atoms }),
        }
    }

    /// What a kind of payment left each party with: all of them sum to zero.
    pub fn row(&self, payment: Payment) -> BTreeMap<Party, i128> {
        let mut row = BTreeMap::new();
        for flow in self.flows.iter().filter(|flow| flow.payment == payment) {
            *row.entry(flow.from).or_default() -= i128::from(flow.atoms);
            *row.entry(flow.to).or_default() += i128::from(flow.atoms);
        }
        row
    }

    /// What was paid of a kind, by whomever.
    pub fn total(&self, payment: Payment) -> u64 {
        self.flows.iter().filter(|flow| flow.payment == payment).map(|flow| flow.atoms).sum()
    }

    /// What a party got, less what it paid.
    pub fn net(&self, party: Party) -> i128 {
        Payment::ALL.iter().filter_map(|payment| self.row(*payment).get(&party).copied()).sum()
    }

    /// What came into the vaults from people's own accounts, less what left to them.
    pub fn deposits_less_withdrawals(&self) -> i128 {
        let sign = |flow: &Flow| i128::from(flow.to.is_vault()) - i128::from(flow.from.is_vault());
        self.flows.iter().map(|flow| sign(flow) * i128::from(flow.atoms)).sum()
    }

    /// What all vaults hold at the end.
    pub fn in_vaults_atoms(&self) -> u64 {
        self.held.iter().filter(|held| held.party.is_vault()).map(|held| held.after_atoms).sum()
    }

    /// The largest of the differences that must be nought, by size: of a party, what its accounts hold more than
    /// its flows say; of the vaults, what they hold more than was deposited and not withdrawn; of all, what the
    /// mint has made more than anybody holds.
    pub fn difference_atoms(&self) -> i128 {
        let of_parties = self
            .held
            .iter()
            .map(|held| i128::from(held.after_atoms) - i128::from(held.before_atoms) - self.net(held.party));
        let sum =
            |atoms: fn(&Held) -> u64| self.held.iter().map(|held| i128::from(atoms(held))).sum::<i128>();
        let vaults_before = self.held.iter().filter(|held| held.party.is_vault());
        let vaults_before: i128 = vaults_before.map(|held| i128::from(held.before_atoms)).sum();
        let of_vaults = i128::from(self.in_vaults_atoms()) - vaults_before - self.deposits_less_withdrawals();
        let of_all = i128::from(self.supply_atoms) - sum(|held| held.after_atoms);
        let all = of_parties.chain([of_vaults, of_all]);
        all.max_by_key(|difference| difference.unsigned_abs()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flows() -> Flows {
        let mut flows = Flows::default();
        flows.pay(Payment::TradeFee, Party::Longs, Party::Pool, 85);
        flows.pay(Payment::CollateralIn, Party::Traders, Party::Longs, 1_000);
        flows.pay(Payment::TradeFee, Party::Longs, Party::ProtocolFees, 10);
        flows.pay(Payment::TradeFee, Party::Longs, Party::Pool, 15);
        flows.pay(Payment::SettlePay, Party::CrankBudget, Party::Keepers, 0);
        let held = |party, before_atoms, after_atoms| Held { party, before_atoms, after_atoms };
        flows.held = vec![
            held(Party::Traders, 1_500, 500),
            held(Party::Longs, 0, 890),
            held(Party::Pool, 0, 100),
            held(Party::ProtocolFees, 0, 10),
        ];
        flows.supply_atoms = 1_500;
        flows
    }

    #[test]
    fn flows_add_up_by_pair_and_every_row_sums_to_zero() {
        let flows = flows();
        assert_eq!(flows.flows.len(), 3);
        let row = flows.row(Payment::TradeFee);
        let expected = [(Party::Longs, -110), (Party::Pool, 100), (Party::ProtocolFees, 10)];
        assert_eq!(row, BTreeMap::from(expected));
        assert_eq!((flows.total(Payment::TradeFee), flows.net(Party::Longs)), (110, 890));
        assert_eq!(flows.deposits_less_withdrawals(), 1_000);
        assert_eq!(flows.difference_atoms(), 0);
    }

    #[test]
    fn an_atom_too_much_or_too_little_anywhere_is_seen() {
        let spoils: [fn(&mut Flows); 5] = [
            |flows| flows.held[1].after_atoms += 1,
            |flows| flows.held[3].before_atoms += 1,
            |flows| flows.supply_atoms -= 1,
            |flows| flows.flows[0].atoms -= 1,
            |flows| flows.pay(Payment::CollateralOut, Party::Longs, Party::Traders, 1),
        ];
        for spoil in spoils {
            let mut flows = flows();
            spoil(&mut flows);
            assert_eq!(flows.difference_atoms().unsigned_abs(), 1);
        }
    }

    #[test]
    fn every_payment_and_party_is_listed_once() {
        let labels: std::collections::BTreeSet<_> = Payment::ALL.map(Payment::label).into_iter().collect();
        assert_eq!(labels.len(), Payment::ALL.len());
        let parties: std::collections::BTreeSet<_> = Party::ALL.into_iter().collect();
        assert_eq!(parties.len(), Party::ALL.len());
    }
}
