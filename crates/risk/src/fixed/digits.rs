//! Products by digits of 32 bits: the only place of this crate whose arithmetic is not checked, because it cannot
//! overflow, and because a check is itself the wide product that is to be avoided.

/// Low half of a 64-bit number.
pub(super) const LOW_HALF: u64 = 0xffff_ffff;

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

/// The lower 64 bits of the product of two 64-bit numbers.
pub(super) fn lower_half(a: u64, b: u64) -> u64 {
    a.wrapping_mul(b)
}
