//! `execute_order`: what fills and at what, when it may fill, how much may be opened, and who is refused.

mod accruals;
mod fills;
mod limits;
mod refusals;
mod windows;
