//! Fixed-point primitives: multiply-and-divide without losing the product's high bits, and exponential decay.

use ruint::Uint;

use crate::error::{Result, RiskError};

type U256 = Uint<256, 4>;

/// One in Q48: 48 fractional bits.
pub const ONE_Q48: u64 = 1 << 48;
/// One in Q62: 62 fractional bits.
const ONE_Q62: u64 = 1 << 62;
/// ln(2) in Q62.
const LN2_Q62: u64 = 3_196_577_161_300_663_915;
/// 2^(-i/8) in Q62 for i in 0..8.
const EXP2_EIGHTHS_Q62: [u64; 8] = [
    4_611_686_018_427_387_904,
    4_228_934_724_888_366_668,
    3_877_950_241_171_266_237,
    3_556_096_050_500_581_047,
    3_260_954_456_333_195_553,
    2_990_308_421_163_830_843,
    2_742_124_912_636_209_756,
    2_514_539_631_859_660_218,
];

const E9: u64 = 1_000_000_000;
/// Low half of a 64-bit number.
const LOW_HALF: u64 = 0xffff_ffff;

/// The whole product of two 64-bit numbers, digit by digit in 32 bits: half of what the compiler's own 128-bit
/// product costs the program. Nothing in it can wrap: (2^32 - 1)^2 leaves room for two more digits.
pub fn product(a: u64, b: u64) -> u128 {
    let (a_high, a_low) = (a >> 32, a & LOW_HALF);
    let (b_high, b_low) = (b >> 32, b & LOW_HALF);
    let low = a_low.wrapping_mul(b_low);
    let middle = a_high.wrapping_mul(b_low).wrapping_add(low >> 32);
    if b_high == 0 {
        return (u128::from(middle >> 32) << 64) | u128::from((middle << 32) | (low & LOW_HALF));
    }
    let carried = a_low.wrapping_mul(b_high).wrapping_add(middle & LOW_HALF);
    let high = a_high.wrapping_mul(b_high).wrapping_add((middle >> 32).wrapping_add(carried >> 32));
    (u128::from(high) << 64) | u128::from((carried << 32) | (low & LOW_HALF))
}

/// Product in 64 bits, or an error.
pub fn mul(a: u64, b: u64) -> Result<u64> {
    narrow(product(a, b))
}

/// Product of a 128-bit number and a 64-bit one, or an error.
pub fn times(value: u128, factor: u64) -> Result<u128> {
    let low = product(narrow(value & u128::from(u64::MAX))?, factor);
    match narrow(value >> 64)? {
        0 => Ok(low),
        high => low.checked_add(u128::from(mul(high, factor)?) << 64).ok_or(RiskError::Overflow),
    }
}

/// Product in 128 bits, or none.
fn product_u128(a: u128, b: u128) -> Option<u128> {
    match (u64::try_from(a), u64::try_from(b)) {
        (_, Ok(b)) => times(a, b).ok(),
        (Ok(a), _) => times(b, a).ok(),
        _ => a.checked_mul(b),
    }
}

/// A 128-bit number divided by another, rounded down.
fn div_floor(value: u128, divisor: u128) -> Result<u128> {
    match u64::try_from(divisor) {
        Ok(divisor) => div_u64_floor(value, divisor),
        Err(_) => value.checked_div(divisor).ok_or(RiskError::DivisionByZero),
    }
}

/// `a * b / divisor`, rounded down; the product may need 256 bits.
#[inline(always)] // Most numbers fit 64 bits, and some of them are known to when this is compiled.
pub fn mul_div_floor(a: u128, b: u128, divisor: u128) -> Result<u128> {
    match (u64::try_from(a), u64::try_from(b), u64::try_from(divisor)) {
        (Ok(a), Ok(b), Ok(divisor)) => div_u64_floor(product(a, b), divisor),
        _ => mul_div_wide_floor(a, b, divisor),
    }
}

#[inline(never)]
fn mul_div_wide_floor(a: u128, b: u128, divisor: u128) -> Result<u128> {
    if let Some(product) = product_u128(a, b) {
        return div_floor(product, divisor);
    }
    let (quotient, _) = wide_div(a, b, divisor)?;
    u128::try_from(quotient).map_err(|_| RiskError::Overflow)
}

/// `a * b / divisor`, rounded up; the product may need 256 bits.
#[inline(always)] // As above.
pub fn mul_div_ceil(a: u128, b: u128, divisor: u128) -> Result<u128> {
    match (u64::try_from(a), u64::try_from(b), u64::try_from(divisor)) {
        (Ok(a), Ok(b), Ok(divisor)) => div_u64_ceil(product(a, b), divisor),
        _ => mul_div_wide_ceil(a, b, divisor),
    }
}

#[inline(never)]
fn mul_div_wide_ceil(a: u128, b: u128, divisor: u128) -> Result<u128> {
    if let Some(product) = product_u128(a, b) {
        if let Ok(divisor) = u64::try_from(divisor) {
            return div_u64_ceil(product, divisor);
        }
        let quotient = product.checked_div(divisor).ok_or(RiskError::DivisionByZero)?;
        // At most the product: it cannot wrap.
        let exact = quotient.wrapping_mul(divisor) == product;
        return quotient.checked_add(u128::from(!exact)).ok_or(RiskError::Overflow);
    }
    let (quotient, remainder) = wide_div(a, b, divisor)?;
    let quotient = u128::try_from(quotient).map_err(|_| RiskError::Overflow)?;
    quotient.checked_add(u128::from(remainder != U256::ZERO)).ok_or(RiskError::Overflow)
}

#[cold]
fn wide_div(a: u128, b: u128, divisor: u128) -> Result<(U256, U256)> {
    if divisor == 0 {
        return Err(RiskError::DivisionByZero);
    }
    // Two 128-bit factors always fit 256 bits.
    let product = U256::from(a).checked_mul(U256::from(b)).ok_or(RiskError::Overflow)?;
    Ok(product.div_rem(U256::from(divisor)))
}

/// `a * b / divisor` in 64 bits, rounded down.
pub fn mul_div_u64_floor(a: u64, b: u64, divisor: u64) -> Result<u64> {
    narrow(div_u64_floor(product(a, b), divisor)?)
}

/// `a * b / divisor` in 64 bits, rounded up.
pub fn mul_div_u64_ceil(a: u64, b: u64, divisor: u64) -> Result<u64> {
    let product = product(a, b);
    let quotient = narrow(div_u64_floor(product, divisor)?)?;
    let exact = quotient.wrapping_mul(divisor) == narrow(product & u128::from(u64::MAX))?;
    quotient.checked_add(u64::from(!exact)).ok_or(RiskError::Overflow)
}

/// A 128-bit number divided by a 64-bit one, rounded down. Numbers of 64 bits take the machine's division:
/// the 128-bit one costs the program ten times as much.
pub fn div_u64_floor(value: u128, divisor: u64) -> Result<u128> {
    match u64::try_from(value) {
        Ok(small) => small.checked_div(divisor).map(u128::from).ok_or(RiskError::DivisionByZero),
        Err(_) => div_wide(value, divisor),
    }
}

/// The same of more than 64 bits. Divisors are mostly powers of ten: 10^9 goes first, in digits of 32 bits, and
/// what is left is a 64-bit number. For other divisors the compiler's division was measured and is the cheaper.
#[inline(never)]
fn div_wide(value: u128, divisor: u64) -> Result<u128> {
    if divisor <= LOW_HALF {
        return div_by_half(value, divisor);
    }
    if divisor.checked_rem(E9) != Some(0) {
        return value.checked_div(u128::from(divisor)).ok_or(RiskError::DivisionByZero);
    }
    let (value, divisor) =
        (div_by_half(value, E9)?, divisor.checked_div(E9).ok_or(RiskError::DivisionByZero)?);
    match u64::try_from(value) {
        Ok(small) => small.checked_div(divisor).map(u128::from).ok_or(RiskError::DivisionByZero),
        Err(_) if divisor <= LOW_HALF => div_by_half(value, divisor),
        Err(_) => value.checked_div(u128::from(divisor)).ok_or(RiskError::DivisionByZero),
    }
}

/// Long division by a number of at most 32 bits, in digits of 32 bits.
fn div_by_half(value: u128, divisor: u64) -> Result<u128> {
    let digit = |rest: u64, digit: u64| {
        let value = (rest << 32) | digit;
        value.checked_div(divisor).zip(value.checked_rem(divisor)).ok_or(RiskError::DivisionByZero)
    };
    let (high, low) = (narrow(value >> 64)?, narrow(value & u128::from(u64::MAX))?);
    let top = high.checked_div(divisor).ok_or(RiskError::DivisionByZero)?;
    let rest = high.checked_rem(divisor).ok_or(RiskError::DivisionByZero)?;
    let (middle, rest) = digit(rest, low >> 32)?;
    let (last, _) = digit(rest, low & LOW_HALF)?;
    Ok((u128::from(top) << 64) | u128::from((middle << 32) | last))
}

/// A 128-bit number divided by a 64-bit one, rounded up.
pub fn div_u64_ceil(value: u128, divisor: u64) -> Result<u128> {
    let quotient = div_u64_floor(value, divisor)?;
    // What is left is less than the divisor, so the low 64 bits hold all of it.
    let low = |number: u128| narrow(number & u128::from(u64::MAX));
    let exact = low(quotient)?.wrapping_mul(divisor) == low(value)?;
    quotient.checked_add(u128::from(!exact)).ok_or(RiskError::Overflow)
}

/// How far `value` lies above `floor`; zero if it does not.
pub fn above(value: u64, floor: u64) -> Result<u64> {
    value.max(floor).checked_sub(floor).ok_or(RiskError::Overflow)
}

/// To 64 bits, or an error.
pub fn narrow(value: u128) -> Result<u64> {
    u64::try_from(value).map_err(|_| RiskError::Overflow)
}

/// Square root, rounded up.
pub fn sqrt_ceil(value: u128) -> Result<u128> {
    let root = sqrt_floor(value)?;
    let exact = product(root, root) == value;
    u128::from(root).checked_add(u128::from(!exact)).ok_or(RiskError::Overflow)
}

/// Square root, rounded down. Up to 2^72, which every variance is below, by the root of 64 bits: that of the bits
/// from the eighth on, times 16, is at most 16 too low, and one step of Newton's from there at most one too high.
fn sqrt_floor(value: u128) -> Result<u64> {
    if let Ok(small) = u64::try_from(value) {
        return Ok(small.isqrt());
    }
    let Ok(upper) = u64::try_from(value >> 8) else { return narrow(value.isqrt()) };
    let low = upper.isqrt() << 4;
    let rest = narrow(value.checked_sub(product(low, low)).ok_or(RiskError::Overflow)?)?;
    let step = rest.checked_div(low << 1).ok_or(RiskError::DivisionByZero)?;
    let near = low.checked_add(step).ok_or(RiskError::Overflow)?;
    if product(near, near) > value { near.checked_sub(1).ok_or(RiskError::Overflow) } else { Ok(near) }
}

fn mul_q62(a: u64, b: u64) -> Result<u64> {
    narrow(product(a, b) >> 62)
}

/// How fast an average forgets: log2(e) / time constant, per second, in Q64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecayRate(u64);

impl DecayRate {
    /// Time constant 1 hour: 2^64 * log2(e) / 3,600.
    pub const TAU_1H: Self = Self(7_392_507_276_580_179);
    /// Time constant 1 day.
    pub const TAU_1D: Self = Self(308_021_136_524_174);
    /// Time constant 30 days.
    pub const TAU_30D: Self = Self(10_267_371_217_472);
    /// Half-life 60 s: 2^64 / 60.
    pub const HALF_LIFE_60S: Self = Self(307_445_734_561_825_860);

    /// The weight that an average keeps after `seconds`: e^(-seconds/tau), in Q48.
    ///
    /// Relative error of 1 - weight below 1e-6 for weights down to one second of 30 days; zero once the
    /// weight is below 2^-62.
    pub fn weight_q48(self, seconds: u64) -> Result<u64> {
        let exponent_q64 = product(self.0, seconds);
        let whole = exponent_q64 >> 64;
        let Some(shift) = u32::try_from(whole).ok().filter(|shift| *shift < 62) else { return Ok(0) };
        let fraction_q64 = narrow(exponent_q64 & u128::from(u64::MAX))?;
        let weight_q62 = exp2_neg_q62(fraction_q64)? >> shift;
        Ok(weight_q62 >> 14)
    }
}

/// 2^-x for x in [0, 1), given in Q64: a table of eighths times the series of e^-y, y = ln 2 * rest <= 0.0867.
/// Five terms leave y^6/720 < 6e-10, and the first terms are exact, so that 1 - result is accurate too.
fn exp2_neg_q62(fraction_q64: u64) -> Result<u64> {
    let eighth = usize::try_from(fraction_q64 >> 61).map_err(|_| RiskError::Overflow)?;
    let rest_q62 = (fraction_q64 & ((1 << 61) - 1)) >> 2;
    let y = mul_q62(rest_q62, LN2_Q62)?;
    // Horner: 1 - y (1 - y/2 (1 - y/3 (1 - y/4 (1 - y/5)))).
    let mut series = ONE_Q62;
    for term in [5_u64, 4, 3, 2, 1] {
        let step = mul_q62(y, series)?.checked_div(term).ok_or(RiskError::DivisionByZero)?;
        series = ONE_Q62.checked_sub(step).ok_or(RiskError::Overflow)?;
    }
    match EXP2_EIGHTHS_Q62.get(eighth).ok_or(RiskError::Overflow)? {
        // What it mostly is: within a minute no horizon loses an eighth of a half-life.
        &ONE_Q62 => Ok(series),
        table => mul_q62(*table, series),
    }
}
