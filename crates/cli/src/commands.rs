//! Commands, one module a noun.
//!
//! A command returns its report, or none where it has printed already: a dry run, a watch.

pub mod admin;
pub mod decode;
pub mod keeping;
pub mod lp;
pub mod market;
pub mod migrate;
pub mod order;
pub mod position;
pub mod protocol;
pub mod top_up;

use crate::error::Result;
use crate::output::Report;

/// What a command returns.
pub type Outcome = Result<Option<Report>>;
