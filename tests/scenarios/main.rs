//! Longer lives of whole markets on the compiled program: random actions, and a replay of a crash.

mod actions;
mod books;
mod random_actions;
mod replay;
mod town;
