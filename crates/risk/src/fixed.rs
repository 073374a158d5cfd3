//! Fixed-point primitives: multiply-and-divide without losing the product's high bits, and exponential decay.

mod decay;
mod digits;

pub use decay::DecayRate;
pub use digits::product;

use digits::{LOW_HALF, lower_half, product_short, rest_of_division, root_floor};
use ruint::Uint;

use crate::error::{Result, RiskError};

type U256 = Uint<256, 4>;

/// One in Q48: 48 fractional bits.
pub const ONE_Q48: u64 = 1 << 48;
const E9: u64 = 1_000_000_000;

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
        let exact = quotient.checked_mul(divisor).ok_or(RiskError::Overflow)? == product;
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
    let exact = lower_half(quotient, divisor) == narrow(product & u128::from(u64::MAX))?;
    quotient.checked_add(u64::from(!exact)).ok_or(RiskError::Overflow)
}

/// `value * factor / divisor` of a factor in Q48, rounded down: mostly one below one. A small value, which the rest of
/// a division by seconds is, needs no wide product: 30 units less.
pub fn mul_div_q48_floor(value: u64, factor_q48: u64, divisor: u64) -> Result<u64> {
    match u16::try_from(value) {
        Ok(small) if factor_q48 >> 48 == 0 => {
            product_short(small, factor_q48).checked_div(divisor).ok_or(RiskError::DivisionByZero)
        }
        _ => mul_div_u64_floor(value, factor_q48, divisor),
    }
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

/// A 128-bit number divided by a 64-bit one, and what is left.
pub fn div_rest_u64(value: u128, divisor: u64) -> Result<(u128, u64)> {
    let quotient = div_u64_floor(value, divisor)?;
    let low = |number: u128| narrow(number & u128::from(u64::MAX));
    Ok((quotient, rest_of_division(low(value)?, low(quotient)?, divisor)))
}

/// A 128-bit number divided by a 64-bit one, rounded up.
pub fn div_u64_ceil(value: u128, divisor: u64) -> Result<u128> {
    let quotient = div_u64_floor(value, divisor)?;
    // What is left is less than the divisor, so the low 64 bits hold all of it.
    let low = |number: u128| narrow(number & u128::from(u64::MAX));
    let exact = lower_half(low(quotient)?, divisor) == low(value)?;
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
    let (root, is_exact) = match u64::try_from(value) {
        Ok(small) => {
            let root = root_floor(small);
            (root, lower_half(root, root) == small)
        }
        Err(_) => sqrt_floor(value)?,
    };
    u128::from(root).checked_add(u128::from(!is_exact)).ok_or(RiskError::Overflow)
}

/// Square root of more than 64 bits, rounded down, and whether that is all of it. Up to 2^72, which every variance is
/// below, by the root of 64 bits: that of the bits from the eighth on, times 16, is at most 16 too low, and one step
/// of Newton's from there at most one too high. It is where the step's square is more than what it leaves.
fn sqrt_floor(value: u128) -> Result<(u64, bool)> {
    let Ok(upper) = u64::try_from(value >> 8) else {
        let root = narrow(value.isqrt())?;
        return Ok((root, product(root, root) == value));
    };
    let low = root_floor(upper) << 4;
    let rest = narrow(value.checked_sub(product(low, low)).ok_or(RiskError::Overflow)?)?;
    let twice = low << 1;
    let step = rest.checked_div(twice).ok_or(RiskError::DivisionByZero)?;
    let left = rest.checked_rem(twice).ok_or(RiskError::DivisionByZero)?;
    let squared = lower_half(step, step);
    let root = low.checked_add(step).ok_or(RiskError::Overflow)?;
    match squared > left {
        true => Ok((root.checked_sub(1).ok_or(RiskError::Overflow)?, false)),
        false => Ok((root, squared == left)),
    }
}
