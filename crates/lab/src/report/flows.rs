//! Who paid whom, as flow charts and as tables: payer, what for, payee. Inline SVG, so that it stands without a
//! script, and no wider than a phone.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::html::escape;
use crate::flows::{Flow, Flows, Party, Payment};
use crate::record::RunRecord;
use crate::show::{grouped, quote};

/// In units of the drawing, which is shown about one pixel each.
const WIDTH: f64 = 400.0;
const FLOW_HEIGHT: f64 = 210.0;
const BAR_WIDTH: f64 = 9.0;
const LEFT_X: f64 = 92.0;
const RIGHT_X: f64 = WIDTH - LEFT_X - BAR_WIDTH;
const MIDDLE_X: f64 = (WIDTH - BAR_WIDTH) / 2.0;
const TOP: f64 = 20.0;
/// Least height of a bar with its two lines of text, and of a kind of payment with those above it.
const SIDE_SLOT: f64 = 34.0;
const MIDDLE_GAP: f64 = 32.0;
const SIDE_GAP: f64 = 8.0;
const THINNEST: f64 = 0.8;

struct Panel {
    title: &'static str,
    about: &'static str,
    /// With the colour of the style sheet that each has.
    payments: &'static [(Payment, &'static str)],
}

const PANELS: [Panel; 3] = [
    Panel {
        title: "In and out",
        about: "What came into the vaults, and what their owners took out of them.",
        payments: &[
            (Payment::CollateralIn, "teal"),
            (Payment::CollateralOut, "orange"),
            (Payment::PoolDeposit, "blue"),
        ],
    },
    Panel {
        title: "Gains and losses",
        about: "Realised, by the price alone: a loss as far as the collateral goes, a gain as far as was set aside.",
        payments: &[(Payment::PriceLoss, "red"), (Payment::PriceGain, "teal")],
    },
    Panel {
        title: "Everything else",
        about: "On a scale of its own. Funding meets in the pool, which keeps or adds the difference.",
        payments: &[
            (Payment::ImpactRebate, "teal"),
            (Payment::FundingReceived, "purple"),
            (Payment::FundingPaid, "purple"),
            (Payment::BorrowFee, "blue"),
            (Payment::ImpactCharge, "teal"),
            (Payment::TradeFee, "orange"),
            (Payment::LiquidationFine, "red"),
            (Payment::KeeperFloor, "grey"),
            (Payment::ShortfallCover, "grey"),
            (Payment::SettlePay, "grey"),
            (Payment::CrankPay, "grey"),
        ],
    },
];

/// The section of one run.
pub(super) fn section(run: &RunRecord) -> String {
    if run.flows.flows.is_empty() {
        return String::new();
    }
    let decimals = run.info.quote_decimals;
    let symbol = escape(&run.info.quote_symbol);
    let title = format!("Who paid whom, {}, {}", run.info.rates.label(), run.info.margin.label());
    let mut html = format!(
        "<section class=\"card flows\"><h2>{}</h2><p class=\"note\">All collateral that moved, in {symbol}: \
         payers on the left, payees on the right, what for between them. From the program's events; the tables \
         below hold the same numbers to the atom.</p><div class=\"panels\">",
        escape(&title)
    );
    for panel in &PANELS {
        let _ = write!(
            html,
            "<figure><h3>{}</h3><figcaption>{}</figcaption>{}</figure>",
            escape(panel.title),
            escape(panel.about),
            drawing(panel, &run.flows, decimals, &symbol),
        );
    }
    let _ = write!(
        html,
        "</div><details><summary>Every row of it, in {symbol} and atoms</summary><div class=\"columns\">{}{}</div></details></section>",
        rows(&run.flows, decimals, &symbol),
        ends(&run.flows, decimals, &symbol),
    );
    html
}

/// A bar of the drawing: where it begins, how high it is, and how much of it its bands have taken.
#[derive(Clone, Copy)]
struct Bar {
    top: f64,
    height: f64,
    taken: f64,
}

impl Bar {
    /// The middle of the next band of this height.
    fn take(&mut self, height: f64) -> f64 {
        let middle = self.top + self.taken + height / 2.0;
        self.taken += height;
        middle
    }
}

/// Bars of one column, from the top down, with how far down it reaches.
fn column<K: Ord + Copy>(sums: &[(K, u64)], scale: f64, slot: f64, gap: f64) -> (BTreeMap<K, Bar>, f64) {
    let mut bars = BTreeMap::new();
    let mut top = TOP;
    for (key, atoms) in sums {
        let height = (*atoms as f64 * scale).max(THINNEST);
        bars.insert(*key, Bar { top, height, taken: 0.0 });
        top += height.max(slot) + gap;
    }
    (bars, top - gap)
}

fn sums<K: PartialEq + Copy>(flows: &[Flow], order: &[K], key: fn(&Flow) -> K) -> Vec<(K, u64)> {
    let of = |wanted: &K| flows.iter().filter(|flow| key(flow) == *wanted).map(|flow| flow.atoms).sum();
    order.iter().map(|wanted| (*wanted, of(wanted))).filter(|(_, atoms)| *atoms > 0).collect()
}

/// Parties with what they paid or got, those first whose payments stand first: so that fewer bands cross.
fn by_rank(flows: &[Flow], order: &[Payment], party: fn(&Flow) -> Party) -> Vec<(Party, u64)> {
    let mut sums = sums(flows, &Party::ALL, party);
    let rank = |payment| order.iter().position(|it| *it == payment).unwrap_or(0) as f64;
    let mean = |wanted: Party, whole: u64| {
        let of_it = flows.iter().filter(|flow| party(flow) == wanted);
        of_it.map(|flow| rank(flow.payment) * flow.atoms as f64).sum::<f64>() / whole as f64
    };
    sums.sort_by(|a, b| mean(a.0, a.1).total_cmp(&mean(b.0, b.1)));
    sums
}

fn drawing(panel: &Panel, flows: &Flows, decimals: u8, symbol: &str) -> String {
    let order: Vec<_> = panel.payments.iter().map(|(payment, _)| *payment).collect();
    let mut shown: Vec<_> =
        flows.flows.iter().filter(|flow| order.contains(&flow.payment)).copied().collect();
    let total: u64 = shown.iter().map(|flow| flow.atoms).sum();
    if total == 0 {
        return "<p class=\"note\">Nothing was paid.</p>".to_owned();
    }
    let scale = FLOW_HEIGHT / total as f64;
    let payers = by_rank(&shown, &order, |flow| flow.from);
    let payees = by_rank(&shown, &order, |flow| flow.to);
    let kinds = sums(&shown, &order, |flow| flow.payment);
    let rank = |payment: Payment| order.iter().position(|it| *it == payment);
    let place_in = |side: &[(Party, u64)], party: Party| side.iter().position(|it| it.0 == party);
    shown.sort_by_key(|flow| (place_in(&payers, flow.from), rank(flow.payment), place_in(&payees, flow.to)));
    let (mut left, left_end) = column(&payers, scale, SIDE_SLOT, SIDE_GAP);
    let (mut right, right_end) = column(&payees, scale, SIDE_SLOT, SIDE_GAP);
    let (mut middle_in, middle_end) = column(&kinds, scale, 0.0, MIDDLE_GAP);
    let mut middle_out = middle_in.clone();
    let (mut bands, mut labels) = (String::new(), String::new());
    for flow in &shown {
        let height = flow.atoms as f64 * scale;
        let tone = panel.payments.iter().find(|(payment, _)| *payment == flow.payment).map_or("", |it| it.1);
        let ends = [left.get_mut(&flow.from), middle_in.get_mut(&flow.payment)];
        let [Some(from), Some(to)] = ends.map(|bar| bar.map(|bar| bar.take(height))) else { continue };
        let told = told(flow, decimals, symbol);
        band(&mut bands, (LEFT_X + BAR_WIDTH, from), (MIDDLE_X, to), height, tone, &told);
    }
    // On the right they leave in the order of payees, so that bands of one kind do not cross.
    shown.sort_by_key(|flow| (rank(flow.payment), place_in(&payees, flow.to), place_in(&payers, flow.from)));
    for flow in &shown {
        let height = flow.atoms as f64 * scale;
        let tone = panel.payments.iter().find(|(payment, _)| *payment == flow.payment).map_or("", |it| it.1);
        let ends = [middle_out.get_mut(&flow.payment), right.get_mut(&flow.to)];
        let [Some(from), Some(to)] = ends.map(|bar| bar.map(|bar| bar.take(height))) else { continue };
        let told = told(flow, decimals, symbol);
        band(&mut bands, (MIDDLE_X + BAR_WIDTH, from), (RIGHT_X, to), height, tone, &told);
    }
    for (party, atoms) in &payers {
        side_label(&mut labels, left.get(party), LEFT_X, "end", party.label(), &quote(*atoms, decimals));
    }
    for (party, atoms) in &payees {
        side_label(&mut labels, right.get(party), RIGHT_X, "start", party.label(), &quote(*atoms, decimals));
    }
    for (payment, atoms) in &kinds {
        let Some(bar) = middle_in.get(payment) else { continue };
        let x = MIDDLE_X + BAR_WIDTH / 2.0;
        rectangle(&mut labels, MIDDLE_X, bar);
        text(&mut labels, "name", x, bar.top - 16.0, "middle", payment.label());
        text(&mut labels, "sum", x, bar.top - 4.0, "middle", &quote(*atoms, decimals));
    }
    let height = left_end.max(right_end).max(middle_end) + 8.0;
    format!(
        "<svg viewBox=\"0 -8 {WIDTH} {:.1}\" role=\"img\" aria-label=\"{}: {}\">{bands}{labels}</svg>",
        height + 8.0,
        escape(panel.title),
        kinds
            .iter()
            .map(|(payment, atoms)| format!("{} {}", payment.label(), quote(*atoms, decimals)))
            .collect::<Vec<_>>()
            .join(", "),
    )
}

fn told(flow: &Flow, decimals: u8, symbol: &str) -> String {
    let (from, to, what) = (flow.from.label(), flow.to.label(), flow.payment.label());
    format!("{from} to {to}, {what}: {} {symbol}", quote(flow.atoms, decimals))
}

/// A ribbon of one height between the middles of two bars' parts, level at both ends.
fn band(html: &mut String, from: (f64, f64), to: (f64, f64), height: f64, tone: &str, told: &str) {
    let ((x0, y0), (x1, y1)) = (from, to);
    let (half, up) = ((x0 + x1) / 2.0, height.max(THINNEST) / 2.0);
    let (top0, top1, low0, low1) = (y0 - up, y1 - up, y0 + up, y1 + up);
    let _ = write!(
        html,
        "<path class=\"band\" style=\"fill:var(--{tone})\" d=\"M{x0:.1} {top0:.2}C{half:.1} {top0:.2} \
         {half:.1} {top1:.2} {x1:.1} {top1:.2}V{low1:.2}C{half:.1} {low1:.2} {half:.1} {low0:.2} \
         {x0:.1} {low0:.2}Z\"><title>{}</title></path>",
        escape(told),
    );
}

fn rectangle(html: &mut String, x: f64, bar: &Bar) {
    let _ = write!(
        html,
        "<rect x=\"{x:.1}\" y=\"{:.2}\" width=\"{BAR_WIDTH}\" height=\"{:.2}\"/>",
        bar.top,
        bar.height.max(THINNEST),
    );
}

fn side_label(html: &mut String, bar: Option<&Bar>, x: f64, anchor: &str, name: &str, sum: &str) {
    let Some(bar) = bar else { return };
    rectangle(html, x, bar);
    let beside = if anchor == "end" { x - 6.0 } else { x + BAR_WIDTH + 6.0 };
    let middle = bar.top + bar.height.max(SIDE_SLOT - SIDE_GAP) / 2.0;
    text(html, "name", beside, middle - 1.5, anchor, name);
    text(html, "sum", beside, middle + 10.5, anchor, sum);
}

fn text(html: &mut String, class: &str, x: f64, y: f64, anchor: &str, text: &str) {
    let text = escape(text);
    let _ = write!(
        html,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
    );
}

/// Every kind of payment with what it left each party with; each sums to zero.
fn rows(flows: &Flows, decimals: u8, symbol: &str) -> String {
    let mut html = head("What each payment left whom with", symbol);
    for payment in Payment::ALL {
        let row = flows.row(payment);
        if row.is_empty() {
            continue;
        }
        let _ = write!(
            html,
            "<tbody><tr class=\"kind\"><th scope=\"rowgroup\" colspan=\"3\">{}</th></tr>",
            payment.label()
        );
        for (party, atoms) in &row {
            line(&mut html, "", party.label(), *atoms, decimals);
        }
        line(&mut html, "sum", "sum", row.values().sum(), decimals);
        html.push_str("</tbody>");
    }
    html.push_str("</table></div></div>");
    html
}

/// Every party with all that it got and paid, against what its accounts hold.
fn ends(flows: &Flows, decimals: u8, symbol: &str) -> String {
    let mut html = head("All payments together, and what accounts hold", symbol);
    for held in &flows.held {
        let net = flows.net(held.party);
        let (before, after) = (i128::from(held.before_atoms), i128::from(held.after_atoms));
        if net == 0 && before == 0 && after == 0 {
            continue;
        }
        let _ = write!(
            html,
            "<tbody><tr class=\"kind\"><th scope=\"rowgroup\" colspan=\"3\">{}</th></tr>",
            held.party.label()
        );
        line(&mut html, "", "held before", before, decimals);
        line(&mut html, "", "got less paid", net, decimals);
        line(&mut html, "", "held after", after, decimals);
        line(&mut html, "sum", "not accounted for", after - before - net, decimals);
        html.push_str("</tbody>");
    }
    let in_vaults = i128::from(flows.in_vaults_atoms());
    html.push_str(
        "<tbody><tr class=\"kind\"><th scope=\"rowgroup\" colspan=\"3\">all vaults together</th></tr>",
    );
    line(&mut html, "", "deposits less withdrawals", flows.deposits_less_withdrawals(), decimals);
    line(&mut html, "", "tokens in them", in_vaults, decimals);
    let rest = in_vaults - flows.deposits_less_withdrawals();
    line(&mut html, "sum", "not accounted for", rest, decimals);
    html.push_str("</tbody></table></div></div>");
    html
}

fn head(caption: &str, symbol: &str) -> String {
    let caption = escape(caption);
    format!(
        "<div class=\"ledger\"><h3>{caption}</h3><div class=\"scroll\" tabindex=\"0\" role=\"region\" \
         aria-label=\"{caption}\"><table><caption>{caption}</caption><thead><tr><td></td>\
         <th scope=\"col\">{symbol}</th><th scope=\"col\">atoms</th></tr></thead>"
    )
}

fn line(html: &mut String, class: &str, label: &str, atoms: i128, decimals: u8) {
    let size = u64::try_from(atoms.unsigned_abs()).unwrap_or(u64::MAX);
    let sign = match atoms {
        0 => "",
        1.. => "+",
        _ => "-",
    };
    let _ = write!(
        html,
        "<tr class=\"{class}\"><th scope=\"row\">{}</th><td>{sign}{}</td><td>{sign}{}</td></tr>",
        escape(label),
        quote(size, decimals),
        grouped(size),
    );
}
