//! Limits and price of a transaction, as the compute budget program takes them.

use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;

use super::node::Node;
use super::node_error::NodeError;
use super::policy::{ComputeLimit, LoadedBytes, PriorityFee, TxPolicy};
use super::request::TxRequest;
use super::simulation::Simulation;

/// Most compute units that a transaction may ask for.
pub(super) const COMPUTE_UNITS_MAX: u32 = 1_400_000;
/// Most bytes of loaded accounts, and what counts where no limit is set.
const LOADED_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// The scheduler charges loaded accounts in pages of this size.
const LOADED_PAGE_BYTES: u32 = 32 * 1024;
const MICRO_LAMPORTS: u128 = 1_000_000;

/// Limits and price of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most compute units that it may use.
    pub compute_units: u32,
    /// Priority fee, 10^-6 lamports for each of those units.
    pub micro_lamports_per_unit: u64,
    /// Most bytes of accounts that it may load; none sets no limit.
    pub loaded_bytes: Option<u32>,
}

impl Budget {
    /// What a simulation runs with: everything allowed, nothing paid. It holds the same instructions as the
    /// transaction that follows, so that both are of one length and use the same units.
    pub const WIDEST: Self = Self {
        compute_units: COMPUTE_UNITS_MAX,
        micro_lamports_per_unit: 0,
        loaded_bytes: Some(LOADED_BYTES_MAX),
    };

    /// Limits given, at a price that is lowered where the fee would be more than `lamports_max`.
    pub fn priced(
        compute_units: u32,
        micro_lamports_per_unit: u64,
        lamports_max: u64,
        loaded_bytes: Option<u32>,
    ) -> Self {
        let micro_lamports_per_unit = capped(micro_lamports_per_unit, compute_units, lamports_max);
        Self { compute_units, micro_lamports_per_unit, loaded_bytes }
    }

    /// Priority fee in lamports, rounded up as the runtime does.
    pub fn priority_fee_lamports(&self) -> u64 {
        let product = u128::from(self.compute_units) * u128::from(self.micro_lamports_per_unit);
        u64::try_from(product.div_ceil(MICRO_LAMPORTS)).unwrap_or(u64::MAX)
    }

    pub(super) fn instructions(&self) -> Vec<Instruction> {
        let mut instructions = vec![
            ComputeBudgetInstruction::set_compute_unit_limit(self.compute_units),
            ComputeBudgetInstruction::set_compute_unit_price(self.micro_lamports_per_unit),
        ];
        instructions
            .extend(self.loaded_bytes.map(ComputeBudgetInstruction::set_loaded_accounts_data_size_limit));
        instructions
    }

    /// What `policy` gives a transaction that `simulation` has shown.
    pub(super) async fn of(
        policy: &TxPolicy,
        node: &Node,
        request: &TxRequest,
        simulation: &Simulation,
    ) -> Result<Self, NodeError> {
        let compute_units = compute_units(policy.compute_limit, simulation.units);
        let price = price(policy.priority_fee, node, request).await?;
        let loaded_bytes = loaded_bytes(policy.loaded_bytes, simulation.loaded_bytes);
        Ok(Self::priced(compute_units, price, policy.priority_fee_lamports_max, loaded_bytes))
    }
}

fn compute_units(limit: ComputeLimit, used: u64) -> u32 {
    let wanted = match limit {
        ComputeLimit::Fixed(units) => u64::from(units),
        ComputeLimit::Simulated { extra } => {
            used.saturating_add(used.div_ceil(10)).saturating_add(u64::from(extra))
        }
    };
    u32::try_from(wanted).unwrap_or(COMPUTE_UNITS_MAX).min(COMPUTE_UNITS_MAX)
}

fn loaded_bytes(limit: LoadedBytes, loaded: Option<u32>) -> Option<u32> {
    match limit {
        LoadedBytes::Unset => None,
        LoadedBytes::Fixed(bytes) => Some(bytes),
        LoadedBytes::Simulated => loaded.map(|bytes| {
            let pages = bytes.div_ceil(LOADED_PAGE_BYTES).saturating_add(1);
            pages.saturating_mul(LOADED_PAGE_BYTES).min(LOADED_BYTES_MAX)
        }),
    }
}

async fn price(fee: PriorityFee, node: &Node, request: &TxRequest) -> Result<u64, NodeError> {
    match fee {
        PriorityFee::None => Ok(0),
        PriorityFee::Fixed { micro_lamports_per_unit } => Ok(micro_lamports_per_unit),
        PriorityFee::Percentile { percentile, micro_lamports_per_unit_min } => {
            let recent = node.recent_priority_fees(&request.writable_accounts()).await?;
            Ok(percentile_of(recent, percentile).max(micro_lamports_per_unit_min))
        }
    }
}

/// The value at or below which `percentile` of a hundred lie (nearest rank); zero of none.
fn percentile_of(mut values: Vec<u64>, percentile: u8) -> u64 {
    values.sort_unstable();
    let rank = (values.len() * usize::from(percentile.min(100))).div_ceil(100);
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// The highest price up to `price` at which `units` cost no more than `lamports_max`.
fn capped(price: u64, units: u32, lamports_max: u64) -> u64 {
    let highest = u128::from(lamports_max) * MICRO_LAMPORTS / u128::from(units.max(1));
    price.min(u64::try_from(highest).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compute_units_are_a_tenth_more_than_simulated_and_some() {
        let simulated = ComputeLimit::Simulated { extra: 5_000 };
        assert_eq!(compute_units(simulated, 100_000), 115_000);
        assert_eq!(compute_units(simulated, 100_001), 115_002);
        assert_eq!(compute_units(simulated, 1_399_999), COMPUTE_UNITS_MAX);
        assert_eq!(compute_units(simulated, u64::MAX), COMPUTE_UNITS_MAX);
        assert_eq!(compute_units(ComputeLimit::Fixed(7), 100_000), 7);
    }

    #[test]
    fn loaded_bytes_are_whole_pages_with_one_to_spare() {
        assert_eq!(loaded_bytes(LoadedBytes::Simulated, Some(1)), Some(65_536));
        assert_eq!(loaded_bytes(LoadedBytes::Simulated, Some(32_768)), Some(65_536));
        assert_eq!(loaded_bytes(LoadedBytes::Simulated, Some(32_769)), Some(98_304));
        assert_eq!(loaded_bytes(LoadedBytes::Simulated, Some(LOADED_BYTES_MAX)), Some(LOADED_BYTES_MAX));
        assert_eq!(loaded_bytes(LoadedBytes::Simulated, None), None);
        assert_eq!(loaded_bytes(LoadedBytes::Unset, Some(1)), None);
        assert_eq!(loaded_bytes(LoadedBytes::Fixed(9), None), Some(9));
    }

    #[test]
    fn percentiles_are_values_that_were_paid() {
        let values = || vec![40, 10, 30, 20];
        assert_eq!(percentile_of(values(), 0), 10);
        assert_eq!(percentile_of(values(), 25), 10);
        assert_eq!(percentile_of(values(), 50), 20);
        assert_eq!(percentile_of(values(), 75), 30);
        assert_eq!(percentile_of(values(), 76), 40);
        assert_eq!(percentile_of(values(), 100), 40);
        assert_eq!(percentile_of(Vec::new(), 50), 0);
    }

    #[test]
    fn the_price_is_capped_in_lamports() {
        assert_eq!(capped(1_000_000, 200_000, 100), 500);
        let budget = Budget { compute_units: 200_000, micro_lamports_per_unit: 500, loaded_bytes: None };
        assert_eq!(budget.priority_fee_lamports(), 100);
        assert_eq!(capped(499, 200_000, 100), 499);
        assert_eq!(capped(u64::MAX, 0, u64::MAX), u64::MAX);
        assert_eq!(capped(5, 200_000, 0), 0);
    }
}
