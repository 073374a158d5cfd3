//! From JSON to the crate's types, and one comparison for each kind of case.

use super::common::*;
use bulkhead_risk::{health, liquidation, margin, pool};
use serde_json::Value;

/// Why a case does not come out as the oracle says.
pub(crate) enum Mismatch {
    Refused(RiskError),
    Differs(String),
}

impl From<RiskError> for Mismatch {
    fn from(error: RiskError) -> Self {
        Self::Refused(error)
    }
}

/// Outcome of one comparison.
pub(crate) type Checked = core::result::Result<(), Mismatch>;

/// Missing means zero; integers beyond 64 bits are strings.
pub(crate) fn integer(value: &Value, key: &str) -> i128 {
    match &value[key] {
        Value::Null => 0,
        Value::Bool(flag) => i128::from(*flag),
        Value::String(text) => text.parse().unwrap(),
        Value::Number(number) => number.as_i64().map(i128::from).unwrap_or_else(|| {
            i128::from(number.as_u64().unwrap_or_else(|| panic!("{key} is not an integer")))
        }),
        other => panic!("{key}: {other}"),
    }
}

fn number<T: TryFrom<i128>>(value: &Value, key: &str) -> T {
    T::try_from(integer(value, key)).unwrap_or_else(|_| panic!("{key} does not fit"))
}

macro_rules! fields {
    ($value:expr, $target:expr, plain: [$($plain:ident),* $(,)?], typed: [$($typed:ident: $kind:ident),* $(,)?]) => {
        $($target.$plain = number($value, stringify!($plain));)*
        $($target.$typed = $kind(number($value, stringify!($typed)));)*
    };
}

pub(crate) fn read_params(value: &Value) -> Params {
    let mut params = Params::default();
    fields!(value, params,
    plain: [
        base_decimals, quote_decimals, notional_divisor, stress_variance_e24, order_delay_secs,
        order_window_secs, borrow_kink_rate_e12, borrow_full_rate_e12, funding_velocity_max_e18,
        funding_rate_max_e12,
    ],
    typed: [
        margin_min_ppm: Ppm, margin_max_ppm: Ppm, initial_margin_min_ppm: Ppm, liquidation_fee_ppm: Ppm,
        trade_fee_ppm: Ppm, confidence_max_ppm: Ppm, utilisation_max_ppm: Ppm, pool_share_max_ppm: Ppm,
        depth_quote_atoms: QuoteAtoms, open_interest_cap_quote_atoms: QuoteAtoms,
        skew_cap_quote_atoms: QuoteAtoms, notional_min_quote_atoms: QuoteAtoms,
        chunk_min_quote_atoms: QuoteAtoms, borrow_kink_utilisation_ppm: Ppm,
        borrow_full_utilisation_ppm: Ppm, funding_skew_scale_quote_atoms: QuoteAtoms,
        impact_scale_quote_atoms: QuoteAtoms, keeper_floor_quote_atoms: QuoteAtoms,
        crank_fee_quote_atoms: QuoteAtoms,
    ]);
    params
}

fn read_side(value: &Value) -> SideLedger {
    let mut side = SideLedger::default();
    fields!(value, side,
        plain: [cost_e12, positions, funding_paid_e24, funding_received_e24],
        typed: [open_interest: BaseAtoms, reserved: QuoteAtoms, collateral: QuoteAtoms]);
    side
}

fn read_ledger(value: &Value) -> Ledger {
    let mut ledger =
        Ledger { long: read_side(&value["long"]), short: read_side(&value["short"]), ..Ledger::default() };
    fields!(value, ledger,
    plain: [borrow_index_e12, funding_rate_e18],
    typed: [
        pool: QuoteAtoms, shares: Shares, protocol_fees: QuoteAtoms, crank_budget: QuoteAtoms,
        insurance: QuoteAtoms, shortfall_total: QuoteAtoms, funding_due: QuoteAtoms,
        borrow_owed: QuoteAtoms, accrued_at: UnixSeconds, impact_reference: PriceE12,
    ]);
    ledger.insurance_outflow.taken = QuoteAtoms(number(value, "insurance_outflow_taken"));
    ledger.insurance_outflow.at = UnixSeconds(number(value, "insurance_outflow_at"));
    ledger
}

fn read_position(value: &Value) -> Position {
    let side = if value["side"] == "short" { Side::Short } else { Side::Long };
    let mut position = Position::pending(side, QuoteAtoms::ZERO);
    position.status = match value["status"].as_str() {
        Some("open") => PositionStatus::Open,
        Some("closed") => PositionStatus::Closed,
        _ => PositionStatus::Pending,
    };
    fields!(value, position,
    plain: [borrow_snapshot_e12, funding_paid_snapshot_e24, funding_received_snapshot_e24],
    typed: [
        size: BaseAtoms, entry: PriceE12, collateral: QuoteAtoms, collateral_counted: QuoteAtoms,
        owed_borrow: QuoteAtoms, owed_funding: QuoteAtoms, due: QuoteAtoms, reserved: QuoteAtoms,
        margin_ppm: Ppm, addon_ppm: Ppm, liquidation_fee_ppm: Ppm, margin_refreshed_at: UnixSeconds,
        opened_at: UnixSeconds, below_since: UnixSeconds,
    ]);
    position
}

fn read_sample(value: &Value) -> Sample {
    let mut sample = Sample::default();
    fields!(value, sample, plain: [],
        typed: [price: PriceE12, conf: PriceE12, ema: PriceE12, publish_time: UnixSeconds]);
    sample
}

fn read_market(params: Params, case: &Value) -> Market {
    let value = &case["market"];
    let mut market = Market { params, ledger: read_ledger(&case["ledger"]), ..Market::default() };
    market.status = match value["status"].as_str() {
        Some("reduce_only") => MarketStatus::ReduceOnly,
        Some("settled") => MarketStatus::Settled,
        _ => MarketStatus::Active,
    };
    fields!(value, market.oracle, plain: [],
        typed: [index: PriceE12, mark: PriceE12, conf_wide_since: UnixSeconds]);
    fields!(value, market.volatility, plain: [ramp_ppb], typed: [target_ppm: Ppm]);
    for row in value["extremes"].as_array().into_iter().flatten() {
        let time = UnixSeconds(row[0].as_i64().unwrap() * 14_400);
        for place in [1, 2] {
            market.extremes.note(PriceE12(row[place].as_u64().unwrap()), time).unwrap();
        }
    }
    market
}

/// What was, with what the oracle says has changed laid over it.
fn after(case: &Value, key: &str) -> Value {
    fn lay(below: &mut Value, above: &Value) {
        match above {
            Value::Object(fields) => {
                if !below.is_object() {
                    *below = Value::Object(serde_json::Map::new());
                }
                for (name, inner) in fields {
                    lay(&mut below[name.as_str()], inner);
                }
            }
            other => *below = other.clone(),
        }
    }
    let mut value = case[key].clone();
    lay(&mut value, &case["expect"][key]);
    value
}

fn same<T: PartialEq + core::fmt::Debug>(what: &str, ours: T, theirs: T) -> Checked {
    match ours == theirs {
        true => Ok(()),
        false => Err(Mismatch::Differs(format!("{what}\n ours   {ours:?}\n theirs {theirs:?}"))),
    }
}

fn same_state(case: &Value, position: &Position, ledger: &Ledger) -> Checked {
    same("position", *position, read_position(&after(case, "position")))?;
    same("ledger", *ledger, read_ledger(&after(case, "ledger")))
}

/// Named amounts against the numbers of the same name.
fn same_amounts(expect: &Value, amounts: &[(&str, u64)]) -> Checked {
    amounts.iter().try_for_each(|(name, ours)| same(name, i128::from(*ours), integer(expect, name)))
}

fn same_flow(expect: &Value, flow: &PoolFlow) -> Checked {
    same_amounts(expect, &[("to_pool", flow.to_pool.0), ("to_vault", flow.to_vault.0)])
}

fn same_closed(expect: &Value, ours: &ClosedPart) -> Checked {
    let theirs = &expect["closed"];
    same_amounts(
        theirs,
        &[
            ("size", ours.size.0),
            ("notional", ours.notional.0),
            ("price", ours.price.0),
            ("due", ours.due.0),
            ("payout", ours.payout.0),
            ("loss_paid", ours.loss_paid.0),
            ("owed_paid", ours.owed_paid.0),
            ("shortfall", ours.shortfall.0),
            ("reserved_released", ours.reserved_released.0),
            ("is_full", u64::from(ours.is_full)),
        ],
    )?;
    same("pnl", ours.pnl.0, integer(theirs, "pnl"))
}

/// Runs one case; what the crate refuses comes back as `Mismatch::Refused`.
pub(crate) fn run(kind: &str, params: Params, case: &Value) -> Checked {
    let market = read_market(params, case);
    let position = read_position(&case["position"]);
    let sample = read_sample(&case["sample"]);
    let now = UnixSeconds(number(case, "now"));
    let (args, expect) = (&case["args"], &case["expect"]);
    match kind {
        "value" => value(&market, &position, &sample, expect),
        "margin" => {
            let addon = margin::addon_ppm_ceil(&params, QuoteAtoms(number(args, "open_interest")))?;
            let initial = market.initial_ppm(addon, &sample)?;
            same_amounts(expect, &[("addon_ppm", addon.0.into()), ("initial_ppm", initial.0.into())])
        }
        "increase" | "decrease" | "remove" => owners_case(kind, case, &market, &position, &sample, now),
        "settle" => {
            let done = settle_capped(&market, &position, &sample)?;
            same_closed(expect, &done.closed)?;
            let amounts = [("trade_fee", done.trade_fee.0), ("settle_pay", done.keeper_pay.0)];
            same_amounts(expect, &amounts)?;
            same_flow(expect, &done.flow)?;
            same_state(case, &done.position, &done.ledger)
        }
        "liquidate" => liquidation_case(case, &market, &position, &sample, now),
        "deposit" => {
            let done = pool::deposit(&market, QuoteAtoms(number(args, "amount")))?;
            same_amounts(expect, &[("shares", done.shares.0), ("value_before", done.value_before.0)])?;
            same("ledger", done.ledger, read_ledger(&after(case, "ledger")))
        }
        "accrue" => {
            let mut ledger = market.ledger;
            ledger.accrue(&params, market.oracle.index, now)?;
            same_state(case, &position.accrued(&params, &ledger)?, &ledger)
        }
        "refresh" => {
            let refreshed = position.refreshed(&market, &sample, now)?;
            same("position", refreshed, read_position(&after(case, "position")))
        }
        other => panic!("unknown kind {other}"),
    }
}

/// What owners do: increase, decrease, remove collateral.
fn owners_case(
    kind: &str,
    case: &Value,
    market: &Market,
    position: &Position,
    sample: &Sample,
    now: UnixSeconds,
) -> Checked {
    let (args, expect) = (&case["args"], &case["expect"]);
    match kind {
        "increase" => {
            let args = IncreaseArgs {
                size: BaseAtoms(number(args, "size")),
                payout_cap_ppm: Ppm(number(args, "payout_cap_ppm")),
                acceptable: PriceE12(number(args, "acceptable")),
            };
            let done = increase(market, position, sample, &args, now)?;
            same_amounts(
                expect,
                &[
                    ("fill", done.fill.0),
                    ("notional", done.notional.0),
                    ("trade_fee", done.trade_fee.0),
                    ("owed_paid", done.owed_paid.0),
                    ("reserved_added", done.reserved_added.0),
                    ("initial_margin", done.initial_margin.0),
                ],
            )?;
            same_flow(expect, &done.flow)?;
            same_state(case, &done.position, &done.ledger)
        }
        "decrease" => {
            let args = DecreaseArgs {
                size: BaseAtoms(number(args, "size")),
                acceptable: PriceE12(number(args, "acceptable")),
            };
            let done = decrease(market, position, sample, &args, now)?;
            same_closed(expect, &done.closed)?;
            same_amounts(expect, &[("trade_fee", done.trade_fee.0)])?;
            same_flow(expect, &done.flow)?;
            same_state(case, &done.position, &done.ledger)
        }
        "remove" => {
            let done = remove_collateral(market, position, sample, QuoteAtoms(number(args, "amount")), now)?;
            same_amounts(
                expect,
                &[
                    ("removed", done.removed.0),
                    ("owed_paid", done.owed_paid.0),
                    ("required", done.required.0),
                ],
            )?;
            same_flow(expect, &done.flow)?;
            same_state(case, &done.position, &done.ledger)
        }
        other => panic!("unknown kind {other}"),
    }
}

fn value(market: &Market, position: &Position, sample: &Sample, expect: &Value) -> Checked {
    let valued = position.value(&market.params, sample.price)?;
    let required = position.maintenance_margin(valued.notional)?;
    let without_gains = position.equity_without_gains(&market.params, sample.price)?;
    same("notional", i128::from(valued.notional.0), integer(expect, "notional"))?;
    same("pnl", valued.pnl.0, integer(expect, "pnl"))?;
    same("gain", valued.gain.0, integer(expect, "gain"))?;
    same("equity", valued.equity.0, integer(expect, "equity"))?;
    same("health_ppm", i128::from(valued.health_ppm_floor()?), integer(expect, "health_ppm"))?;
    same("maintenance_margin", i128::from(required.0), integer(expect, "maintenance_margin"))?;
    same("equity_without_gains", without_gains.0, integer(expect, "equity_without_gains"))?;
    let why = liquidation::reason(position, &valued, required).map(|why| format!("{why:?}"));
    same("reason", why.as_deref(), expect["reason"].as_str())?;
    let price = health::liquidation_price(market, position)?;
    same("liquidation_price", i128::from(price.0), integer(expect, "liquidation_price"))
}

fn liquidation_case(
    case: &Value,
    market: &Market,
    position: &Position,
    sample: &Sample,
    now: UnixSeconds,
) -> Checked {
    let expect = &case["expect"];
    let frozen = Frozen { vault: false, insurance: integer(&case["args"], "insurance_frozen") != 0 };
    match liquidate(market, position, sample, frozen, now)? {
        Liquidation::Skipped { assessment, position } => {
            let why = format!("{:?}", assessment.readiness);
            same("skipped", Some(why.as_str()), expect["skipped"].as_str())?;
            same("position", position, read_position(&after(case, "position")))
        }
        Liquidation::Done(done) => {
            let why = format!("{:?}", done.reason);
            same("reason", Some(why.as_str()), expect["reason"].as_str())?;
            same_closed(expect, &done.closed)?;
            same_amounts(
                expect,
                &[
                    ("fee", done.fee.0),
                    ("keeper_pay", done.keeper_pay.0),
                    ("insurance_pay", done.insurance_pay.0),
                    ("to_keeper", done.insured.to_keeper.0),
                    ("shortfall_covered", done.insured.to_pool.0),
                    ("settle_pay", done.settle_pay.0),
                    ("trade_fee", done.trade_fee.0),
                ],
            )?;
            same_flow(expect, &done.flow)?;
            same_state(case, &done.position, &done.ledger)
        }
    }
}

/// The same walk as `path` in series.py: integers only, SplitMix64.
pub(crate) fn path(series: &Value) -> impl Iterator<Item = (i64, u64, u64)> {
    let mut rng = SplitMix64(number(series, "seed"));
    let (mut time, mut price): (i64, i128) = (number(series, "start"), integer(series, "price"));
    let mut ema = price;
    let mut out = vec![(time, price as u64, ema as u64)];
    for phase in series["phases"].as_array().unwrap() {
        let [count, gap_min, gap_max, amplitude, drift, jump_ppm, jump] =
            core::array::from_fn(|place| phase[place].as_i64().unwrap());
        for _ in 0..count {
            let gap = gap_min + rng.below((gap_max - gap_min + 1) as u64) as i64;
            time += gap;
            let mut change = drift;
            for _ in 0..3 {
                change += rng.below((2 * amplitude + 1) as u64) as i64 - amplitude;
            }
            if (rng.below(1_000_000) as i64) < jump_ppm {
                change += if rng.below(2) != 0 { jump } else { -jump };
            }
            price = (price * i128::from(1_000_000_000 + change)).div_euclid(1_000_000_000).max(1_000_000);
            ema = (ema * 5_194 + price * i128::from(gap)) / (5_194 + i128::from(gap));
            out.push((time, price as u64, ema as u64));
        }
    }
    out.into_iter()
}

struct SplitMix64(u64);

impl SplitMix64 {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}
