//! Random numbers that are the same everywhere: what a seed found once, it finds again.

/// SplitMix64, behind what somebody else has chosen.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    /// Bytes that stand for the first draws, the next one last.
    chosen: Vec<u8>,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, chosen: Vec::new() }
    }

    /// Draws what these bytes say, one byte or as many as the range takes for each draw. The last two bytes seed
    /// whatever is drawn beyond, so that a change of one choice leaves the others as they are.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let (choices, seed) = bytes.split_at(bytes.len().saturating_sub(2));
        let state = seed.iter().fold(0, |state, byte| state << 8 | u64::from(*byte));
        Self { state, chosen: choices.iter().rev().copied().collect() }
    }

    /// The generator of one case of a run, so that a case can be repeated without those before it.
    pub fn of_case(seed: u64, case: u64) -> Self {
        let mut mixed = Self::new(seed ^ case.wrapping_mul(0xd1b5_4a32_d192_ed03));
        mixed.bits();
        mixed
    }

    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both included.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "{low}..={high} is empty");
        let span = u128::from(high - low) + 1;
        let (drawn, bits) = self.chosen(high - low).unwrap_or_else(|| (self.bits(), 64));
        low + ((u128::from(drawn) * span) >> bits) as u64
    }

    /// The next of the chosen bytes, as many as it takes to tell this many values apart, and their bits.
    fn chosen(&mut self, most: u64) -> Option<(u64, u32)> {
        let bytes = (u64::BITS - most.leading_zeros()).div_ceil(8).max(1);
        let rest = self.chosen.len().checked_sub(bytes as usize)?;
        let drawn = self.chosen.drain(rest..).fold(0, |drawn, byte| drawn << 8 | u64::from(byte));
        Some((drawn, 8 * bytes))
    }

    /// The same for times and other signed numbers.
    pub fn range_i64(&mut self, low: i64, high: i64) -> i64 {
        low + self.range(0, (high - low) as u64) as i64
    }

    /// The same in 32 bits.
    pub fn range_u32(&mut self, low: u32, high: u32) -> u32 {
        self.range(u64::from(low), u64::from(high)) as u32
    }

    /// From `low` to `high`, every magnitude as likely as every other.
    pub fn magnitude(&mut self, low: u64, high: u64) -> u64 {
        let (least, most) = (low.max(1).ilog2(), high.max(1).ilog2());
        let bits = self.range(u64::from(least), u64::from(most)) as u32;
        let value = (1_u64 << bits) | (self.bits() & ((1_u64 << bits) - 1));
        value.clamp(low, high)
    }

    /// The same in 128 bits.
    pub fn magnitude_u128(&mut self, low: u128, high: u128) -> u128 {
        let (least, most) = (low.max(1).ilog2(), high.max(1).ilog2());
        let bits = self.range(u64::from(least), u64::from(most)) as u32;
        let raw = (u128::from(self.bits()) << 64) | u128::from(self.bits());
        ((1_u128 << bits) | (raw & ((1_u128 << bits) - 1))).clamp(low, high)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.range(0, 99) < percent
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.range(0, from.len() as u64 - 1) as usize]
    }
}

/// A number out of the environment, for longer runs of the same test.
pub fn from_environment(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")),
        Err(_) => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_bytes_ok_draws_what_they_say_and_then_by_the_seed() {
        let draws = |bytes: &[u8]| {
            let mut random = Random::of_bytes(bytes);
            (random.range(0, 255), random.range(0, 999), random.range(5, 14), random.bits())
        };
        let (byte, of_two, of_one, beyond) = draws(&[7, 0x00, 0x80, 0xff, 1, 2]);
        assert_eq!((byte, of_two, of_one), (7, 500, 14));
        assert_eq!(beyond, Random::new(0x0102).bits());
        assert_eq!(draws(&[8, 0x00, 0x80, 0xff, 1, 2]).3, beyond);
        assert_ne!(draws(&[7, 0x00, 0x80, 0xff, 1, 3]).3, beyond);
        assert_eq!(Random::of_bytes(&[]).bits(), Random::new(0).bits());
    }
}
