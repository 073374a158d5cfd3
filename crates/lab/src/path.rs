//! Price paths: minute bars with exact integer prices, from a file or the built-in crash.
//!
//! Prices are kept as `price_e8` (USD per whole base unit, times 10^8) so that what the replay posts to the
//! program is the number in the file, digit for digit.

pub mod decimal;
pub mod error;
pub mod expand;
pub mod instant;
pub mod load;
pub mod synthetic;

pub use error::{PathError, RowProblem};
pub use expand::{ConfidenceModel, Expansion, PathSample};

/// One minute of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinuteBar {
    /// Start of the minute, Unix seconds, a multiple of 60.
    pub ts_secs: i64,
    pub open_e8: u64,
    pub high_e8: u64,
    pub low_e8: u64,
    pub close_e8: u64,
    /// Base units times 10^8. Shown, never computed with.
    pub volume_e8: u64,
}

/// Minutes that the source does not have. During them the replay posts nothing, as an oracle that stops does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Start of the first missing minute.
    pub from_secs: i64,
    /// Start of the minute where the path goes on.
    pub to_secs: i64,
}

impl Gap {
    pub fn minutes(&self) -> i64 {
        (self.to_secs - self.from_secs) / MINUTE_SECS
    }
}

pub const MINUTE_SECS: i64 = 60;

/// Minute bars in strictly rising order of time; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricePath {
    name: String,
    bars: Vec<MinuteBar>,
}

impl PricePath {
    /// Takes bars that the caller has validated (loader) or built in order (synthetic path).
    fn new(name: String, bars: Vec<MinuteBar>) -> Result<Self, PathError> {
        if bars.is_empty() {
            return Err(PathError::Empty);
        }
        Ok(Self { name, bars })
    }

    /// What to call the path in a report: a file name without its folders, or the name of the built-in path.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn bars(&self) -> &[MinuteBar] {
        &self.bars
    }

    pub fn from_secs(&self) -> i64 {
        self.bars.first().map_or(0, |bar| bar.ts_secs)
    }

    /// End of the last minute, exclusive.
    pub fn to_secs(&self) -> i64 {
        self.bars.last().map_or(0, |bar| bar.ts_secs + MINUTE_SECS)
    }

    pub fn gaps(&self) -> Vec<Gap> {
        self.bars
            .windows(2)
            .map(|pair| Gap { from_secs: pair[0].ts_secs + MINUTE_SECS, to_secs: pair[1].ts_secs })
            .filter(|gap| gap.to_secs > gap.from_secs)
            .collect()
    }

    /// The part with `from <= ts < to`; a bound that is not given does not cut.
    pub fn slice(&self, from_secs: Option<i64>, to_secs: Option<i64>) -> Result<Self, PathError> {
        let from = from_secs.unwrap_or(i64::MIN);
        let to = to_secs.unwrap_or(i64::MAX);
        let inside = |bar: &&MinuteBar| bar.ts_secs >= from && bar.ts_secs < to;
        let bars: Vec<_> = self.bars.iter().filter(inside).copied().collect();
        if bars.is_empty() {
            return Err(PathError::EmptyWindow {
                path_from_secs: self.from_secs(),
                path_to_secs: self.to_secs(),
                from_secs,
                to_secs,
            });
        }
        Ok(Self { name: self.name.clone(), bars })
    }

    /// The same minutes with every price as `map` makes it of the old one; it must not turn their order round.
    pub fn mapped(&self, name: &str, map: impl Fn(u64) -> u64) -> Self {
        let bar = |bar: &MinuteBar| MinuteBar {
            open_e8: map(bar.open_e8),
            high_e8: map(bar.high_e8),
            low_e8: map(bar.low_e8),
            close_e8: map(bar.close_e8),
            ..*bar
        };
        Self { name: name.to_owned(), bars: self.bars.iter().map(bar).collect() }
    }

    /// FNV-1a over every field of every bar: two runs with the same fingerprint replayed the same prices.
    pub fn fingerprint(&self) -> u64 {
        const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let fields = self.bars.iter().flat_map(|bar| {
            [bar.ts_secs as u64, bar.open_e8, bar.high_e8, bar.low_e8, bar.close_e8, bar.volume_e8]
        });
        fields
            .flat_map(u64::to_le_bytes)
            .fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(minute: i64) -> MinuteBar {
        MinuteBar { ts_secs: minute * 60, open_e8: 10, high_e8: 12, low_e8: 9, close_e8: 11, volume_e8: 1 }
    }

    fn path(minutes: &[i64]) -> PricePath {
        PricePath::new("test".into(), minutes.iter().map(|&minute| bar(minute)).collect()).unwrap()
    }

    #[test]
    fn gaps_are_the_missing_minutes() {
        let path = path(&[0, 1, 4, 5, 7]);
        let gaps = path.gaps();
        assert_eq!(gaps, [Gap { from_secs: 120, to_secs: 240 }, Gap { from_secs: 360, to_secs: 420 }]);
        assert_eq!(gaps.iter().map(Gap::minutes).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn slice_takes_from_and_leaves_to() {
        let whole = path(&[0, 1, 2, 3]);
        let cut = whole.slice(Some(60), Some(180)).unwrap();
        assert_eq!(cut.bars().iter().map(|bar| bar.ts_secs).collect::<Vec<_>>(), [60, 120]);
        assert_eq!((cut.from_secs(), cut.to_secs()), (60, 180));
        assert_eq!(whole.slice(None, None).unwrap(), whole);
    }

    #[test]
    fn slice_fails_outside_the_path_and_says_what_there_is() {
        let error = path(&[0, 1]).slice(Some(86_400), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no bar between 1970-01-02 00:00:00 and the end: the path runs from 1970-01-01 00:00:00 to \
             1970-01-01 00:02:00 UTC"
        );
    }

    #[test]
    fn fingerprint_sees_every_field() {
        let base = path(&[0, 1]);
        let mut other = base.clone();
        other.bars[1].volume_e8 += 1;
        assert_ne!(base.fingerprint(), other.fingerprint());
    }
}
