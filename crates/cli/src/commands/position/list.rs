//! Positions, a line each.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anchor_lang::prelude::Pubkey;
use bulkhead::state::Position;
use bulkhead_client::rpc::{Keyed, PositionFilter, Snapshot};
use clap::Args;
use serde_json::Value;

use crate::amount::{percent, price};
use crate::error::{Result, parse_key};
use crate::explain::Explanation;
use crate::output::{Report, table};
use crate::session::{MarketName, Session};

/// Which positions.
#[derive(Debug, Args)]
pub struct List {
    /// Whose [default: of the key that signs, unless --all]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    owner: Option<Pubkey>,
    /// Only in this market
    #[arg(long, value_name = "MARKET")]
    market: Option<MarketName>,
    /// Everybody's
    #[arg(long, conflicts_with = "owner")]
    all: bool,
}

const HEADINGS: [&str; 9] =
    ["position", "market", "id", "side", "size", "entry", "equity", "must hold", "liquidatable at"];

impl List {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Result<Report> {
        let owner = match (self.owner, self.all) {
            (Some(owner), _) => Some(owner),
            (None, true) => None,
            (None, false) => Some(session.me()?),
        };
        let market = match &self.market {
            Some(name) => Some(session.market_key(name).await?),
            None => None,
        };
        let positions = session.node().positions(&PositionFilter { owner, market }).await?;
        let mut snapshots: BTreeMap<Pubkey, Snapshot> = BTreeMap::new();
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for position in &positions {
            let market = position.account.market;
            let snapshot = match snapshots.entry(market) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(session.node().snapshot(&market).await?),
            };
            let (row, value) = listed(position, snapshot)?;
            rows.push(row);
            values.push(value);
        }
        let text = match rows.is_empty() {
            true => "no positions".to_owned(),
            false => table(&HEADINGS, rows),
        };
        Ok(Report::new(text, Value::Array(values)))
    }
}

fn listed(position: &Keyed<Position>, snapshot: &Snapshot) -> Result<(Vec<String>, Value)> {
    let explanation = Explanation::of(position.key, &position.account, snapshot, false)?;
    let (health, units) = (explanation.health(), explanation.units());
    let border = match (health.liquidation_price.get(), explanation.distance()?) {
        (0, _) => "-".to_owned(),
        (border, Some(distance)) => format!("{} ({} away)", price(border), percent(distance.ppm as i64)),
        (border, None) => format!("{} (passed)", price(border)),
    };
    let view = position.account.view()?;
    let row = vec![
        position.key.to_string(),
        units.base.map_or_else(|| snapshot.market.account.index.to_string(), str::to_owned),
        position.account.id.to_string(),
        crate::explain::side_name(view.side).to_owned(),
        match position.account.size_atoms {
            0 => crate::explain::status_name(view.status).to_owned(),
            size => units.base(size),
        },
        price(position.account.entry_price_e12),
        units.signed_quote(health.assessment.valuation.equity.get()),
        units.quote(health.assessment.maintenance_margin.get()),
        border,
    ];
    Ok((row, explanation.report()?.json))
}
