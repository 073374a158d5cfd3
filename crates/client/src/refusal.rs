//! A quote that is refused, with the very error that the program would answer with.

use bulkhead::error::BulkheadError;
use bulkhead_risk::RiskError;

use crate::error;

/// Why the program would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {}: {}", u32::from(*.0), .0.name(), .0)]
pub struct Refusal(pub BulkheadError);

/// Result of a quote.
pub type Result<T> = core::result::Result<T, Refusal>;

impl Refusal {
    /// Custom error code that a transaction would fail with.
    pub fn code(&self) -> u32 {
        self.0.into()
    }
}

impl From<BulkheadError> for Refusal {
    fn from(error: BulkheadError) -> Self {
        Self(error)
    }
}

impl From<RiskError> for Refusal {
    fn from(error: RiskError) -> Self {
        Self(error.into())
    }
}

impl From<anchor_lang::error::Error> for Refusal {
    fn from(error: anchor_lang::error::Error) -> Self {
        let code = match error {
            anchor_lang::error::Error::AnchorError(inner) => Some(inner.error_code_number),
            anchor_lang::error::Error::ProgramError(_) => None,
        };
        // What the program's own conversions refuse is always one of its errors.
        Self(code.and_then(error::bulkhead_error).unwrap_or(BulkheadError::CorruptAccount))
    }
}
