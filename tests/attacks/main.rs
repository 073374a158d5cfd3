//! What must not be possible on the compiled program, and what its errors, accounts and invariants promise.

mod dumps;
mod errors;
mod fuzz_corpus;
mod invariants;
mod isolation;
mod layout;
mod matrix;
mod oracle;
mod oracle_legacy;
mod security_text;
mod self_dealing;
