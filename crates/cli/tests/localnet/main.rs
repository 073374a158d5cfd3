//! The binary against a local chain: whole days of those who use it, and networks that fail.

mod faults;
mod leaving;
mod liquidity;
mod relay;
mod shell;
mod trading;
