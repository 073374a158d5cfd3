//! The command line from outside: its binary against the compiled program behind a small JSON-RPC node, its
//! decoding and explanations against accounts and events that the program itself has written.

mod arguments;
mod decoding;
mod explaining;
mod flows;
mod node;
mod whole_market;
mod wire;
