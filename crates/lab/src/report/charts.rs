//! What the report draws: each chart as data, with the words that stand in for it.

use serde::Serialize;

use super::timeline::Timeline;
use crate::record::{Cause, Liquidation, MarginMode, MinuteRow, RunRecord};

#[derive(Serialize)]
pub(super) struct Charts {
    pub(super) ts_secs: Vec<i64>,
    pub(super) charts: Vec<Chart>,
    /// When the price was lowest: the report offers to zoom there.
    pub(super) low_secs: i64,
}

#[derive(Serialize)]
pub(super) struct Chart {
    pub(super) id: &'static str,
    pub(super) title: String,
    #[serde(skip)]
    pub(super) about: String,
    pub(super) unit: Unit,
    pub(super) height_px: u32,
    /// Whether the value axis starts at nought.
    pub(super) from_zero: bool,
    pub(super) series: Vec<Series>,
    pub(super) markers: Vec<Marker>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Usd,
    Quote,
    Percent,
    BasisPoints,
    Count,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Line,
    /// Holds its value until the next point.
    Step,
    Dashed,
    /// Upper and lower edge of a filled band; the upper one comes first and names it.
    BandHigh,
    BandLow,
    /// Read out at the crosshair, not drawn.
    Told,
}

#[derive(Serialize)]
pub(super) struct Series {
    pub(super) label: String,
    /// A colour of the style sheet.
    tone: &'static str,
    pub(super) kind: Kind,
    pub(super) values: Vec<Option<f64>>,
}

#[derive(Serialize)]
pub(super) struct Marker {
    ts_secs: i64,
    price: f64,
    cause: Cause,
}

pub(super) fn charts(run: &RunRecord, compared: Option<&RunRecord>) -> Charts {
    let timeline = Timeline::of(&run.rows);
    let draw = Draw { run, compared, timeline: &timeline };
    let lowest = run.rows.iter().min_by_key(|row| row.price_low_e8);
    Charts {
        charts: vec![
            draw.price(),
            draw.liquidations(),
            draw.margin(),
            draw.volatility(),
            draw.open_interest(),
            draw.open_positions(),
            draw.vaults(),
            draw.pool(),
            draw.insurance(),
            draw.confidence(),
        ],
        low_secs: lowest.map_or(0, |row| row.ts_secs),
        ts_secs: timeline.ts_secs,
    }
}

/// Makes the charts of a run over one timeline.
struct Draw<'a> {
    run: &'a RunRecord,
    compared: Option<&'a RunRecord>,
    timeline: &'a Timeline,
}

impl Draw<'_> {
    fn price(&self) -> Chart {
        let per_point = {
            let totals = self.timeline.running_total(&self.run.liquidations, |event| event.ts_secs, |_| 1.0);
            let before = std::iter::once(Some(0.0)).chain(totals.iter().copied());
            totals.iter().zip(before).map(|(now, before)| Some(now.as_ref()? - before?)).collect()
        };
        let marker = |event: &Liquidation| Marker {
            ts_secs: event.ts_secs,
            price: usd(event.price_e8),
            cause: event.cause,
        };
        Chart {
            series: vec![
                self.series("range", "band", Kind::BandHigh, |row| usd(row.price_high_e8)),
                self.series("", "band", Kind::BandLow, |row| usd(row.price_low_e8)),
                self.series("mark", "orange", Kind::Line, |row| usd(row.mark_e8)),
                self.series("index", "blue", Kind::Line, |row| usd(row.price_e8)),
                Series { label: "liquidations".into(), tone: "ink", kind: Kind::Told, values: per_point },
            ],
            markers: self.run.liquidations.iter().map(marker).collect(),
            height_px: 380,
            ..chart(
                "price",
                "Price, mark and liquidations",
                Unit::Usd,
                "Index is the oracle price that decides health; mark, its average, lags behind it. Each sign \
                 is a liquidation at the index it happened at.",
            )
        }
    }

    fn liquidations(&self) -> Chart {
        let of_cause = |cause: Cause, tone| Series {
            label: cause.label().to_owned(),
            tone,
            kind: Kind::Step,
            values: self.timeline.running_total(
                &self.run.liquidations,
                |event| event.ts_secs,
                |event| f64::from(u8::from(event.cause == cause)),
            ),
        };
        let [partial, full, insolvent, capped] = Cause::ALL;
        let mut series = vec![
            of_cause(partial, "orange"),
            of_cause(full, "red"),
            of_cause(insolvent, "purple"),
            of_cause(capped, "teal"),
        ];
        series.extend(self.compared.map(|other| Series {
            label: format!("all but settled, {}", other.info.margin.label()),
            tone: "grey",
            kind: Kind::Dashed,
            values: self.timeline.running_total(
                &other.liquidations,
                |event| event.ts_secs,
                |event| f64::from(u8::from(event.cause != Cause::PayoutCapped)),
            ),
        }));
        let about = "Running counts, by the reason that the program gave.";
        Chart { series, from_zero: true, ..chart("liquidations", "Liquidations so far", Unit::Count, about) }
    }

    fn margin(&self) -> Chart {
        let mut series = vec![
            self.series("m_target", "orange", Kind::Line, |row| percent(row.m_target_ppm.into())),
            self.series("m_ramp", "blue", Kind::Line, |row| percent(row.m_ramp_ppm.into())),
        ];
        if let Some(MarginMode::Static { margin_ppm }) = self.compared.map(|other| other.info.margin) {
            let values = self.timeline.column(|_| percent(margin_ppm.into()));
            series.push(Series { label: "static margin".into(), tone: "grey", kind: Kind::Dashed, values });
        }
        Chart {
            series,
            from_zero: true,
            ..chart(
                "margin",
                "Maintenance margin",
                Unit::Percent,
                "m_target follows measured volatility; m_ramp, which new positions get, follows it by at \
                 most +25 % and -2 % an hour. What an open position must hold never jumps with either.",
            )
        }
    }

    fn volatility(&self) -> Chart {
        Chart {
            series: vec![
                self.series("1 hour", "orange", Kind::Line, |row| percent(row.sigma_1h_ppm)),
                self.series("1 day", "blue", Kind::Line, |row| percent(row.sigma_1d_ppm)),
                self.series("30 days", "teal", Kind::Line, |row| percent(row.sigma_30d_ppm)),
            ],
            from_zero: true,
            ..chart(
                "volatility",
                "Measured volatility",
                Unit::Percent,
                "Annualised, as the market account holds it, by the memory of its average.",
            )
        }
    }

    fn open_interest(&self) -> Chart {
        let series = vec![
            self.quote_series("long", "blue", Kind::Line, |row| row.long_oi_atoms),
            self.quote_series("short", "orange", Kind::Line, |row| row.short_oi_atoms),
        ];
        let about = "Notional of all open positions at the index, by side.";
        Chart { series, from_zero: true, ..chart("open-interest", "Open interest", Unit::Quote, about) }
    }

    fn open_positions(&self) -> Chart {
        let open = |row: &MinuteRow| f64::from(row.open_positions);
        let mut series = vec![self.series("open", "blue", Kind::Step, open)];
        series.extend(self.compared_series("open", open));
        let about = "Positions with a size; closed, settled and fully liquidated ones leave.";
        Chart { series, from_zero: true, ..chart("positions", "Open positions", Unit::Count, about) }
    }

    fn vaults(&self) -> Chart {
        let decimals = self.run.info.quote_decimals;
        Chart {
            series: vec![
                self.quote_series("tokens in vaults", "teal", Kind::Line, |row| row.vault_tokens_sum_atoms),
                self.quote_series("booked", "orange", Kind::Dashed, |row| row.booked_sum_atoms),
                self.series("equity", "blue", Kind::Line, |row| {
                    quote(row.vault_equity_sum_atoms as f64, decimals)
                }),
            ],
            from_zero: true,
            ..chart(
                "vaults",
                "Position vaults, all together",
                Unit::Quote,
                "Tokens and booked collateral are the same line as long as the books are right. Equity adds \
                 what the positions would win or lose at the index.",
            )
        }
    }

    fn pool(&self) -> Chart {
        let decimals = self.run.info.quote_decimals;
        let mut series = vec![
            self.quote_series("pool", "blue", Kind::Line, |row| row.pool_balance_atoms),
            self.quote_series("reserved for payouts", "orange", Kind::Line, |row| row.reserved_atoms),
        ];
        series.extend(self.compared_series("pool", |row| quote(row.pool_balance_atoms as f64, decimals)));
        let about =
            "What the pool holds, and how much of it is set aside for the largest payouts of open positions.";
        Chart { series, from_zero: true, ..chart("pool", "Pool and reserve", Unit::Quote, about) }
    }

    fn insurance(&self) -> Chart {
        let shortfall = |run: &RunRecord, label: String, tone, kind| Series {
            label,
            tone,
            kind,
            values: self.timeline.running_total(
                &run.liquidations,
                |event| event.ts_secs,
                |event| quote(event.shortfall_atoms as f64, run.info.quote_decimals),
            ),
        };
        let insured_at_start = self.run.summary.ending.insurance_at_start_atoms as f64;
        let mut series = vec![
            self.series("insurance vault, since the start", "teal", Kind::Line, |row| {
                quote(row.insurance_balance_atoms as f64 - insured_at_start, self.run.info.quote_decimals)
            }),
            shortfall(self.run, "shortfall so far".into(), "red", Kind::Step),
        ];
        series.extend(self.compared.map(|other| {
            let label = format!("shortfall, {}", other.info.margin.label());
            shortfall(other, label, "grey", Kind::Dashed)
        }));
        let about = "Losses beyond a position's own vault, which the pool bears, beside what the insurance \
                     vault gained from fees or paid.";
        Chart { series, from_zero: true, ..chart("insurance", "Insurance and shortfall", Unit::Quote, about) }
    }

    fn confidence(&self) -> Chart {
        let relative = |row: &MinuteRow| row.conf_e8 as f64 / (row.price_e8.max(1) as f64) * 1e4;
        let series = vec![self.series("confidence", "blue", Kind::Line, relative)];
        let about =
            "Half-width of the oracle's interval, in basis points of the price (modelled, bars have none).";
        Chart {
            series,
            from_zero: true,
            ..chart("confidence", "Oracle confidence", Unit::BasisPoints, about)
        }
    }

    fn series(
        &self,
        label: &str,
        tone: &'static str,
        kind: Kind,
        value: impl Fn(&MinuteRow) -> f64,
    ) -> Series {
        Series { label: label.to_owned(), tone, kind, values: self.timeline.column(value) }
    }

    fn quote_series(
        &self,
        label: &str,
        tone: &'static str,
        kind: Kind,
        atoms: impl Fn(&MinuteRow) -> u64,
    ) -> Series {
        let decimals = self.run.info.quote_decimals;
        self.series(label, tone, kind, |row| quote(atoms(row) as f64, decimals))
    }

    fn compared_series(&self, label: &str, value: impl Fn(&MinuteRow) -> f64) -> Option<Series> {
        self.compared.map(|other| Series {
            label: format!("{label}, {}", other.info.margin.label()),
            tone: "grey",
            kind: Kind::Dashed,
            values: self.timeline.column_of(other, value),
        })
    }
}

/// A chart without its lines.
fn chart(id: &'static str, title: &str, unit: Unit, about: &str) -> Chart {
    Chart {
        id,
        title: title.to_owned(),
        about: about.to_owned(),
        unit,
        height_px: 230,
        from_zero: false,
        series: vec![],
        markers: vec![],
    }
}

fn usd(price_e8: u64) -> f64 {
    price_e8 as f64 / 1e8
}

/// To the cent, so that the data of the page stays short.
fn quote(atoms: f64, decimals: u8) -> f64 {
    (atoms / 10_f64.powi(i32::from(decimals)) * 100.0).round() / 100.0
}

fn percent(ppm: u64) -> f64 {
    ppm as f64 / 1e4
}
