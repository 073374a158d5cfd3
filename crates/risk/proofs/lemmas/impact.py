"""Price impact: charges less rebates stay at or above the potential of the skew at its reference price."""

from z3 import If

from solver import Case, Lemma, smaller


def _potential(x, scale):
    """Phi: x^2 / (2 scale), its slope stopped at a quarter."""
    steep = scale / 4
    return If(x <= steep, x * x / (2 * scale), steep * (2 * x - steep) / (2 * scale))


def growth_is_paid(case: Case, broken: str | None) -> None:
    """A trade that grows the skew pays at least what the potential at the new mean price grows by.

    In worths: the skew is worth `skew` at the index and `paid` at the lower of reference and index; the trade is worth
    `added`. The skew after it is worth `paid + added` at the mean of both, and less where the mean was rounded down.
    """
    scale = case.number("scale", 1)
    skew, added = case.number("skew at the index"), case.number("trade at the index")
    paid = case.number("skew at the reference")
    after = case.number("skew afterwards at its reference")
    if broken != "never above the index":
        case.know(paid <= skew)
    if broken != "mean rounded down":
        case.know(after <= paid + added)
    charge = _potential(skew + added, scale) - _potential(skew, scale)
    case.claim(charge >= _potential(after, scale) - _potential(paid, scale))


def unpaid_growth_counts_nothing(case: Case, broken: str | None) -> None:
    """A trade that grows the skew and does not pay leaves the potential where it was at most."""
    scale = case.number("scale", 1)
    skew, size = case.number("skew"), case.number("size", 1)
    used, price = case.number("reference, at most the price"), case.number("price", 1)
    case.know(used <= price)
    paid_at = price if broken == "paid for at nothing" else 0
    mean = case.floor(skew * used + size * paid_at, skew + size)
    case.know(mean >= 0)
    case.claim(_potential((skew + size) * mean, scale) <= _potential(skew * used, scale))


def rebate_is_backed(case: Case, broken: str | None) -> None:
    """A trade that shrinks the skew takes what the potential falls by at most."""
    scale = case.number("scale", 1)
    skew, size = case.number("skew", 1), case.number("size", 0)
    reference, price = case.number("reference"), case.number("price", 1)
    case.know(size <= skew)
    used = price if broken == "never above the reference" else smaller(reference, price)
    rebate = _potential(skew * used, scale) - _potential((skew - size) * used, scale)
    fallen = _potential(skew * reference, scale) - _potential((skew - size) * used, scale)
    case.claim(rebate <= fallen)


def same_price_gains_nothing(case: Case, broken: str | None) -> None:
    """There and back at one price: the rebate is at most the charge."""
    scale = case.number("scale", 1)
    skew, size, price = case.number("skew"), case.number("size", 1), case.number("price", 1)
    charge = _potential((skew + size) * price, scale) - _potential(skew * price, scale)
    mean = price + 1 if broken == "the price paid" else price
    rebate = _potential((skew + size) * mean, scale) - _potential(skew * mean, scale)
    case.claim(rebate <= charge)


def slope_is_a_quarter(case: Case, broken: str | None) -> None:
    """No trade pays more than a quarter of its notional."""
    scale = case.number("scale", 1)
    low, added = case.number("skew worth"), case.number("trade worth")
    if broken == "the slope's end":
        charge = ((low + added) * (low + added) - low * low) / (2 * scale)
    else:
        charge = _potential(low + added, scale) - _potential(low, scale)
    case.claim(charge * 4 <= added)


LEMMAS = (
    Lemma(
        "impact_growth_is_paid",
        "growing the skew pays for what the potential at the reference price grows by",
        "impact.rs: impact, mean_floor",
        growth_is_paid,
        ("never above the index", "mean rounded down"),
    ),
    Lemma(
        "impact_unpaid_growth_earns_no_rebate",
        "growth that was not paid for does not raise what rebates can take",
        "impact.rs: reference_unpaid",
        unpaid_growth_counts_nothing,
        ("paid for at nothing",),
    ),
    Lemma(
        "impact_rebate_is_backed",
        "shrinking the skew takes no more than the potential falls by",
        "impact.rs: impact",
        rebate_is_backed,
        ("never above the reference",),
    ),
    Lemma(
        "impact_there_and_back_gains_nothing",
        "growing and shrinking the skew at one price costs or is even",
        "impact.rs: potential_ceil, potential_floor",
        same_price_gains_nothing,
        ("the price paid",),
    ),
    Lemma(
        "impact_is_a_quarter_at_most",
        "the impact of a trade is at most a quarter of its notional",
        "impact.rs: steep_from",
        slope_is_a_quarter,
        ("the slope's end",),
    ),
)
