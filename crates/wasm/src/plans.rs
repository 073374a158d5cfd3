//! Top-up plans.

use bulkhead_risk::health::health;
use bulkhead_risk::top_up::{KEEPER_SHARE_PPM_MAX, Plan, top_up};
use bulkhead_risk::units::PPM;
use bulkhead_risk::{Ppm, Purpose, QuoteAtoms, UnixSeconds, fixed};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::account;
use crate::look::Look;
use crate::record::record;
use crate::refuse::Result;

record! {
    /// What a plan would do for a position.
    PlanView {
        /// The position is topped up below this equity over notional.
        triggerHealthPpm: u64,
        /// What the next top-up moves into the vault, and to who executes it.
        intoVaultAtoms: u64,
        keeperPayAtoms: u64,
        /// Whether it would move now.
        due: bool,
        /// Why not; empty if it would.
        refusal: String,
    }
}

#[wasm_bindgen]
impl Look {
    /// A plan before it is set; an error where the program would refuse it.
    #[wasm_bindgen(js_name = quotePlan, unchecked_return_type = "PlanView")]
    pub fn quote_plan(
        &self,
        position: &[u8],
        budget_atoms: u64,
        trigger_ppm: u32,
        amount_atoms: u64,
        interval_secs: u32,
        keeper_pay_atoms: u64,
    ) -> std::result::Result<JsValue, JsValue> {
        let plan = Plan {
            budget: QuoteAtoms(budget_atoms),
            trigger_ppm: Ppm(trigger_ppm),
            amount: QuoteAtoms(amount_atoms),
            interval_secs,
            last_at: UnixSeconds::ZERO,
            keeper_pay: QuoteAtoms(keeper_pay_atoms),
        };
        Ok(self.plan_view(position, &plan)?.into())
    }

    /// A plan that is set.
    #[wasm_bindgen(unchecked_return_type = "PlanView")]
    pub fn plan(&self, position: &[u8], plan: &[u8]) -> std::result::Result<JsValue, JsValue> {
        Ok(self.set_plan(position, plan)?.into())
    }
}

/// The most that a keeper may be paid out of such an amount.
#[wasm_bindgen(js_name = keeperPayMaxAtoms)]
pub fn keeper_pay_max(amount_atoms: u64) -> std::result::Result<u64, JsValue> {
    Ok(most_pay(amount_atoms)?)
}

fn most_pay(amount: u64) -> Result<u64> {
    Ok(QuoteAtoms(amount).share_floor(KEEPER_SHARE_PPM_MAX)?.get())
}

impl Look {
    fn set_plan(&self, position: &[u8], plan: &[u8]) -> Result<PlanView> {
        let plan = account::plan(plan)?.view().map_err(bulkhead_client::Refusal::from)?;
        self.describe(position, &plan)
    }

    fn plan_view(&self, position: &[u8], plan: &Plan) -> Result<PlanView> {
        plan.validate()?;
        self.describe(position, plan)
    }

    fn describe(&self, position: &[u8], plan: &Plan) -> Result<PlanView> {
        let view = account::position(position)?.view().map_err(bulkhead_client::Refusal::from)?;
        let look = &self.inner;
        let market = look.observed(Purpose::Observe).or_else(|_| self.seen_by_plan())?;
        let seen = health(&market, &view, look.sample(), look.now())?;
        let required = u64::from(seen.maintenance_ppm.get());
        let trigger = fixed::mul_div_u64_ceil(required, u64::from(plan.trigger_ppm.get()), PPM)?;
        let split = plan.next()?;
        let moved = look.observed(Purpose::Liquidate).and_then(|market| {
            top_up(&market, &view, plan, look.sample(), look.now()).map_err(quote_refusal)
        });
        Ok(PlanView {
            triggerHealthPpm: trigger,
            intoVaultAtoms: split.into_vault.get(),
            keeperPayAtoms: split.keeper_pay.get(),
            due: moved.is_ok(),
            refusal: moved.err().map(|refusal| refusal.0.to_string()).unwrap_or_default(),
        })
    }

    fn seen_by_plan(&self) -> bulkhead_client::Result<bulkhead_risk::Market> {
        self.inner.observed(Purpose::Decrease)
    }
}

fn quote_refusal(error: bulkhead_risk::RiskError) -> bulkhead_client::Refusal {
    error.into()
}

/// The sum of budgets: what the owner's approval has to cover.
#[wasm_bindgen(js_name = totalAtoms)]
pub fn total(amounts_atoms: Vec<u64>) -> std::result::Result<u64, JsValue> {
    Ok(sum(&amounts_atoms)?)
}

fn sum(amounts: &[u64]) -> Result<u64> {
    let all = amounts.iter().try_fold(QuoteAtoms::ZERO, |sum, amount| sum.plus(QuoteAtoms(*amount)))?;
    Ok(all.get())
}
