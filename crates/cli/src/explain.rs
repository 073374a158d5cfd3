//! A position in words: what it is worth, what it must hold, how far it is from liquidation, and why.

use anchor_lang::prelude::Pubkey;
use bulkhead::state::{Position, TopUpPlan};
use bulkhead_client::quote;
use bulkhead_client::rpc::Snapshot;
use bulkhead_risk::health::Health;
use bulkhead_risk::liquidation::Readiness;
use bulkhead_risk::margin_call::CALL_PPM;
use bulkhead_risk::transition::settle_final;
use bulkhead_risk::volatility::Volatility;
use bulkhead_risk::{self as risk, MarketStatus, PositionStatus, PriceE12, QuoteAtoms, Side, fixed};
use serde_json::{Value, json};

use crate::amount::{percent, plain, price};
use crate::error::Result;
use crate::output::Report;
use crate::units::Units;
use crate::view::View;

const PPM: u64 = 1_000_000;

/// How far a price is: of the price, and in standard deviations of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Of the index, in millionths.
    pub ppm: u64,
    /// Tenths of the market's hourly standard deviation; none where that is not measured.
    pub sigma_tenths: Option<u64>,
}

/// Everything that is said of a position.
pub struct Explanation {
    key: Pubkey,
    account: Position,
    /// Accrued and lowered, as the program would judge it.
    position: risk::Position,
    market: risk::Market,
    health: Health,
    units: Units,
    note: Option<String>,
    sigma_hour_ppm: u64,
    new_risk_paused: bool,
    plan: Option<TopUpPlan>,
    removable: std::result::Result<QuoteAtoms, bulkhead_client::Refusal>,
}

impl Explanation {
    /// Of a position at a market, its price and the clock.
    pub fn of(key: Pubkey, account: &Position, snapshot: &Snapshot, new_risk_paused: bool) -> Result<Self> {
        let view = View::of(snapshot)?;
        let health = view.health(account)?;
        let View { market, note, .. } = view;
        let position = account.view()?.accrued(&market.params, &market.ledger)?.lowered(&market)?;
        Ok(Self {
            key,
            account: *account,
            position,
            market,
            health,
            units: Units::of(&snapshot.market.account),
            note,
            sigma_hour_ppm: Volatility::sigma_hour_ppm(market.volatility.variance_1h_e24)?,
            new_risk_paused,
            plan: None,
            removable: quote::removable_collateral(&snapshot.look()?, account),
        })
    }

    /// The same, with its top-up plan if it has one.
    pub fn with_plan(self, plan: Option<TopUpPlan>) -> Self {
        Self { plan, ..self }
    }

    /// Its health.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// How its market's amounts are written.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// How far the index is from the price at which it would be liquidatable; none where none does that, or
    /// where it is already past it.
    pub fn distance(&self) -> Result<Option<Distance>> {
        let border = self.health.liquidation_price;
        let is_healthy = self.health.assessment.readiness == Readiness::Healthy;
        if border.is_zero() || self.market.oracle.index.is_zero() || !is_healthy {
            return Ok(None);
        }
        distance(self.market.oracle.index, border, self.sigma_hour_ppm).map(Some)
    }

    /// Reasons for which it may only shrink, in words.
    pub fn reduce_only_reasons(&self) -> Result<Vec<String>> {
        let mut reasons = Vec::new();
        if self.health.reduce_only {
            reasons.push(format!(
                "its volatility margin of {} is behind the market's {}: it rises only as far as the position \
                 has shown that it can meet, and until then nothing can be added or taken out",
                percent(self.position.margin_ppm.get().into()),
                percent(self.market.volatility.ramp_ppm_ceil()?.get().into()),
            ));
        }
        match self.market.status {
            MarketStatus::Active => (),
            MarketStatus::ReduceOnly => reasons.push("the market takes no new risk".into()),
            MarketStatus::Settled => reasons.push("the market is settled".into()),
        }
        if self.new_risk_paused {
            reasons.push("the guardian has paused new risk for the time being".into());
        }
        Ok(reasons)
    }

    /// Both forms.
    pub fn report(&self) -> Result<Report> {
        let mut lines = vec![self.headline()];
        lines.extend(self.note.iter().map(|note| format!("Shown {note}.")));
        match self.position.status {
            PositionStatus::Pending => lines.push(format!(
                "Its opening order has not filled. {} are in its vault; {} order(s) wait.",
                self.units.quote(self.account.collateral_atoms),
                self.account.open_orders
            )),
            PositionStatus::Closed => lines.push(format!(
                "It is flat for good. {} in its vault are yours: `position close` returns them and the rent.",
                self.units.quote(self.account.collateral_atoms)
            )),
            PositionStatus::Open if self.market.status == MarketStatus::Settled => {
                lines.push(self.settled_line()?);
            }
            PositionStatus::Open => lines.extend(self.open_lines()?),
        }
        Ok(Report::new(lines.join("\n"), self.json()?))
    }

    fn headline(&self) -> String {
        let side = side_name(self.position.side);
        let status = status_name(self.position.status);
        let size = self.units.base(self.account.size_atoms);
        match self.position.status {
            PositionStatus::Open => format!(
                "Position {}: {side} {size}, entered at {}.",
                self.key,
                price(self.position.entry.get())
            ),
            _ => format!("Position {}: {side}, {status}.", self.key),
        }
    }

    fn open_lines(&self) -> Result<Vec<String>> {
        let mut lines = vec![self.worth(), self.requirement()?, self.how_far()?, self.cap()?];
        lines.extend(self.warnings());
        lines.push(match self.reduce_only_reasons()?.as_slice() {
            [] => "It is not reduce-only: it may grow as far as its margin allows.".into(),
            reasons => format!("It may only shrink: {}.", reasons.join("; ")),
        });
        lines.push(match &self.removable {
            Ok(amount) => {
                format!("Collateral that can be taken out now: {}.", self.units.quote(amount.get()))
            }
            Err(refusal) => format!("Collateral cannot be taken out now: {refusal}."),
        });
        Ok(lines)
    }

    fn settled_line(&self) -> Result<String> {
        let settled = settle_final(&self.market, &self.position, false)?;
        Ok(format!(
            "Its market is settled. `position settle`, which anyone may send, closes it at {} with a profit and \
             loss of {}; {} are its owner's then: `position close` takes them out.",
            price(settled.closed.price.get()),
            self.units.signed_quote(settled.closed.pnl.get()),
            self.units.quote(settled.position.collateral.get()),
        ))
    }

    /// Whether a margin call stands, and what a top-up plan would do about it.
    fn warnings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.position.margin_called {
            let multiple = percent(CALL_PPM as i64);
            lines.push(format!(
                "A margin call stands: its equity was seen below {multiple} of what it must hold, and has not \
                 been seen above since."
            ));
        }
        if let Some(plan) = &self.plan {
            lines.push(format!(
                "A top-up plan stands behind it: below {} of what it must hold, {} at a time, {} left of its \
                 budget (see `top-up show`).",
                percent(plan.trigger_ppm.into()),
                self.units.quote(plan.amount_atoms),
                self.units.quote(plan.budget_atoms),
            ));
        }
        lines
    }

    fn worth(&self) -> String {
        let valuation = &self.health.assessment.valuation;
        format!(
            "At {} it is worth {} of notional. Equity {}: collateral {}, profit and loss {}, owed {} of funding \
             and borrow fee, due {} of funding.",
            price(self.health.assessment.price.get()),
            self.units.quote(valuation.notional.get()),
            self.units.signed_quote(valuation.equity.get()),
            self.units.quote(self.position.collateral.get()),
            self.units.signed_quote(valuation.pnl.get()),
            self.units.quote(self.health.owed.get()),
            self.units.quote(self.health.due.get()),
        )
    }

    fn requirement(&self) -> Result<String> {
        let notional = self.health.assessment.valuation.notional;
        let part = |rate: risk::Ppm| -> Result<String> {
            let amount = self.units.quote(notional.share_ceil(rate)?.get());
            Ok(format!("{} ({amount})", percent(rate.get().into())))
        };
        Ok(format!(
            "It must hold {}, {} of notional: {} for volatility, {} for the size of its side of the market, {} \
             for the liquidation fee.",
            self.units.quote(self.health.assessment.maintenance_margin.get()),
            percent(self.health.maintenance_ppm.get().into()),
            part(self.position.margin_ppm)?,
            part(self.position.addon_ppm)?,
            part(self.position.liquidation_fee_ppm)?,
        ))
    }

    fn how_far(&self) -> Result<String> {
        let readiness = match self.health.assessment.readiness {
            Readiness::Healthy => None,
            Readiness::FirstSighting => Some("It is below its requirement: a second sighting confirms it."),
            Readiness::Unconfirmed => Some("It is below its requirement, seen less than two seconds ago."),
            Readiness::HeldBack => Some(
                "It is below its requirement; liquidation waits while the oracle is unsure of the price.",
            ),
            Readiness::Ready(_) => Some("It can be liquidated now."),
        };
        let border = price(self.health.liquidation_price.get());
        if let Some(readiness) = readiness {
            let side = if self.position.side == Side::Long { "above" } else { "below" };
            return Ok(match self.health.liquidation_price {
                PriceE12::ZERO => readiness.to_owned(),
                _ => format!(
                    "{readiness} It meets its requirement {side} {border}, or with more collateral, or smaller."
                ),
            });
        }
        let direction = match self.position.side {
            Side::Long => "fall",
            Side::Short => "rise",
        };
        Ok(match self.distance()? {
            None => "No price liquidates it if nothing else changes.".into(),
            Some(distance) => {
                let sigma = distance.sigma_tenths.map_or_else(String::new, |tenths| {
                    let hourly = percent(self.sigma_hour_ppm as i64);
                    format!(
                        ", {} times the market's volatility of an hour ({hourly})",
                        plain(tenths.into(), 1)
                    )
                });
                format!(
                    "It is liquidatable at {border}: the price must {direction} by {}{sigma}.",
                    percent(distance.ppm as i64)
                )
            }
        })
    }

    fn cap(&self) -> Result<String> {
        let valuation = &self.health.assessment.valuation;
        let reserved = self.position.reserved;
        let gained = valuation.gain.positive_part()?;
        let cap = self.units.quote(reserved.get());
        Ok(match self.position.has_reached_cap(valuation) {
            true => format!("It has reached the most that it can win, {cap}: anyone may settle it."),
            false => {
                let share = fixed::mul_div_u64_floor(gained.get(), PPM, reserved.get().max(1))?;
                let share = percent(share as i64);
                format!("The most that it can win is set aside: {cap}, of which {share} is reached.")
            }
        })
    }

    fn json(&self) -> Result<Value> {
        let valuation = &self.health.assessment.valuation;
        let quote = |atoms: i128| self.units.plain_quote(atoms);
        let rate = |ppm: i64| plain(ppm.into(), 4);
        let distance = self.distance()?;
        Ok(json!({
            "address": self.key.to_string(),
            "market": self.account.market.to_string(),
            "owner": self.account.owner.to_string(),
            "id": self.account.id,
            "status": status_name(self.position.status),
            "side": side_name(self.position.side),
            "size": self.units.plain_base(self.account.size_atoms),
            "entry_price": plain(self.position.entry.get().into(), 12),
            "price": plain(self.health.assessment.price.get().into(), 12),
            "price_note": self.note,
            "notional": quote(valuation.notional.get().into()),
            "collateral": quote(self.position.collateral.get().into()),
            "pnl": quote(valuation.pnl.get()),
            "owed": quote(self.health.owed.get().into()),
            "due": quote(self.health.due.get().into()),
            "equity": quote(valuation.equity.get()),
            "maintenance_margin": quote(self.health.assessment.maintenance_margin.get().into()),
            "maintenance_percent": rate(self.health.maintenance_ppm.get().into()),
            "maintenance_parts_percent": {
                "volatility": rate(self.position.margin_ppm.get().into()),
                "size": rate(self.position.addon_ppm.get().into()),
                "liquidation_fee": rate(self.position.liquidation_fee_ppm.get().into()),
            },
            "initial_margin": quote(self.health.initial_margin.get().into()),
            "readiness": format!("{:?}", self.health.assessment.readiness),
            "liquidation_price": (!self.health.liquidation_price.is_zero())
                .then(|| plain(self.health.liquidation_price.get().into(), 12)),
            "distance_percent": distance.map(|distance| rate(distance.ppm as i64)),
            "distance_sigma_hours": distance
                .and_then(|distance| distance.sigma_tenths)
                .map(|tenths| plain(tenths.into(), 1)),
            "payout_cap": quote(self.position.reserved.get().into()),
            "reduce_only_reasons": self.reduce_only_reasons()?,
            "removable_collateral": self.removable.as_ref().ok().map(|amount| quote(amount.get().into())),
            "margin_called": self.position.margin_called,
            "top_up_plan": self.plan.map(|plan| json!({
                "trigger_percent": rate(plan.trigger_ppm.into()),
                "amount": quote(plan.amount_atoms.into()),
                "budget": quote(plan.budget_atoms.into()),
            })),
            "open_orders": self.account.open_orders,
            "delegate": (self.account.delegate != Pubkey::default()).then(|| self.account.delegate.to_string()),
        }))
    }
}

/// How far `border` is from `index`, with the hourly standard deviation `sigma_hour_ppm`.
pub fn distance(index: PriceE12, border: PriceE12, sigma_hour_ppm: u64) -> Result<Distance> {
    let ppm = fixed::mul_div_u64_floor(index.get().abs_diff(border.get()), PPM, index.get())?;
    let sigma_tenths = match sigma_hour_ppm {
        0 => None,
        sigma => Some(fixed::mul_div_u64_floor(ppm, 10, sigma)?),
    };
    Ok(Distance { ppm, sigma_tenths })
}

/// "long" or "short".
pub fn side_name(side: Side) -> &'static str {
    match side {
        Side::Long => "long",
        Side::Short => "short",
    }
}

/// "pending", "open" or "closed".
pub fn status_name(status: PositionStatus) -> &'static str {
    match status {
        PositionStatus::Pending => "pending",
        PositionStatus::Open => "open",
        PositionStatus::Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_of_the_index_and_in_sigmas() {
        let usd = |dollars: u64| PriceE12(dollars * 1_000_000_000_000);
        let far = distance(usd(60_000), usd(54_000), 8_500).unwrap();
        assert_eq!(far, Distance { ppm: 100_000, sigma_tenths: Some(117) });
        assert_eq!(distance(usd(60_000), usd(66_000), 0).unwrap().sigma_tenths, None);
    }
}
