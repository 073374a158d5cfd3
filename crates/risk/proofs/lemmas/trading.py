"""Opening, growing and closing: nobody gains by going round."""

from solver import Case, Lemma, smaller

PPM = 1_000_000


def round_trip_long(case: Case, broken: str | None) -> None:
    """A long of `size` at `entry` grows by `added` at `fill`, and everything closes at `price` <= `fill`."""
    divisor = case.number("D", 1)
    size, entry = case.number("size"), case.number("entry", 1)
    added, fill = case.number("added", 1), case.number("fill", 1)
    price = case.number("price", 1)
    if broken != "the edges of the price":
        case.know(price <= fill)
    mean = (case.floor if broken == "entry rounded up" else case.ceil)(size * entry + added * fill, size + added)
    with_growth = case.floor((price - mean) * (size + added), divisor)
    # Without growing, exactly; rounding can only make that one smaller by less than an atom, which is not gained here.
    case.claim(with_growth * divisor <= (price - entry) * size)


def round_trip_short(case: Case, broken: str | None) -> None:
    """The same of a short, which closes at `price` >= `fill`."""
    divisor = case.number("D", 1)
    size, entry = case.number("size"), case.number("entry", 1)
    added, fill = case.number("added", 1), case.number("fill", 1)
    price = case.number("price", 1)
    if broken != "the edges of the price":
        case.know(price >= fill)
    mean = (case.ceil if broken == "entry rounded down" else case.floor)(size * entry + added * fill, size + added)
    with_growth = case.floor((mean - price) * (size + added), divisor)
    case.claim(with_growth * divisor <= (entry - price) * size)


def in_parts(case: Case, broken: str | None) -> None:
    """Profit of two parts is at most that of the whole; their fees at least its fee."""
    first, second = case.whole("profit of a part, times D", low=None), case.whole("of the rest", low=None)
    divisor = case.whole("D", 1)
    profit = case.ceil if broken == "profit rounded down" else case.floor
    fee = case.floor if broken == "fee rounded up" else case.ceil
    parts = profit(first, divisor, whole=True) + profit(second, divisor, whole=True)
    case.claim(parts <= case.floor(first + second, divisor, whole=True))
    cost, rest = case.whole("notional of a part", 0), case.whole("notional of the rest", 0)
    fees = fee(cost, PPM, whole=True) + fee(rest, PPM, whole=True)
    case.claim(fees >= case.ceil(cost + rest, PPM, whole=True))


def borrow_is_covered(case: Case, broken: str | None) -> None:
    """What the market books as owed in two accruals is never more than what two positions owe after both.

    More positions and more accruals follow by taking two as one.
    """
    first, second = case.whole("set aside for one"), case.whole("for the other")
    growth, later = case.whole("growth"), case.whole("growth later")
    unit = case.whole("10^12", 1)
    book = case.ceil if broken == "booked rounded down" else case.floor
    booked = sum(book((first + second) * each, unit, whole=True) for each in (growth, later))
    owed = sum(case.ceil(each * (growth + later), unit, whole=True) for each in (first, second))
    case.claim(booked <= owed)


def funding_is_covered(case: Case, broken: str | None) -> None:
    """What the market books as due in two accruals is never less than what two positions are due after both."""
    first, second = case.whole("size of one"), case.whole("of the other")
    growth, later = case.whole("growth"), case.whole("growth later")
    unit = case.whole("D 10^12", 1)
    book = case.floor if broken == "booked rounded up" else case.ceil
    booked = sum(book((first + second) * each, unit, whole=True) for each in (growth, later))
    due = sum(case.floor(each * (growth + later), unit, whole=True) for each in (first, second))
    case.claim(booked >= due)


def receivers_get_no_more(case: Case, broken: str | None) -> None:
    """All receivers together get at most what all payers pay; the pool keeps the rest."""
    payers, receivers = case.number("OI of payers"), case.number("OI of receivers", 1)
    growth = case.number("growth for payers")
    part = receivers if broken == "the smaller side" else smaller(payers, receivers)
    shared = case.floor(growth * part, receivers)
    case.claim(shared * receivers <= growth * payers)


LEMMAS = (
    Lemma(
        "round_trip_of_a_long_never_profits",
        "growing a long at the edge and closing it at the same sample brings no more than not growing it",
        "transition/increase.rs: grow; position.rs: pnl_of",
        round_trip_long,
        ("the edges of the price", "entry rounded up"),
    ),
    Lemma(
        "round_trip_of_a_short_never_profits",
        "the same of a short",
        "transition/increase.rs: grow; position.rs: pnl_of",
        round_trip_short,
        ("the edges of the price", "entry rounded down"),
    ),
    Lemma(
        "parts_are_never_better_than_the_whole",
        "closing in parts realises no more profit and no less fee",
        "params.rs: signed_notional_floor, share_ceil",
        in_parts,
        ("profit rounded down", "fee rounded up"),
    ),
    Lemma(
        "borrow_booked_is_owed",
        "the market's borrow_owed is at most what its positions owe",
        "accrual.rs: accrue_borrow, borrow_amount_ceil",
        borrow_is_covered,
        ("booked rounded down",),
    ),
    Lemma(
        "funding_due_is_booked",
        "the market's funding_due is at least what its positions are due",
        "accrual.rs: accrue_funding, funding_amount_floor",
        funding_is_covered,
        ("booked rounded up",),
    ),
    Lemma(
        "funding_received_is_paid",
        "receivers of funding together get at most what payers pay",
        "accrual.rs: accrue_funding",
        receivers_get_no_more,
        ("the smaller side",),
    ),
)
