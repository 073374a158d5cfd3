//! Accounts out of their bytes.

use bulkhead::state::{Market, Order, Position, TopUpPlan, Withdrawal};
use bulkhead_client::accounts;

use crate::refuse::Result;

pub(crate) fn market(data: &[u8]) -> Result<Market> {
    Ok(accounts::decode(data)?)
}

pub(crate) fn position(data: &[u8]) -> Result<Position> {
    Ok(accounts::decode(data)?)
}

pub(crate) fn order(data: &[u8]) -> Result<Order> {
    Ok(accounts::decode(data)?)
}

pub(crate) fn withdrawal(data: &[u8]) -> Result<Withdrawal> {
    Ok(accounts::decode(data)?)
}

pub(crate) fn plan(data: &[u8]) -> Result<TopUpPlan> {
    Ok(accounts::decode(data)?)
}
