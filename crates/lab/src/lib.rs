//! Replays price paths through the compiled program in an embedded SVM and reports what happened.

pub mod path;
pub mod record;
pub mod report;
pub mod show;
pub mod summary;
