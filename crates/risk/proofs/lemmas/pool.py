"""Deposits and withdrawals: nobody gains at the cost of those who stay."""

from z3 import If

from solver import Case, Lemma, smaller


def deposit_dilutes_nobody(case: Case, broken: str | None) -> None:
    """Worth per share does not fall by a deposit."""
    value, shares, amount = case.number("value", 1), case.number("shares", 1), case.number("amount", 1)
    minted = (case.ceil if broken == "rounding down" else case.floor)(amount * shares, value)
    case.know(minted >= 0)
    case.claim((value + amount) * shares >= value * (shares + minted))


def withdrawal_dilutes_nobody(case: Case, broken: str | None) -> None:
    """Worth per share of those who stay does not fall by a withdrawal, in full or in part."""
    value, shares, gone = case.number("value", 1), case.number("shares", 1), case.number("shares that go", 0)
    case.know(gone < shares)
    paid = (case.ceil if broken == "rounding down" else case.floor)(gone * value, shares)
    case.know(paid >= 0)
    case.claim((value - paid) * shares >= value * (shares - gone))


def part_is_within_what_is_payable(case: Case, broken: str | None) -> None:
    """A payment in part pays no more than what is payable, and never more shares than wait."""
    value, shares = case.whole("value", 1), case.whole("shares", 1)
    waiting, payable = case.whole("shares that wait"), case.whole("payable")
    whole = case.floor(waiting * value, shares, whole=True)
    if broken != "paid in full where it can be":
        case.know(whole > payable)
    gone = (case.ceil if broken == "rounding down" else case.floor)(payable * shares, value, whole=True)
    paid = case.floor(gone * value, shares, whole=True)
    case.claim(paid <= payable, gone <= waiting)


def in_and_out(case: Case, broken: str | None) -> None:
    """Who deposits and withdraws at one price gets at most what was put in."""
    for_deposit, shares = case.number("value for a deposit", 1), case.number("shares", 1)
    for_withdrawal = case.number("value for a withdrawal", 0)
    amount = case.number("amount", 1)
    if broken != "the lower value for a withdrawal":
        case.know(for_withdrawal <= for_deposit)
    minted = case.floor(amount * shares, for_deposit)
    case.know(minted >= 0)
    paid = case.floor(minted * (for_withdrawal + amount), shares + minted)
    case.claim(paid <= amount)


def values_are_ordered(case: Case, broken: str | None) -> None:
    """The value for a withdrawal is at most the one for a deposit, where gains of the sides are within the pool."""
    pool, borrow, due = case.number("pool"), case.number("borrow owed"), case.number("funding due")
    long_pnl, short_pnl = case.number("pnl of longs", low=None), case.number("pnl of shorts", low=None)
    long_reserved, short_reserved = case.number("reserved for longs"), case.number("for shorts")
    case.know(long_reserved + short_reserved <= pool)
    def gain(pnl, reserved):
        return smaller(If(pnl > 0, pnl, 0), reserved)

    gains = gain(long_pnl, long_reserved) + gain(short_pnl, short_reserved)
    losses = If(long_pnl < 0, -long_pnl, 0) + If(short_pnl < 0, -short_pnl, 0)
    deposit = pool + borrow + losses - gains
    promised = (0 if broken == "gains promised" else gains) + due
    withdrawal = pool - smaller(promised, pool)
    case.claim(withdrawal <= deposit, withdrawal >= 0, deposit >= 0)


def first_depositor_cannot_be_robbed(case: Case, broken: str | None) -> None:
    """Driving up the worth of a share by a gift, before another deposits, gains less than an atom.

    A million shares are locked in the first deposit: of what is given away, their part is lost for good. What the next
    depositor loses by rounding is less than one share's worth.
    """
    locked = 0 if broken == "locked shares" else 1_000_000
    own, gift, amount = case.number("own shares", 1), case.number("gift"), case.number("amount", 1)
    shares, value = own + locked, own + locked + gift
    minted = case.floor(amount * shares, value)
    case.know(minted >= 0)
    # own (value + amount) / (shares + minted) is what the attacker holds then; own + gift is what it cost.
    case.claim(own * (value + amount) <= (own + gift + 1) * (shares + minted))


LEMMAS = (
    Lemma(
        "deposit_dilutes_nobody",
        "the worth of a share does not fall by a deposit",
        "pool.rs: deposit",
        deposit_dilutes_nobody,
        ("rounding down",),
    ),
    Lemma(
        "withdrawal_dilutes_nobody",
        "the worth of a share of those who stay does not fall by a withdrawal",
        "pool/withdraw.rs: payment",
        withdrawal_dilutes_nobody,
        ("rounding down",),
    ),
    Lemma(
        "partial_withdrawal_is_payable",
        "a payment in part stays within what is payable and within the shares that wait",
        "pool/withdraw.rs: payment",
        part_is_within_what_is_payable,
        ("rounding down", "paid in full where it can be"),
    ),
    Lemma(
        "in_and_out_never_profits",
        "a deposit and a withdrawal at one price bring no more than was put in",
        "pool.rs: deposit; pool/withdraw.rs: payment",
        in_and_out,
        ("the lower value for a withdrawal",),
    ),
    Lemma(
        "value_for_withdrawal_is_the_lower",
        "the pool is worth no more to who leaves than to who comes",
        "pool.rs: value_for_deposit; pool/withdraw.rs: value_for_withdrawal",
        values_are_ordered,
        ("gains promised",),
    ),
    Lemma(
        "inflating_a_share_does_not_pay",
        "driving up the worth of a share before another deposits gains less than an atom",
        "pool.rs: deposit, SHARES_LOCKED",
        first_depositor_cannot_be_robbed,
        ("locked shares",),
    ),
)
