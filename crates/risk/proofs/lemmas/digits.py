"""Wide products, divisions and roots, in digits that a machine of 64 bits has."""

from z3 import Implies, Or

from solver import Case, Lemma

HALF = 2**32
WORD = 2**64
E9 = 10**9


def product_of_digits(case: Case, broken: str | None) -> None:
    """`product`: no digit wraps, and the digits are the product's."""
    a_high, a_low, b_high, b_low = (case.whole(name, 0, HALF - 1) for name in ("a high", "a low", "b high", "b low"))
    low = a_low * b_low
    low_carry = case.floor(low, HALF, whole=True)
    middle = a_high * b_low + low_carry
    middle_carry = case.floor(middle, HALF, whole=True)
    carried = a_low * b_high + (middle - middle_carry * HALF)
    carried_carry = case.floor(carried, HALF, whole=True)
    high = a_high * b_high + (0 if broken == "the middle digit's carry" else middle_carry) + carried_carry
    digits = high * WORD + (carried - carried_carry * HALF) * HALF + (low - low_carry * HALF)
    case.claim(low < WORD, middle < WORD, carried < WORD, high < WORD)
    case.claim(digits == (a_high * HALF + a_low) * (b_high * HALF + b_low))
    # With a 32-bit factor the product ends with the middle digit.
    case.claim(Implies(b_high == 0, middle * HALF + (low - low_carry * HALF) == (a_high * HALF + a_low) * b_low))


def low_word_shows_a_rest(case: Case, broken: str | None) -> None:
    """`div_u64_ceil`: quotient times divisor and value agree in their low 64 bits only if nothing is left."""
    rest = case.whole("rest")
    divisor = case.whole("divisor", 1, None if broken == "a divisor of 64 bits" else WORD - 1)
    times = case.whole("words between them")
    case.know(rest < divisor, rest == times * WORD)
    case.claim(rest == 0)


def long_division(case: Case, broken: str | None) -> None:
    """`div_by_half`: digit by digit, each step within 64 bits, and the quotient is right."""
    divisor = case.whole("divisor", 1, WORD - 1 if broken == "a divisor of 32 bits" else HALF - 1)
    high = case.whole("high word", 0, WORD - 1)
    middle, low = case.whole("middle digit", 0, HALF - 1), case.whole("low digit", 0, HALF - 1)
    top = case.floor(high, divisor, whole=True)
    first = (high - top * divisor) * HALF + middle
    second_digit = case.floor(first, divisor, whole=True)
    second = (first - second_digit * divisor) * HALF + low
    last = case.floor(second, divisor, whole=True)
    case.claim(first < WORD, second < WORD, second_digit < HALF, last < HALF)
    quotient = top * WORD + second_digit * HALF + last
    rest = second - last * divisor
    case.claim(quotient * divisor + rest == high * WORD + middle * HALF + low, rest >= 0, rest < divisor)


def division_in_two_steps(case: Case, broken: str | None) -> None:
    """`div_wide`: dividing by 10^9 and then by the rest of the divisor is dividing by the divisor."""
    value, factor = case.whole("value"), case.whole("divisor over 10^9", 1)
    divisor = factor * E9 + (case.whole("odd", 1, E9 - 1) if broken == "a multiple of 10^9" else 0)
    steps = case.floor(case.floor(value, E9, whole=True), factor, whole=True)
    case.claim(steps * divisor <= value, value < steps * divisor + divisor)


def root_in_one_step(case: Case, broken: str | None) -> None:
    """`sqrt_floor`: from 16 times the root without the low eight bits, one step ends at the root or one above."""
    bits = 0 if broken == "values above 64 bits" else 64
    value = case.whole("value", 2**bits)
    root = case.whole("root", 1)
    case.know(root * root <= value, value < (root + 1) * (root + 1))
    start = case.whole("start", 1)
    # 16 floor(root of floor(value / 256)): at most 16 too low.
    case.know(start <= root, root < start + 16)
    ratio = case.floor(value, start, whole=True)
    better = case.floor(start + ratio, 2, whole=True)
    case.claim(Or(better == root, better == root + 1))


LEMMAS = (
    Lemma(
        "product_digits_never_wrap",
        "the product in digits of 32 bits is the product, and no digit leaves 64 bits",
        "fixed/digits.rs: product",
        product_of_digits,
        ("the middle digit's carry",),
    ),
    Lemma(
        "low_words_agree_only_without_a_rest",
        "comparing low words tells whether a division was exact",
        "fixed.rs: mul_div_u64_ceil, div_u64_ceil, mul_div_wide_ceil",
        low_word_shows_a_rest,
        ("a divisor of 64 bits",),
    ),
    Lemma(
        "long_division_is_division",
        "long division by 32 bits stays within 64 bits a digit and gives the quotient",
        "fixed.rs: div_by_half",
        long_division,
        ("a divisor of 32 bits",),
    ),
    Lemma(
        "division_in_two_steps_is_division",
        "rounding down twice is rounding down once",
        "fixed.rs: div_wide",
        division_in_two_steps,
        ("a multiple of 10^9",),
    ),
    Lemma(
        "root_in_one_step_is_the_root_or_one_above",
        "one step of Newton's from the rough root is enough",
        "fixed.rs: sqrt_floor",
        root_in_one_step,
        ("values above 64 bits",),
    ),
)
