//! Every instruction on the compiled program: what it does to the atom and the lamport, and every way in
//! which it refuses. One file an instruction.

mod add_collateral;
mod apply_change;
mod cancel_change;
mod cancel_order;
mod close_position;
mod collect_fees;
mod collect_frozen;
mod crank_market;
mod create_market;
mod deposit;
mod desk;
mod execute_order;
mod flag;
mod initialize_protocol;
mod isolation;
mod liquidate;
mod liquidate_amounts;
mod liquidate_blocked;
mod liquidate_insured;
mod liquidate_wide;
mod pause;
mod place_opening_order;
mod place_order;
mod propose_admin;
mod queue_change;
mod refresh_position;
mod remove_collateral;
mod set_delegate;
mod settle_capped;
mod update_market;
mod view_position;
