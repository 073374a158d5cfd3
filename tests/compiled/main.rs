//! The compiled program against its source: the same numbers as on the host, and what they cost in units.

mod case;
mod compute_units;
mod expected;
mod ground;
mod host_comparison;
mod ledgers;
