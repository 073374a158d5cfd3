"""Refresh: how a requirement follows the market's."""

from z3 import If

from solver import Case, Lemma, larger, smaller

PPM = 1_000_000
HEADROOM_PPM = 1_100_000


def never_liquidatable(case: Case, broken: str | None) -> None:
    """INV-09, for both branches, at the sample of the refresh and at the price that judges a liquidation there."""
    equity = case.whole("equity")
    notional = case.whole("notional", 1)
    margin, other_parts = case.whole("mm_pos"), case.whole("addon and liq_fee")
    ramp, reach = case.whole("m_ramp"), case.whole("reach")
    # It was not liquidatable before: equity >= ceil(m N), which for whole equity is equity >= m N.
    case.know(equity > 0, equity * PPM >= (margin + other_parts) * notional)
    q_now = case.floor(equity * PPM, notional, whole=True)
    q_before = case.whole("q at the worst index", low=None)
    q_worst = q_now if broken == "the worse of two healths" else smaller(q_now, q_before)
    if broken == "health now":
        q_worst = q_before
    headroom = case.floor(q_worst * PPM, PPM if broken == "headroom" else HEADROOM_PPM, whole=True)
    shown = larger(headroom - other_parts, 0)
    if broken == "what the other parts take":
        shown = larger(headroom, 0)
    risen = larger(margin, smaller(smaller(ramp, shown), reach))
    if broken == "what it has shown":
        risen = larger(margin, smaller(ramp, reach))
    lowered = smaller(margin, ramp)
    refreshed = If(ramp <= margin, lowered, risen)
    case.claim(equity * PPM >= (refreshed + other_parts) * notional)
    case.claim(refreshed <= larger(ramp, margin))


def one_tenth_is_left(case: Case, broken: str | None) -> None:
    """What a rise of the requirement leaves: a tenth of the requirement, at the price now."""
    equity, notional = case.number("equity"), case.number("notional", 1)
    margin, other_parts = case.number("mm_pos"), case.number("addon and liq_fee")
    q = case.floor(equity * PPM, notional)
    headroom = case.floor(q * PPM, PPM if broken == "headroom" else HEADROOM_PPM)
    case.know(headroom >= other_parts)
    risen = headroom - other_parts
    case.know(risen > margin)
    case.claim(equity * PPM * PPM >= (risen + other_parts) * notional * HEADROOM_PPM)


LEMMAS = (
    Lemma(
        "refresh_never_makes_liquidatable",
        "a position that is not liquidatable at a sample is not after a refresh at it either",
        "refresh.rs: refreshed, lowered, shown_margin_ppm",
        never_liquidatable,
        ("health now", "what the other parts take", "what it has shown"),
    ),
    Lemma(
        "refresh_leaves_a_tenth",
        "equity after a rise of the requirement is at least 1.1 of what is then asked for",
        "refresh.rs: shown_margin_ppm",
        one_tenth_is_left,
        ("headroom",),
    ),
)
