//! What is exported, shown (grafana/bulkhead-keeper.json), watched (grafana/alerts.yml) and explained
//! (docs/keeper.md) are the same metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anchor_lang::{Discriminator, Event};
use base64::Engine;
use bulkhead::constants::MARKET_VERSION;
use bulkhead::events::CrankPaid;
use bulkhead::state::Market;
use bulkhead_client::accounts::{self, Account, AnyAccount};
use bulkhead_client::rpc::Cause;
use serde_json::Value;
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_signer::Signer;

use super::*;
use crate::config::{Send, Stagger};
use crate::state::Update;
use crate::table::Turns;

const DASHBOARD: &str = include_str!("../../grafana/bulkhead-keeper.json");
const ALERTS: &str = include_str!("../../grafana/alerts.yml");
const MANUAL: &str = include_str!("../../../../docs/keeper.md");
const PREFIX: &str = "bulkhead_keeper_";
/// Labels that Prometheus adds, and that of a histogram's buckets.
const SCRAPED: [&str; 3] = ["instance", "job", "le"];

/// Name of a metric, and its labels. A histogram's name is without `_bucket`, `_sum` and `_count`.
type Exported = BTreeMap<String, BTreeSet<String>>;

fn failure() -> TxFailure {
    TxFailure {
        cause: Cause::LamportsShort,
        instruction: None,
        program: None,
        error: solana_transaction_error::TransactionError::AccountNotFound,
        logs: Vec::new(),
        signature: None,
    }
}

/// A transaction that was paid a crank fee, and whose logs were cut off.
fn cranked(keeper: Pubkey) -> PastTransaction {
    let event = CrankPaid { market: keeper, keeper_account: keeper, amount_atoms: 5 };
    let id = bulkhead_client::ID;
    let data = base64::engine::general_purpose::STANDARD.encode(event.data());
    let logs = [
        format!("Program {id} invoke [1]"),
        format!("Program data: {data}"),
        format!("Program {id} success"),
        "Log truncated".into(),
    ];
    PastTransaction {
        signature: Signature::default(),
        slot: 1,
        block_time: None,
        failure: None,
        logs: logs.into(),
        fee_lamports: 5_000,
        units: None,
        lamports: vec![(keeper, 100_000, 97_000)],
    }
}

/// A market without positions, whose oracle was never read.
fn market() -> Market {
    let mut bytes = vec![0; Market::LEN];
    bytes[..8].copy_from_slice(Market::DISCRIMINATOR);
    bytes[8] = MARKET_VERSION;
    accounts::decode(&bytes).unwrap()
}

/// Everything that the keeper can tell, told once.
fn tell_all() {
    let keeper = Keypair::new().pubkey();
    let error = || SendError::Expired { blockhashes: 1, signatures: Vec::new() };
    planned(Duty::Flag, 1);
    unprofitable(Duty::Flag);
    sent(Duty::Flag, 2);
    late(Duty::Flag, 1);
    refused(Duty::Flag, &failure());
    failed(Duty::Flag, &error());
    node_error(&NodeError::RateLimited);
    landing_time(Duty::Flag, Duration::from_secs(1));
    balance(1);
    ready(true);
    feed_lost("silence");
    feed_resumed();
    snapshot(Duration::from_secs(1));
    counted(Duty::Flag, 2);
    bundle(Duty::Liquidate, BundleEnd::Landed);
    tipped(1_000);
    hermes_update(Some(1));
    hermes_error(&HermesError::Answer(String::new()));
    push("price", true);
    verify_time(Duration::from_secs(1));
    past(&cranked(keeper), &keeper, 1_000);
    let mut known = State::default();
    let account = Some(AnyAccount::Market(Box::new(market())));
    let _ = known.apply(Update::Account { key: keeper, slot: 1, account });
    let table = Table::new(Turns::new(keeper, &Stagger::default()), &Send::default());
    state(&known, &table, UnixSeconds(0));
}

fn scrape() -> String {
    let recorder = PrometheusBuilder::new().set_buckets(&SECONDS).unwrap().build_recorder();
    metrics::with_local_recorder(&recorder, tell_all);
    recorder.handle().render()
}

fn exported() -> Exported {
    let text = scrape();
    let histograms: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" histogram"))
        .map(str::to_owned)
        .collect();
    let mut found = Exported::new();
    for (name, labels) in text.lines().filter(|line| !line.starts_with('#')).flat_map(uses) {
        found.entry(base(&name, |name| histograms.contains(name))).or_default().extend(labels);
    }
    found
}

/// The histogram that a series belongs to, else its own name.
fn base(name: &str, is_histogram: impl Fn(&str) -> bool) -> String {
    let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|suffix| name.strip_suffix(suffix));
    parts.into_iter().find(|name| is_histogram(name)).unwrap_or(name).to_owned()
}

/// The keeper's metrics in a line or an expression, each with the labels that it is matched by there.
fn uses(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let end_of =
        |text: &str| text.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(text.len());
    let one = |(at, _): (usize, &str)| {
        let rest = &text[at..];
        let (name, rest) = rest.split_at(end_of(rest));
        let matchers =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |parts| parts.0);
        let label = |matcher: &str| {
            let matcher = matcher.trim();
            (!matcher.is_empty()).then(|| matcher[..end_of(matcher)].to_owned())
        };
        (name.to_owned(), matchers.split(',').filter_map(label).collect())
    };
    text.match_indices(PREFIX).map(one).collect()
}

/// What stands in `by (...)` and `on (...)`.
fn groups(expression: &str) -> BTreeSet<String> {
    let after = ["by (", "on ("].into_iter().flat_map(|word| expression.split(word).skip(1));
    let lists = after.filter_map(|rest| rest.split_once(')'));
    lists.flat_map(|(list, _)| list.split(',')).map(|label| label.trim().to_owned()).collect()
}

/// The metrics of an expression, or which of them, or which label, is not exported.
fn check(expression: &str, exported: &Exported) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    let mut known: BTreeSet<String> = SCRAPED.map(str::to_owned).into();
    // Only a histogram's series have the label `le`.
    let is_histogram = |name: &str| exported.get(name).is_some_and(|labels| labels.contains("le"));
    for (name, labels) in uses(expression) {
        let name = base(&name, is_histogram);
        let own = exported.get(&name).ok_or(format!("{name} is not exported: {expression}"))?;
        known.extend(own.iter().cloned());
        if let Some(label) = labels.iter().find(|label| !own.contains(*label) && *label != "instance") {
            return Err(format!("{name} has no {label}: {expression}"));
        }
        names.insert(name);
    }
    match groups(expression).into_iter().find(|label| !known.contains(label)) {
        Some(label) => Err(format!("nothing has {label}: {expression}")),
        None => Ok(names),
    }
}

/// Every value of `key` anywhere in a document.
fn all<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| {
                let own = if name == key { value.as_str() } else { None };
                own.into_iter().chain(all(value, key)).collect::<Vec<_>>()
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(|value| all(value, key)).collect(),
        _ => Vec::new(),
    }
}

/// Every metric that a source file of the keeper names, this file left out.
fn named(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(named(&path));
        } else if !path.ends_with("telemetry/tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let quoted = text.split('"').skip(1);
            names.extend(quoted.filter(|text| text.starts_with(PREFIX)).map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_metric_of_the_sources_is_scraped_here() {
    let sources = named(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert_eq!(exported().into_keys().collect::<BTreeSet<_>>(), sources);
}

#[test]
fn a_payment_is_counted_beside_the_fee() {
    let text = scrape();
    let has = |line: &str| assert!(text.contains(line), "{line} in\n{text}");
    // 3,000 less after a fee of 5,000 and a tip of 1,000.
    has("bulkhead_keeper_earned_lamports_total 3000\n");
    has("bulkhead_keeper_earned_quote_atoms_total 5\n");
    has("bulkhead_keeper_events_total{event=\"CrankPaid\"} 1\n");
    has("bulkhead_keeper_logs_truncated_total 1\n");
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let (exported, dashboard) = (exported(), serde_json::from_str::<Value>(DASHBOARD).unwrap());
    let expressions = all(&dashboard, "expr");
    let shown: BTreeSet<_> = expressions.iter().flat_map(|text| check(text, &exported).unwrap()).collect();
    assert_eq!(shown, exported.keys().cloned().collect());
    let variables = all(&dashboard["templating"], "name");
    assert!(variables.contains(&"datasource"), "{variables:?}");
    for uid in all(&dashboard["panels"], "uid") {
        assert_eq!(uid, "${datasource}");
    }
    let ids: Vec<_> = dashboard["panels"].as_array().unwrap().iter().map(|panel| &panel["id"]).collect();
    assert!(ids.iter().enumerate().all(|(place, id)| !ids[..place].contains(id)), "an id is twice there");
    for query in all(&dashboard["templating"], "query") {
        check(query, &exported).unwrap();
    }
}

#[test]
fn every_alert_watches_what_is_exported_and_has_its_row_in_the_runbook() {
    let exported = exported();
    let rules: Value = serde_yaml_ng::from_str(ALERTS).unwrap();
    let alerts = rules["groups"][0]["rules"].as_array().unwrap();
    assert!(!alerts.is_empty());
    for alert in alerts {
        let name = alert["alert"].as_str().unwrap();
        let expression = alert["expr"].as_str().unwrap();
        let watched = check(expression, &exported).unwrap();
        assert!(!watched.is_empty() || expression.contains("up{job=\"bulkhead-keeper\"}"), "{name}");
        let anchor = alert["annotations"]["runbook_url"].as_str().unwrap().strip_prefix("docs/keeper.md#");
        let row = format!("| <a id=\"{}\"></a>", anchor.unwrap());
        let row = MANUAL.lines().find(|line| line.starts_with(&row));
        assert!(row.is_some_and(|row| row.contains(name)), "{name} has no row in the runbook");
        assert!(alert["labels"]["severity"].is_string(), "{name} has no severity");
    }
}

#[test]
fn every_metric_is_explained_in_the_manual() {
    let table = MANUAL.split("\n## ").find(|part| part.starts_with("Metrics\n")).unwrap();
    let mut explained = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split(" | ").next().unwrap();
        let names = cell.split('`').skip(1).step_by(2);
        explained.extend(names.map(|name| format!("{PREFIX}{name}")));
    }
    assert_eq!(explained, exported().into_keys().collect());
}

#[test]
fn a_metric_or_label_that_is_not_exported_is_found() {
    let exported = exported();
    let fails = |expression| assert!(check(expression, &exported).is_err(), "{expression}");
    fails("bulkhead_keeper_nothing > 0");
    fails("bulkhead_keeper_planned{market=\"0\"} > 0");
    fails("sum by (market) (bulkhead_keeper_planned)");
    fails("bulkhead_keeper_planned_bucket");
    let histogram =
        "histogram_quantile(0.5, sum by (le, duty) (rate(bulkhead_keeper_landing_seconds_bucket[5m])))";
    assert_eq!(check(histogram, &exported).unwrap(), ["bulkhead_keeper_landing_seconds".to_owned()].into());
}
