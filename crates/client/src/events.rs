//! Events out of a transaction's logs.
//!
//! Any program can log bytes that look like an event of ours, so only those count that were logged while
//! this program was the one running.

use anchor_lang::prelude::Pubkey;
use anchor_lang::{AnchorDeserialize, Discriminator, Event};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulkhead::events::*;

use crate::logs::{LogLine, parse_line};

/// Why bytes are no event of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not base64.
    #[error("event data is not base64")]
    NotBase64,
    /// Fewer than the eight bytes that name the event.
    #[error("event data is shorter than a discriminator")]
    TooShort,
    /// No event of this version has this discriminator.
    #[error("no event has the discriminator {0:02x?}")]
    UnknownDiscriminator([u8; 8]),
    /// Its fields do not fill the bytes exactly.
    #[error("the bytes are not a whole {0}")]
    Malformed(&'static str),
}

macro_rules! any_event {
    ($($name:ident),* $(,)?) => {
        /// Any event of the program.
        #[allow(missing_docs)] // Each is documented in `bulkhead::events`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum AnyEvent {
            $($name($name),)*
        }

        impl AnyEvent {
            /// Names of all events.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                }
            }

            /// The event in `data`: discriminator and fields, nothing behind them.
            pub fn decode(data: &[u8]) -> Result<Self, EventError> {
                let (discriminator, fields) = data.split_first_chunk::<8>().ok_or(EventError::TooShort)?;
                $(if discriminator.as_slice() == $name::DISCRIMINATOR {
                    let event = $name::try_from_slice(fields)
                        .map_err(|_| EventError::Malformed(stringify!($name)))?;
                    return Ok(Self::$name(event));
                })*
                Err(EventError::UnknownDiscriminator(*discriminator))
            }

            /// Its bytes as the program logs them: what [`AnyEvent::decode`] reads.
            pub fn data(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(event) => event.data(),)*
                }
            }
        }

        $(impl From<$name> for AnyEvent {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })*
    };
}

any_event!(
    ProtocolInitialized,
    MarketCreated,
    MarketUpdated,
    Deposited,
    PositionCreated,
    OrderPlaced,
    OrderFailed,
    OrderCancelled,
    PositionIncreased,
    PositionDecreased,
    CollateralAdded,
    CollateralRemoved,
    PositionSighted,
    PositionRefreshed,
    LiquidationSkipped,
    PositionLiquidated,
    CappedSettled,
    CrankPaid,
    FrozenCollected,
    PositionClosed,
    DelegateSet,
    FeesCollected,
    AdminProposed,
    AdminAccepted,
    ChangeQueued,
    ChangeApplied,
    ChangeCancelled,
    PauseSet,
    PauseLifted,
    SettlementPriceRecorded,
    MarketSettledAt,
    PositionSettled,
    FundsReleased,
    MarketMigrated,
    WithdrawalRequested,
    WithdrawalExecuted,
    WithdrawalCancelled,
    MarginCalled,
    TopUpSet,
    TopUpCancelled,
    ToppedUp,
    OrderTriggered,
);

/// What a transaction's logs hold of this program's events.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LoggedEvents {
    /// In the order in which they were emitted.
    pub events: Vec<AnyEvent>,
    /// Data that this program logged and that is no event of this version: a newer program runs.
    pub unreadable: Vec<EventError>,
    /// Whether the node cut the logs off: events may be missing.
    pub is_truncated: bool,
    /// Whether a program failed: then the whole transaction did, and nothing of all this has happened.
    pub has_failed: bool,
}

/// Reads a transaction's log entries, each as the node gives it.
pub fn from_logs<'a>(entries: impl IntoIterator<Item = &'a str>) -> LoggedEvents {
    let mut events = LoggedEvents::default();
    let logged = data_from_logs(entries, |data| match read(data) {
        Ok(event) => events.events.push(event),
        Err(error) => events.unreadable.push(error),
    });
    LoggedEvents { is_truncated: logged.is_truncated, has_failed: logged.has_failed, ..events }
}

/// How a transaction's logs ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogsEnd {
    /// Whether the node cut the logs off: events may be missing.
    pub is_truncated: bool,
    /// Whether a program failed: then the whole transaction did, and nothing of all this has happened.
    pub has_failed: bool,
}

/// Hands the data that this program logged, in base64, to `take`: for who knows a few of the events only.
pub fn data_from_logs<'a>(
    entries: impl IntoIterator<Item = &'a str>,
    mut take: impl FnMut(&'a str),
) -> LogsEnd {
    let mut end = LogsEnd::default();
    let mut running: Vec<Pubkey> = Vec::new();
    for entry in entries {
        match parse_line(entry) {
            Some(LogLine::Invoked { program, depth }) => {
                running.truncate(depth.saturating_sub(1));
                running.push(program);
            }
            Some(LogLine::Succeeded) => {
                running.pop();
            }
            Some(LogLine::Failed { .. }) => {
                running.pop();
                end.has_failed = true;
            }
            Some(LogLine::Data(data)) if running.last() == Some(&bulkhead::ID) => take(data),
            Some(LogLine::Truncated) => end.is_truncated = true,
            Some(LogLine::Data(_)) | None => (),
        }
    }
    end
}

/// The bytes of logged data: discriminator and fields of an event.
pub fn bytes(data: &str) -> Result<Vec<u8>, EventError> {
    STANDARD.decode(data).map_err(|_| EventError::NotBase64)
}

fn read(data: &str) -> Result<AnyEvent, EventError> {
    AnyEvent::decode(&bytes(data)?)
}
