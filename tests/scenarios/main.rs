//! Longer lives of whole markets on the compiled program: random actions, and a replay of a crash.

mod act;
mod actions;
mod books;
mod breaches;
mod bytes;
mod coverage;
mod ending;
mod follow;
mod fuzz_corpus;
mod governance;
mod keeping;
mod liquidity;
mod pools;
mod prices;
mod random_actions;
mod replay;
mod snapshot;
mod top_ups;
mod town;
mod trading;
mod views;

use bulkhead_tests::random;
