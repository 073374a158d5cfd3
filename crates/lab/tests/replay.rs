//! A short crash through the compiled program, at live rates and at rates of zero: the promises, counted, and the
//! money, followed.

use bulkhead_lab::flows::{Party, Payment};
use bulkhead_lab::path::synthetic::DEFAULT_SEED;
use bulkhead_lab::record::{MarginMode, Rates, RunRecord};
use bulkhead_lab::report;
use bulkhead_lab::runner::replay_short;

fn without_time(mut record: RunRecord) -> String {
    record.info.elapsed_secs = 0;
    serde_json::to_string(&record).unwrap()
}

#[test]
fn a_crash_breaks_no_promise() {
    for rates in [Rates::Live, Rates::Zero] {
        let record = replay_short(DEFAULT_SEED, MarginMode::VolatilityScaled, rates).unwrap();
        let summary = &record.summary;
        assert!(summary.promises_hold(), "{rates:?}: {:#?}", summary.checks());
        assert_eq!(summary.liquidations.made_by_refresh, 0, "{rates:?}");
        assert_eq!(summary.liquidations.not_below_opening, 0, "{rates:?}");
        assert_eq!(summary.transactions.failed, 0, "{rates:?}: {:?}", summary.transactions.failures);
        assert!(summary.opened_long >= 10 && summary.opened_short >= 10, "{rates:?}: {summary:#?}");
        assert!(summary.liquidations.forced() > 0, "{rates:?}: {summary:#?}");
        assert!(summary.liquidations.payout_capped > 0, "{rates:?}: {summary:#?}");
        assert!(summary.refreshes > 0 && summary.flags > 0 && summary.orders_executed > 20);
        assert_eq!(summary.promises.book_checks, 600);
        assert_eq!(record.rows.len(), 600);
        // Insurance never pays what it did not take in, nor more than was lost.
        assert!(summary.shortfall.insured_atoms <= summary.shortfall.amount_atoms, "{rates:?}");
        let paid_in = record.flows.total(Payment::LiquidationFine);
        assert!(summary.shortfall.insured_atoms <= paid_in, "{rates:?}");
    }
}

/// Every kind of payment of a live market happens, and none of a market whose rates are zero.
#[test]
fn money_is_followed_to_the_atom() {
    let live = replay_short(DEFAULT_SEED, MarginMode::VolatilityScaled, Rates::Live).unwrap();
    let zero = replay_short(DEFAULT_SEED, MarginMode::VolatilityScaled, Rates::Zero).unwrap();
    for record in [&live, &zero] {
        let flows = &record.flows;
        for payment in Payment::ALL {
            assert_eq!(flows.row(payment).values().sum::<i128>(), 0, "{payment:?}");
        }
        for held in &flows.held {
            let more = i128::from(held.after_atoms) - i128::from(held.before_atoms);
            assert_eq!(flows.net(held.party), more, "{:?}", held.party);
        }
        // Tokens in all vaults are deposits less withdrawals, and the rows of the report say the same.
        assert_eq!(flows.deposits_less_withdrawals(), i128::from(flows.in_vaults_atoms()));
        let last = record.rows.last().unwrap();
        let in_vaults = last.vault_tokens_sum_atoms + last.pool_balance_atoms + last.insurance_balance_atoms;
        assert_eq!(flows.in_vaults_atoms(), in_vaults);
        assert_eq!(flows.held.iter().map(|held| held.after_atoms).sum::<u64>(), flows.supply_atoms);
        assert_eq!(flows.difference_atoms(), 0);
    }
    let by_rates = [
        Payment::ImpactCharge,
        Payment::ImpactRebate,
        Payment::TradeFee,
        Payment::BorrowFee,
        Payment::FundingPaid,
        Payment::FundingReceived,
        Payment::SettlePay,
        Payment::CrankPay,
    ];
    for payment in by_rates {
        assert!(live.flows.total(payment) > 0, "{payment:?} never happens");
        assert_eq!(zero.flows.total(payment), 0, "{payment:?}");
    }
    for payment in [Payment::PriceLoss, Payment::PriceGain, Payment::LiquidationFine, Payment::CollateralOut]
    {
        assert!(live.flows.total(payment) > 0 && zero.flows.total(payment) > 0, "{payment:?}");
    }
    // Of what was owed in funding by one side the other got its part, and the pool the rest.
    let funding = |party| live.flows.row(Payment::FundingPaid).get(&party).copied().unwrap_or(0);
    assert!(funding(Party::Pool) > 0);
}

/// What the report shows of the money, read back out of it.
#[test]
fn the_reports_rows_sum_to_zero() {
    let record = replay_short(DEFAULT_SEED, MarginMode::VolatilityScaled, Rates::Live).unwrap();
    let html = report::render(&record, None);
    assert_eq!(html.matches("<svg viewBox=").count(), 3);
    let (_, section) = html.split_once("What each payment left whom with</h3>").unwrap();
    let (payments, _) = section.split_once("</table>").unwrap();
    let bodies: Vec<_> = payments.split("<tbody>").skip(1).collect();
    let shown = Payment::ALL.iter().filter(|payment| record.flows.total(**payment) > 0).count();
    assert_eq!(bodies.len(), shown);
    let mut total = 0;
    for body in bodies {
        // Atoms stand in the last cell of each line, the sum in the last line.
        let cells = body.split("</tr>").filter_map(|line| {
            let (_, cell) = line.rsplit_once("<td>")?;
            cell.strip_suffix("</td>")?.replace([',', '+'], "").parse::<i128>().ok()
        });
        let cells: Vec<_> = cells.collect();
        let (sum, lines) = cells.split_last().unwrap();
        assert!(lines.len() >= 2, "{body}");
        assert_eq!((*sum, lines.iter().sum::<i128>()), (0, 0), "{body}");
        total += lines.iter().filter(|atoms| **atoms > 0).sum::<i128>();
    }
    assert!(total > i128::from(record.flows.total(Payment::PoolDeposit)));
}

#[test]
fn the_same_seed_gives_the_same_record() {
    let fixed = |seed| replay_short(seed, MarginMode::Static { margin_ppm: 60_000 }, Rates::Live).unwrap();
    let record = without_time(fixed(7));
    assert_eq!(record, without_time(fixed(7)));
    let other = fixed(8);
    assert!(other.rows.iter().all(|row| row.m_ramp_ppm == 60_000));
    assert_ne!(record, without_time(other));
}
