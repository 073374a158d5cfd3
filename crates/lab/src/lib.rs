//! Replays price paths through the compiled program in an embedded SVM and reports what happened.
//!
//! A run is a [`path::PricePath`] (from a file or the built-in crash), replayed by [`runner::replay`] into a
//! [`record::RunRecord`], which [`summary`] renders for a terminal and [`report`] for a browser. Money is
//! computed by `bulkhead-risk` and the program alone; this crate counts, and turns numbers into floats only
//! to draw them.

pub mod adversary;
pub mod demo;
pub mod flows;
pub mod live;
pub mod path;
pub mod record;
pub mod report;
pub mod runner;
pub mod show;
pub mod side_by_side;
pub mod slots;
pub mod stress;
pub mod summary;
pub mod world;
