"""Ranges: no number that an exit needs leaves its type, and no outflow its limit."""

from solver import Case, Lemma, larger, smaller

PPM = 1_000_000
U64 = 2**64 - 1
OPEN_INTEREST_CAP = 184_467_440_737_095_516


def hundredfold(case: Case, broken: str | None) -> None:
    """A side within its cap can still be counted when the price is a hundred times what it was."""
    size, price, divisor = case.number("open interest"), case.number("price", 1), case.number("D", 1)
    rise = case.number("rise", 1, 101 if broken == "a hundredfold" else 100)
    case.know(size * price <= OPEN_INTEREST_CAP * divisor)
    case.claim(size * price * rise <= U64 * divisor)


def products_fit(case: Case, broken: str | None) -> None:
    """Two products of 64-bit sizes and prices fit 128 bits together where the sizes do so together."""
    size, added = case.whole("size", 0, U64), case.whole("size added", 0, U64)
    entry, fill = case.whole("entry", 0, U64), case.whole("fill", 0, U64)
    if broken != "sizes fit their type":
        case.know(size + added <= U64)
    case.claim(size * entry + added * fill <= 2**128 - 1)


def equity_fits(case: Case, broken: str | None) -> None:
    """Collateral, profit, funding and fees of a position fit the signed type of an equity, whatever they are."""
    collateral, owed = case.whole("collateral", 0, U64), case.whole("owed", 0, U64)
    due = case.whole("due", 0, U64)
    magnitude = case.whole("size times price difference", 0, U64 * U64)
    divisor = case.whole("D", 1 if broken == "the least divisor" else 1_000)
    loss = case.ceil(magnitude, divisor, whole=True)
    case.claim(collateral + owed + due + loss <= 2**127 - 1)


def outflow_is_bounded(case: Case, broken: str | None) -> None:
    """In any period, from an empty bucket, no more than twice the share of what the store ever held leaves.

    `taken` after a payment is at most the share of the store with what was taken; it drains by the share a period.
    """
    held, share = case.number("held", 1), case.number("share", 0, 1)
    standing = case.number("not drained yet")
    balance = held
    limit = share * (balance + standing)
    left = larger(limit - standing, 0)
    paid = case.number("paid")
    case.know(paid <= (balance if broken == "what is left" else left), paid <= balance)
    case.know(standing <= share * (balance + standing))
    # The bucket stays within the same share of store and taken, so that its bound holds for ever.
    case.claim(standing + paid <= share * ((balance - paid) + (standing + paid)))


def insurance_event(case: Case, broken: str | None) -> None:
    """One event takes a tenth of the vault at most, the keeper's part and the pool's together."""
    vault, daily = case.whole("vault"), case.whole("what the day leaves")
    keeper_wants, pool_wants = case.whole("keeper lacks"), case.whole("shortfall")
    most = smaller(case.floor(vault * 100_000, PPM, whole=True), daily)
    keeper = smaller(keeper_wants, most)
    pool = smaller(pool_wants, most if broken == "the keeper first" else most - keeper)
    case.claim((keeper + pool) * 10 <= vault, keeper + pool <= daily)


def keeper_floor_does_not_pay(case: Case, broken: str | None) -> None:
    """Opening and letting go: what insurance adds to a keeper's pay is at most what opening has cost."""
    open_fee, floor, pay = case.whole("open fee"), case.whole("keeper floor"), case.whole("keeper pay")
    lacks = floor - smaller(pay, floor)
    added = lacks if broken == "the open fee" else smaller(lacks, open_fee)
    case.claim(added <= open_fee, added + pay <= larger(floor, pay))


LEMMAS = (
    Lemma(
        "hundredfold_price_can_be_counted",
        "a side within its cap fits 64 bits at a hundred times the price",
        "params.rs: OPEN_INTEREST_CAP, notional_ceil",
        hundredfold,
        ("a hundredfold",),
    ),
    Lemma(
        "sums_of_products_fit",
        "the cost of a position, old part and new, fits 128 bits",
        "transition/increase.rs: grow; ledger.rs: cost_e12",
        products_fit,
        ("sizes fit their type",),
    ),
    Lemma(
        "equity_fits",
        "no equity of numbers in their types leaves 127 bits",
        "position.rs: value",
        equity_fits,
        ("the least divisor",),
    ),
    Lemma(
        "outflow_stays_in_its_bucket",
        "what was taken lately never passes the share of the store, with what was taken, that may be out",
        "outflow.rs: left_floor, taken",
        outflow_is_bounded,
        ("what is left",),
    ),
    Lemma(
        "insurance_pays_a_tenth_an_event",
        "keeper and pool together get a tenth of the vault at most",
        "insurance.rs: pay_from_insurance",
        insurance_event,
        ("the keeper first",),
    ),
    Lemma(
        "keeper_floor_cannot_be_farmed",
        "what insurance adds to a keeper's pay is at most the position's open fee",
        "transition/liquidate.rs: missing_pay",
        keeper_floor_does_not_pay,
        ("the open fee",),
    ),
)
