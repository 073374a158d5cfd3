//! Entering and leaving the pool.

use bulkhead_client::{Refusal, quote};
use bulkhead_risk::units::PPM;
use bulkhead_risk::{Purpose, QuoteAtoms, Shares, fixed, pool};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::account;
use crate::look::Look;
use crate::record::record;
use crate::refuse::{Result, mistake};

record! {
    /// Shares for a deposit.
    DepositView {
        shares: u64,
        valueBeforeAtoms: u64,
        sharesMin: u64,
    }
}

record! {
    /// What leaving with so many shares would bring at the price of the look.
    LeaveView {
        /// Paid at once if it could be executed now.
        amountAtoms: u64,
        shares: u64,
        /// Whether that is all: the rest waits for what is free and for the hourly limit.
        whole: bool,
    }
}

record! {
    /// A withdrawal that waits.
    WithdrawalStanding {
        /// maturing, executable or lapsed.
        state: String,
        /// What executing it now would pay, and for how many shares; zero while it matures.
        amountAtoms: u64,
        shares: u64,
        whole: bool,
        tipLamports: u64,
        cancellableByOwner: bool,
        cancellableByAnyone: bool,
        /// Why it cannot be executed now; empty if it can.
        refusal: String,
    }
}

#[wasm_bindgen]
impl Look {
    /// Shares for a deposit, and the fewest to accept within `slippage_ppm`.
    #[wasm_bindgen(js_name = quoteDeposit, unchecked_return_type = "DepositView")]
    pub fn quote_deposit(
        &self,
        amount_atoms: u64,
        slippage_ppm: u32,
    ) -> std::result::Result<JsValue, JsValue> {
        Ok(self.deposit(amount_atoms, slippage_ppm)?.into())
    }

    /// What leaving with so many shares would bring.
    #[wasm_bindgen(js_name = quoteWithdrawal, unchecked_return_type = "LeaveView")]
    pub fn quote_withdrawal(&self, shares: u64) -> std::result::Result<JsValue, JsValue> {
        Ok(self.leave(shares)?.into())
    }

    /// Worth of so many shares to one who leaves.
    #[wasm_bindgen(js_name = sharesValueAtoms)]
    pub fn shares_value(&self, shares: u64) -> std::result::Result<u64, JsValue> {
        Ok(self.value_of(Shares(shares))?)
    }

    /// Where a withdrawal stands.
    #[wasm_bindgen(unchecked_return_type = "WithdrawalStanding")]
    pub fn withdrawal(&self, data: &[u8]) -> std::result::Result<JsValue, JsValue> {
        Ok(self.withdrawal_standing(data)?.into())
    }
}

impl Look {
    fn deposit(&self, amount: u64, slippage: u32) -> Result<DepositView> {
        let market = self.inner.observed(Purpose::Risk)?;
        let report = pool::deposit(&market, QuoteAtoms(amount))?;
        let kept = PPM.checked_sub(u64::from(slippage)).ok_or_else(|| mistake("slippage over 100 %"))?;
        let least = fixed::mul_div_u64_floor(report.shares.get(), kept, PPM)?;
        Ok(DepositView {
            shares: report.shares.get(),
            valueBeforeAtoms: report.value_before.get(),
            sharesMin: least,
        })
    }

    fn leave(&self, shares: u64) -> Result<LeaveView> {
        let report = quote::quote_withdrawal_of(&self.inner, Shares(shares))?;
        Ok(LeaveView {
            amountAtoms: report.amount.get(),
            shares: report.shares_burnt.get(),
            whole: report.is_done(),
        })
    }

    fn value_of(&self, shares: Shares) -> Result<u64> {
        let (value, all) = (quote::pool(&self.inner)?.value_for_withdrawal, self.seen()?.ledger.shares);
        match all.is_zero() {
            true => Ok(0),
            false => Ok(fixed::mul_div_u64_floor(value.get(), shares.get(), all.get())?),
        }
    }

    fn withdrawal_standing(&self, data: &[u8]) -> Result<WithdrawalStanding> {
        let account = account::withdrawal(data)?;
        let (view, now) = (account.view().map_err(Refusal::from)?, self.inner.now());
        let executed = quote::quote_withdrawal(&self.inner, &account);
        let state = match (view.has_lapsed(now), view.require_executable(now).is_ok()) {
            (true, _) => "lapsed",
            (false, true) => "executable",
            (false, false) => "maturing",
        };
        let report = executed.as_ref().ok();
        Ok(WithdrawalStanding {
            state: state.into(),
            amountAtoms: report.map_or(0, |report| report.amount.get()),
            shares: report.map_or(0, |report| report.shares_burnt.get()),
            whole: report.is_some_and(|report| report.is_done()),
            tipLamports: report.map_or(0, |report| report.tip_lamports),
            cancellableByOwner: view.require_cancellable(true, now).is_ok(),
            cancellableByAnyone: view.require_cancellable(false, now).is_ok(),
            refusal: executed.err().map(|refusal| refusal.0.to_string()).unwrap_or_default(),
        })
    }
}
