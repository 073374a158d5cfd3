//! Random numbers that are the same everywhere: what a seed found once, it finds again.

/// SplitMix64.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator of one case of a run, so that a case can be repeated without those before it.
    pub fn of_case(seed: u64, case: u64) -> Self {
        let mut mixed = Self(seed ^ case.wrapping_mul(0xd1b5_4a32_d192_ed03));
        mixed.bits();
        mixed
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both included.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "{low}..={high} is empty");
        let span = u128::from(high - low) + 1;
        low + ((u128::from(self.bits()) * span) >> 64) as u64
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
