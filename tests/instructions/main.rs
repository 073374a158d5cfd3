//! Every instruction on the compiled program: what it does to the atom and the lamport, and every way in
//! which it refuses. One file an instruction.

mod add_collateral;
mod cancel_order;
mod close_position;
mod collect_fees;
mod create_market;
mod deposit;
mod desk;
mod execute_order;
mod initialize_protocol;
mod isolation;
mod place_opening_order;
mod place_order;
mod remove_collateral;
mod set_delegate;
