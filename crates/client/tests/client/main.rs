//! What the client promises its users: addresses, instructions, decoding and quotes.

mod accounts;
mod errors;
mod events;
mod fixture;
mod instructions;
mod pda;
mod quotes;
