//! What must not be possible on the compiled program, and what its errors, accounts and invariants promise.

mod dumps;
mod errors;
mod invariants;
mod isolation;
mod layout;
mod oracle;
mod oracle_legacy;
mod self_dealing;
