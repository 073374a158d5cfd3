//! Accounts out of their bytes, checked as the program checks them: kind, length, layout version.
//!
//! Who owns the account is the caller's to check: ask the node only for accounts of [`bulkhead::ID`], or
//! use [`decode_owned`].

use anchor_lang::Discriminator;
use anchor_lang::prelude::Pubkey;
use bulkhead::constants::{ACCOUNT_VERSION, MARKET_VERSION};
use bulkhead::state::{
    Market, Order, ParamChange, Position, Protocol, Settlement, TopUpPlan, Trader, Withdrawal,
};
use bytemuck::Pod;

const DISCRIMINATOR_LEN: usize = 8;

/// Why bytes are not the account that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Another program owns it.
    #[error("the account is owned by {0}, not by Bulkhead")]
    WrongOwner(Pubkey),
    /// Fewer than the eight bytes that name the kind: an account that was closed holds nothing.
    #[error("{0} bytes hold no discriminator: the account does not exist any more, or is none of Bulkhead's")]
    TooShort(usize),
    /// An account of another kind, or not initialised.
    #[error("the account is not a {expected}: its discriminator is {found:02x?}")]
    WrongKind {
        /// What was asked for; "Bulkhead account" where any would do.
        expected: &'static str,
        /// What it has.
        found: [u8; 8],
    },
    /// The right kind at a wrong length.
    #[error("a {kind} has {expected} bytes, not {found}")]
    WrongLength {
        /// Kind.
        kind: &'static str,
        /// Its length, discriminator included.
        expected: usize,
        /// Length found.
        found: usize,
    },
    /// Written by another version of the program.
    #[error("this client reads layout version {expected} of a {kind}, the account has {found}")]
    WrongVersion {
        /// Kind.
        kind: &'static str,
        /// Version that this client knows.
        expected: u8,
        /// Version found.
        found: u8,
    },
}

mod sealed {
    pub trait Sealed {}
}

/// An account type of the program.
pub trait Account: Pod + Discriminator + sealed::Sealed {
    /// Its name.
    const NAME: &'static str;
    /// Its length in bytes, discriminator included.
    const LEN: usize = DISCRIMINATOR_LEN + size_of::<Self>();
    /// Layout version that this client reads.
    const VERSION: u8;
    /// Layout version that wrote it.
    fn version(&self) -> u8;
}

macro_rules! accounts {
    ($($name:ident: $version:expr),* $(,)?) => {$(
        impl sealed::Sealed for $name {}

        impl Account for $name {
            const NAME: &'static str = stringify!($name);
            const VERSION: u8 = $version;

            fn version(&self) -> u8 {
                self.version
            }
        }
    )*};
}

accounts!(
    Protocol: ACCOUNT_VERSION,
    Market: MARKET_VERSION,
    Position: ACCOUNT_VERSION,
    Order: ACCOUNT_VERSION,
    Trader: ACCOUNT_VERSION,
    ParamChange: ACCOUNT_VERSION,
    Settlement: ACCOUNT_VERSION,
    Withdrawal: ACCOUNT_VERSION,
    TopUpPlan: ACCOUNT_VERSION,
);

/// The `T` in an account's `data`.
pub fn decode<T: Account>(data: &[u8]) -> Result<T, AccountError> {
    let (discriminator, body) =
        data.split_first_chunk::<DISCRIMINATOR_LEN>().ok_or(AccountError::TooShort(data.len()))?;
    if discriminator.as_slice() != T::DISCRIMINATOR {
        return Err(AccountError::WrongKind { expected: T::NAME, found: *discriminator });
    }
    if data.len() != T::LEN {
        return Err(AccountError::WrongLength { kind: T::NAME, expected: T::LEN, found: data.len() });
    }
    let account: T = bytemuck::pod_read_unaligned(body);
    if account.version() != T::VERSION {
        let found = account.version();
        return Err(AccountError::WrongVersion { kind: T::NAME, expected: T::VERSION, found });
    }
    Ok(account)
}

/// The same, of an account that `owner` owns.
pub fn decode_owned<T: Account>(owner: &Pubkey, data: &[u8]) -> Result<T, AccountError> {
    if *owner != bulkhead::ID {
        return Err(AccountError::WrongOwner(*owner));
    }
    decode(data)
}

/// An account of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyAccount {
    /// The protocol.
    Protocol(Box<Protocol>),
    /// A market.
    Market(Box<Market>),
    /// A position.
    Position(Box<Position>),
    /// An order.
    Order(Box<Order>),
    /// A trader's counters.
    Trader(Box<Trader>),
    /// A queued change.
    ParamChange(Box<ParamChange>),
    /// Prices of a wind-down.
    Settlement(Box<Settlement>),
    /// A withdrawal.
    Withdrawal(Box<Withdrawal>),
    /// A top-up plan.
    TopUpPlan(Box<TopUpPlan>),
}

impl AnyAccount {
    /// The account in `data`, whatever it is.
    pub fn decode(data: &[u8]) -> Result<Self, AccountError> {
        let found = *data.first_chunk::<DISCRIMINATOR_LEN>().ok_or(AccountError::TooShort(data.len()))?;
        match found.as_slice() {
            Protocol::DISCRIMINATOR => decode(data).map(Box::new).map(Self::Protocol),
            Market::DISCRIMINATOR => decode(data).map(Box::new).map(Self::Market),
            Position::DISCRIMINATOR => decode(data).map(Box::new).map(Self::Position),
            Order::DISCRIMINATOR => decode(data).map(Box::new).map(Self::Order),
            Trader::DISCRIMINATOR => decode(data).map(Box::new).map(Self::Trader),
            ParamChange::DISCRIMINATOR => decode(data).map(Box::new).map(Self::ParamChange),
            Settlement::DISCRIMINATOR => decode(data).map(Box::new).map(Self::Settlement),
            Withdrawal::DISCRIMINATOR => decode(data).map(Box::new).map(Self::Withdrawal),
            TopUpPlan::DISCRIMINATOR => decode(data).map(Box::new).map(Self::TopUpPlan),
            _ => Err(AccountError::WrongKind { expected: "Bulkhead account", found }),
        }
    }

    /// Name of its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Protocol(_) => Protocol::NAME,
            Self::Market(_) => Market::NAME,
            Self::Position(_) => Position::NAME,
            Self::Order(_) => Order::NAME,
            Self::Trader(_) => Trader::NAME,
            Self::ParamChange(_) => ParamChange::NAME,
            Self::Settlement(_) => Settlement::NAME,
            Self::Withdrawal(_) => Withdrawal::NAME,
            Self::TopUpPlan(_) => TopUpPlan::NAME,
        }
    }
}
