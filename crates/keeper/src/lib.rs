//! The bot that keeps markets running.
