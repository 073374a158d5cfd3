//! Looking at a position, once or again and again.

use std::time::Duration;

use bulkhead::state::{POSITION_CLOSED, Position};

use super::super::Outcome;
use super::super::top_up::plan_of;
use crate::amount::{percent, plain, price};
use crate::error::{CliError, Result};
use crate::explain::Explanation;
use crate::output::{Format, Report};
use crate::session::{Found, PositionName, Session};

/// Everything about a position, in words.
pub(super) async fn show(session: &Session, name: &PositionName) -> Result<Report> {
    let found = session.position(name).await?;
    explanation(session, &found).await?.report()
}

async fn explanation(session: &Session, found: &Found) -> Result<Explanation> {
    let paused_until = session.node().protocol().await?.pause_new_risk.until;
    let is_paused = found.snapshot.clock.now.get() < paused_until;
    let plan = plan_of(session, &found.key).await?;
    Ok(Explanation::of(found.key, &found.position, &found.snapshot, is_paused)?.with_plan(plan))
}

/// A line a look, until the position is gone or the user has seen enough. A node that does not answer is told
/// and asked again.
pub(super) async fn watch(session: &Session, name: &PositionName, every_secs: u64) -> Outcome {
    let key = session.position_key(name).await?;
    loop {
        match session.node().find::<Position>(&key).await {
            Ok(None) => {
                session.say(format!("position {key} is closed and gone"));
                return Ok(None);
            }
            Ok(Some(position)) if position.status == POSITION_CLOSED => {
                session.say(format!("position {key} is flat: `position close {key}` returns its collateral"));
                return Ok(None);
            }
            Ok(Some(_)) => look(session, key).await?,
            Err(error) if error.is_transient() => session.say(error),
            Err(error) => return Err(error.into()),
        }
        let wait = tokio::time::sleep(Duration::from_secs(every_secs));
        tokio::select! {
            () = wait => (),
            _ = tokio::signal::ctrl_c() => return Ok(None),
        }
    }
}

async fn look(session: &Session, key: anchor_lang::prelude::Pubkey) -> Result<()> {
    let found = match session.found(key).await {
        Ok(found) => found,
        // Told, and looked at again; what is gone by now shows at the next look.
        Err(error @ (CliError::Network(_) | CliError::Usage(_))) => {
            session.say(error);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let explanation = explanation(session, &found).await?;
    match session.globals.output {
        Format::Json => println!("{}", explanation.report()?.json),
        Format::Text => println!("{}", explanation.line()?),
    }
    Ok(())
}

impl Explanation {
    /// One line: price, equity, requirement, distance.
    pub fn line(&self) -> Result<String> {
        let health = self.health();
        let (units, assessment) = (self.units(), &health.assessment);
        let distance = match self.distance()? {
            None if health.liquidation_price.is_zero() => "no liquidation price".to_owned(),
            None => format!("past {}", price(health.liquidation_price.get())),
            Some(distance) => {
                let sigma = distance
                    .sigma_tenths
                    .map_or_else(String::new, |tenths| format!(" = {} sigma", plain(tenths.into(), 1)));
                let border = price(health.liquidation_price.get());
                format!("{border} is {}{sigma} away", percent(distance.ppm as i64))
            }
        };
        Ok(format!(
            "{}  equity {}  must hold {}  {distance}  {:?}",
            price(assessment.price.get()),
            units.signed_quote(assessment.valuation.equity.get()),
            units.quote(assessment.maintenance_margin.get()),
            assessment.readiness
        ))
    }
}
