"""Liquidation: what a part cures, what it costs, what it may take."""

from solver import Case, Lemma, smaller

PPM = 1_000_000
TARGET_PPM = 1_250_000


def kept_part_improves(case: Case, broken: str | None) -> None:
    """A partial liquidation is kept only if the rest meets its requirement (INV-07); it was below before."""
    rate = case.number("m in ppm", 1, PPM - 1)
    equity, notional = case.number("equity"), case.number("notional", 1)
    equity_after, notional_after = case.number("equity after"), case.number("notional after", 1)
    case.know(equity > 0, equity * PPM < rate * notional)
    if broken != "INV-07":
        case.know(equity_after * PPM >= rate * notional_after)
    case.claim(equity_after * notional > equity * notional_after)


def target_is_met(case: Case, broken: str | None) -> None:
    """Closing ceil((T N - E) / (T - phi)) leaves at least T of what is left, whatever it costs up to phi."""
    target, cost = case.number("T in ppm", 1, PPM), case.number("phi in ppm")
    equity, notional = case.number("equity"), case.number("notional", 1)
    case.know(cost < target, equity * PPM < target * notional)
    wanted = case.ceil(notional * target, PPM)
    missing = wanted - equity
    divisor = target if broken == "the cost of closing" else target - cost
    closed = (case.floor if broken == "rounding up" else case.ceil)(missing * PPM, divisor)
    case.know(closed < notional)
    paid = case.number("paid")
    case.know(paid * PPM <= cost * closed)
    case.claim((equity - paid) * PPM >= target * (notional - closed))


def fee_leaves_equity(case: Case, broken: str | None) -> None:
    """Fee and price impact take half of the equity each at most, so that neither makes an insolvent one."""
    equity = case.whole("equity", 1)
    wanted_fee, wanted_charge = case.whole("fee wanted"), case.whole("charge wanted")
    half = case.floor(equity, 2, whole=True)
    fee = wanted_fee if broken == "half of the equity" else smaller(wanted_fee, half)
    charge = smaller(wanted_charge, half)
    case.claim(equity - fee - charge >= 0)


def fee_rate_is_bounded(case: Case, broken: str | None) -> None:
    """Between half of the full rate and the full rate, and it grows as equity falls."""
    full = case.number("liq_fee_pos", 0, PPM)
    margin = case.number("maintenance margin", 1)
    equity, lower = case.number("equity"), case.number("lower equity")
    case.know(lower <= equity, equity <= margin)

    def exact_rate(at):
        share = (margin - at) / margin
        capped = share if broken == "half at most" else smaller(share, 0.5)
        return full * (0.5 + capped)

    case.claim(exact_rate(equity) <= full, exact_rate(equity) * 2 >= full)
    case.claim(exact_rate(lower) >= exact_rate(equity), exact_rate(lower) <= full)


def size_fits(case: Case, broken: str | None) -> None:
    """(T N - E) / (T - phi) is at most six notionals: 67 bits, where the code has 128.

    Parameters as they are bounded: the volatility margin is at least 1 %, the liquidation fee that a position
    stores at most 2 %, the trade fee at most 0.5 %, and at most half of the equity goes for price impact.
    """
    margin = case.number("mm_pos", 10_000, 400_000)
    addon = case.number("addon_pos", 0, 100_000)
    fee = case.number("liq_fee_pos", 0, 20_000)
    trade = case.number("trade fee", 0, 5_000 if broken != "the bound of the trade fee" else 50_000)
    equity, notional = case.number("equity"), case.number("notional", 1)
    rate = margin + addon + fee
    target = rate * TARGET_PPM / PPM
    case.know(equity * PPM < rate * notional)
    cost = fee + trade
    case.claim(cost < target)
    case.claim((target * notional - equity * PPM) <= 6 * notional * (target - cost))


def keeper_and_insurance_share(case: Case, broken: str | None) -> None:
    """Keeper and insurance share the fee to the atom, the keeper never above 60 %."""
    fee = case.whole("fee")
    share = case.ceil if broken == "rounding down" else case.floor
    keeper = share(fee * 600_000, PPM, whole=True)
    insurance = fee - keeper
    case.claim(keeper * 10 <= fee * 6, insurance >= 0, keeper + insurance == fee)


LEMMAS = (
    Lemma(
        "partial_liquidation_improves_health",
        "equity over notional is higher after a partial liquidation than before",
        "transition/liquidate.rs: cure, is_cured",
        kept_part_improves,
        ("INV-07",),
    ),
    Lemma(
        "partial_liquidation_meets_its_target",
        "what size_to_close closes leaves 1.25 of the maintenance margin",
        "liquidation.rs: size_to_close",
        target_is_met,
        ("the cost of closing", "rounding up"),
    ),
    Lemma(
        "liquidation_leaves_equity",
        "fee and price impact of a liquidation leave no loss behind",
        "transition/liquidate.rs: liquidation_fee, charged",
        fee_leaves_equity,
        ("half of the equity",),
    ),
    Lemma(
        "liquidation_fee_rate_between_half_and_whole",
        "the fee's rate lies between half of the full rate and the full rate, higher for less equity",
        "liquidation.rs: fee_ppm_floor",
        fee_rate_is_bounded,
        ("half at most",),
    ),
    Lemma(
        "liquidation_size_fits",
        "the notional that size_to_close asks for is at most six of the position's",
        "liquidation.rs: size_to_close; params.rs: bound",
        size_fits,
        ("the bound of the trade fee",),
    ),
    Lemma(
        "liquidation_fee_is_shared_to_the_atom",
        "keeper's and insurance's parts add up to the fee",
        "transition/liquidate.rs: take",
        keeper_and_insurance_share,
        ("rounding down",),
    ),
)
