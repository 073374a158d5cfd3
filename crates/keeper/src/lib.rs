//! The bot that keeps markets running.

pub mod book;
