//! The keeper as its operator runs it: the binary, against a local chain.

mod command_line;
mod crash;
mod duties;
mod harness;
mod hermes;
mod jito;
mod proxy;
mod several;
mod surge;
mod trouble;
mod validator;
mod waiting;
