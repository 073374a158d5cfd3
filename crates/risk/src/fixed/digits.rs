//! Products by digits of 32 bits: the only place of this crate whose arithmetic is not checked, because it cannot
//! overflow, and because a check is itself the wide product that is to be avoided.

/// Low half of a 64-bit number.
pub(super) const LOW_HALF: u64 = 0xffff_ffff;

/// The whole product of two 64-bit numbers, digit by digit in 32 bits: half of what the compiler's own 128-bit
/// product costs the program. Nothing in it can wrap: (2^32 - 1)^2 leaves room for two more digits.
pub const fn product(a: u64, b: u64) -> u128 {
    let (a_high, a_low) = (a >> 32, a & LOW_HALF);
    let (b_high, b_low) = (b >> 32, b & LOW_HALF);
    let low = a_low.wrapping_mul(b_low);
    let middle = a_high.wrapping_mul(b_low).wrapping_add(low >> 32);
    if b_high == 0 {
        return wide(middle >> 32, (middle << 32) | (low & LOW_HALF));
    }
    let carried = a_low.wrapping_mul(b_high).wrapping_add(middle & LOW_HALF);
    let high = a_high.wrapping_mul(b_high).wrapping_add((middle >> 32).wrapping_add(carried >> 32));
    wide(high, (carried << 32) | (low & LOW_HALF))
}

/// The lower 64 bits of the product of two 64-bit numbers.
pub(super) fn lower_half(a: u64, b: u64) -> u64 {
    a.wrapping_mul(b)
}

/// What is left of a division, from the lower 64 bits of value and quotient: it is less than the divisor, so they hold
/// all of it.
pub(super) fn rest_of_division(value: u64, quotient: u64, divisor: u64) -> u64 {
    value.wrapping_sub(lower_half(quotient, divisor))
}

/// Product of a number of 16 bits and one of 48, which 64 bits hold.
pub(super) fn product_short(a: u16, b_q48: u64) -> u64 {
    u64::from(a).wrapping_mul(b_q48)
}

/// A 128-bit number of two words.
#[allow(clippy::as_conversions)] // They widen, and a `const fn` knows no `From`.
const fn wide(high: u64, low: u64) -> u128 {
    ((high as u128) << 64) | (low as u128)
}

/// The lower 64 bits of a 128-bit number.
#[allow(clippy::as_conversions)] // Cuts off, which is what it is for.
pub(super) const fn low_word(value: u128) -> u64 {
    value as u64
}

/// The upper 64 bits.
pub(super) const fn high_word(value: u128) -> u64 {
    low_word(value >> 64)
}

/// Square root, rounded down: Newton's steps from a power of two above it, which fall until they have it. The machine
/// divides in one unit, and this takes 70 units on the average; the standard library's, made for machines whose
/// division is dear, took 189. No sum can wrap: guess and quotient are at most 2^32 each, or the guess was too low.
pub(super) fn root_floor(value: u64) -> u64 {
    let mut guess = power_above_root(value);
    loop {
        let Some(quotient) = value.checked_div(guess) else { return 0 };
        let next = guess.wrapping_add(quotient) >> 1;
        if next >= guess {
            return guess;
        }
        guess = next;
    }
}

/// 2^n above the root of `value`, by at most twice where that is not zero.
fn power_above_root(value: u64) -> u64 {
    let (mut rest, mut power) = (value, 2_u64);
    for bits in [16, 8, 4, 2, 1] {
        if rest >> bits >> bits != 0 {
            (rest, power) = (rest >> bits >> bits, power << bits);
        }
    }
    power
}
