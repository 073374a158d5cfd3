//! The bot that keeps markets running: it follows the chain, decides with the program's own arithmetic what
//! is due, and sends it.
//!
//! What it knows is in [`state`], fed by [`feed`]. Each of its duties is a pure function from there to
//! [`action::Action`]s ([`duty`]); [`engine`] decides which of them are sent when, and [`send`] sends them.
//! Prices that the chain does not have yet come by [`hermes`]; [`push`] brings them along with what needs them.
//! Nothing is kept on disk: a keeper that starts reads everything anew.

pub mod action;
pub mod book;
mod bring;
pub mod config;
pub mod duty;
pub mod engine;
pub mod feed;
pub mod fees;
pub mod hermes;
pub mod http;
pub mod jito;
pub mod profit;
pub mod push;
pub mod run;
pub mod send;
pub mod state;
pub mod table;
pub mod telemetry;
pub mod wallet;
