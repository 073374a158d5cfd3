//! Reading and sending, against a node that answers as each test tells it to.
#![cfg(feature = "rpc")]

mod chain;
mod failures;
mod reading;
mod sending;
mod stub;
