//! Plan account <-> risk plan.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::top_up::Plan;
use risk::{Ppm, QuoteAtoms, UnixSeconds};

use crate::state::TopUpPlan;

impl TopUpPlan {
    /// As the risk crate sees it.
    pub fn view(&self) -> Result<Plan> {
        self.require_version()?;
        Ok(Plan {
            budget: QuoteAtoms(self.budget_atoms),
            trigger_ppm: Ppm(self.trigger_ppm),
            amount: QuoteAtoms(self.amount_atoms),
            interval_secs: self.interval_secs,
            last_at: UnixSeconds(self.last_at),
            keeper_pay: QuoteAtoms(self.keeper_pay_atoms),
        })
    }

    /// Takes over what a report says, or what its owner wants.
    pub fn store(&mut self, plan: &Plan) {
        self.budget_atoms = plan.budget.get();
        self.trigger_ppm = plan.trigger_ppm.get();
        self.amount_atoms = plan.amount.get();
        self.interval_secs = plan.interval_secs;
        self.last_at = plan.last_at.get();
        self.keeper_pay_atoms = plan.keeper_pay.get();
    }
}
