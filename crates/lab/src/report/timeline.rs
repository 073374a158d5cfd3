//! Thins the minutes of a run to what a screen can show, keeping every extreme of the price.

use crate::path::MINUTE_SECS;
use crate::record::{MinuteRow, RunRecord};

/// Above it, minutes are put together: three times the pixels of a wide chart.
const POINTS_MAX: usize = 2_200;

/// Points in time, the same for every chart of a report, so that one crosshair serves all.
pub(super) struct Timeline {
    /// Start of the last minute of each point.
    pub(super) ts_secs: Vec<i64>,
    /// The state at each point, with the range of the price since the point before; none where prices are
    /// missing.
    rows: Vec<Option<MinuteRow>>,
}

impl Timeline {
    pub(super) fn of(rows: &[MinuteRow]) -> Self {
        Self::thinned(rows, rows.len().div_ceil(POINTS_MAX).max(1))
    }

    fn thinned(rows: &[MinuteRow], minutes_per_point: usize) -> Self {
        let mut timeline = Self { ts_secs: vec![], rows: vec![] };
        let together_secs = minutes_per_point as i64 * MINUTE_SECS;
        for rows in rows.chunk_by(|before, after| after.ts_secs - before.ts_secs <= together_secs) {
            timeline.break_line();
            for point in rows.chunks(minutes_per_point) {
                timeline.push(point);
            }
        }
        timeline
    }

    /// An empty point after the last one, so that no line is drawn over minutes that nobody saw.
    fn break_line(&mut self) {
        if let Some(last_secs) = self.ts_secs.last().copied() {
            self.ts_secs.push(last_secs + MINUTE_SECS);
            self.rows.push(None);
        }
    }

    fn push(&mut self, point: &[MinuteRow]) {
        let Some(last) = point.last() else { return };
        let price_low_e8 = point.iter().map(|row| row.price_low_e8).min().unwrap_or(last.price_low_e8);
        let price_high_e8 = point.iter().map(|row| row.price_high_e8).max().unwrap_or(last.price_high_e8);
        self.ts_secs.push(last.ts_secs);
        self.rows.push(Some(MinuteRow { price_low_e8, price_high_e8, ..last.clone() }));
    }

    /// A column of the run that the timeline was made of.
    pub(super) fn column(&self, value: impl Fn(&MinuteRow) -> f64) -> Vec<Option<f64>> {
        self.rows.iter().map(|row| row.as_ref().map(&value)).collect()
    }

    /// A column of another run at the same points in time; empty where it has no such minute.
    pub(super) fn column_of(&self, run: &RunRecord, value: impl Fn(&MinuteRow) -> f64) -> Vec<Option<f64>> {
        let row_at = |ts: &i64| {
            let index = run.rows.binary_search_by_key(ts, |row| row.ts_secs).ok()?;
            run.rows.get(index).map(&value)
        };
        self.ts_secs.iter().zip(&self.rows).map(|(ts, row)| row.as_ref().and_then(|_| row_at(ts))).collect()
    }

    /// Running total, at each point, of what `amount` gives for the events up to the end of its minute.
    pub(super) fn running_total<E>(
        &self,
        events: &[E],
        ts_secs: impl Fn(&E) -> i64,
        amount: impl Fn(&E) -> f64,
    ) -> Vec<Option<f64>> {
        let (mut next, mut total) = (0, 0.0);
        let mut total_until = |end_secs: i64| {
            while let Some(event) = events.get(next).filter(|event| ts_secs(event) < end_secs) {
                total += amount(event);
                next += 1;
            }
            total
        };
        self.ts_secs.iter().map(|ts| Some(total_until(ts + MINUTE_SECS))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(minute: i64, low: u64, high: u64) -> MinuteRow {
        let price_e8 = low.midpoint(high);
        MinuteRow {
            ts_secs: minute * 60,
            price_e8,
            price_low_e8: low,
            price_high_e8: high,
            ..Default::default()
        }
    }

    #[test]
    fn thinning_keeps_extremes_and_the_last_state() {
        let rows = [row(0, 5, 7), row(1, 1, 6), row(2, 4, 9), row(3, 5, 5)];
        let timeline = Timeline::thinned(&rows, 3);
        assert_eq!(timeline.ts_secs, [120, 180]);
        assert_eq!(timeline.column(|row| row.price_low_e8 as f64), [Some(1.0), Some(5.0)]);
        assert_eq!(timeline.column(|row| row.price_high_e8 as f64), [Some(9.0), Some(5.0)]);
        assert_eq!(timeline.column(|row| row.price_e8 as f64), [Some(6.0), Some(5.0)]);
    }

    #[test]
    fn thinning_leaves_short_runs_alone_and_bounds_long_ones() {
        let rows: Vec<_> = (0..20_000).map(|minute| row(minute, 1, 2)).collect();
        assert_eq!(Timeline::of(&rows[..POINTS_MAX]).ts_secs.len(), POINTS_MAX);
        let timeline = Timeline::of(&rows);
        assert!((POINTS_MAX / 2..=POINTS_MAX).contains(&timeline.ts_secs.len()));
        assert_eq!(timeline.ts_secs.last(), Some(&(19_999 * 60)));
    }

    #[test]
    fn missing_minutes_break_the_line() {
        let timeline = Timeline::of(&[row(0, 1, 1), row(1, 1, 1), row(5, 2, 2)]);
        assert_eq!(timeline.ts_secs, [0, 60, 120, 300]);
        assert_eq!(timeline.column(|row| row.price_e8 as f64), [Some(1.0), Some(1.0), None, Some(2.0)]);
    }

    #[test]
    fn another_run_is_aligned_by_time() {
        let timeline = Timeline::of(&[row(0, 1, 1), row(1, 1, 1)]);
        let mut other = crate::summary::fixture::record();
        other.rows = vec![row(1, 8, 8), row(2, 9, 9)];
        assert_eq!(timeline.column_of(&other, |row| row.price_e8 as f64), [None, Some(8.0)]);
    }

    #[test]
    fn running_total_counts_events_up_to_the_end_of_the_minute() {
        let timeline = Timeline::of(&[row(0, 1, 1), row(1, 1, 1), row(2, 1, 1)]);
        let totals =
            timeline.running_total(&[(59, 1.0), (60, 2.0), (500, 4.0)], |event| event.0, |event| event.1);
        assert_eq!(totals, [Some(1.0), Some(3.0), Some(3.0)]);
    }
}
