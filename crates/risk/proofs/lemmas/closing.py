"""Closing: the pool holds what it has promised, and a position loses only its own vault."""

from z3 import And, Bool, If, Or

from solver import Case, Lemma, larger, smaller


def _close(case: Case, broken: str | None):
    """`close_part` of all or of a part: booked amounts before and after."""
    gain = case.whole("profit and funding due", low=None)
    released = case.whole("reserve released")
    collateral, owed = case.whole("collateral"), case.whole("owed")
    payout = larger(gain, 0) if broken == "payout cap" else smaller(larger(gain, 0), released)
    loss = larger(-gain, 0)
    available = collateral + payout
    loss_paid = loss if broken == "only what is there" else smaller(loss, available)
    owed_paid = smaller(owed, available - loss_paid)
    shortfall = (loss - loss_paid) + (owed - owed_paid)
    return gain, released, collateral, owed, payout, loss, available, loss_paid, owed_paid, shortfall


def reserve_is_covered(case: Case, broken: str | None) -> None:
    """INV-03 is kept by a close: pool >= reserved before gives pool >= reserved after."""
    _, released, _, _, payout, _, _, loss_paid, owed_paid, _ = _close(case, broken)
    pool, reserved = case.whole("pool"), case.whole("reserved")
    case.know(reserved >= released)
    if broken != "covered before":
        case.know(pool >= reserved)
    case.claim(pool + loss_paid + owed_paid - payout >= reserved - released)


def own_vault_only(case: Case, broken: str | None) -> None:
    """What is left is not below zero, and nothing appears: vault and pool together hold what they held."""
    _, _, collateral, _, payout, _, available, loss_paid, owed_paid, _ = _close(case, broken)
    left = available - loss_paid - owed_paid
    case.claim(left >= 0, loss_paid >= 0, owed_paid >= 0)
    case.claim(left + (loss_paid + owed_paid - payout) == collateral)


def every_loss_is_somebodys(case: Case, broken: str | None) -> None:
    """Loss and fees owed are paid or noted as a shortfall, to the atom."""
    gain, _, collateral, owed, payout, loss, available, loss_paid, owed_paid, shortfall = _close(case, broken)
    noted = 0 if broken == "the shortfall" else shortfall
    case.claim(loss + owed == loss_paid + owed_paid + noted)
    case.claim(Or(shortfall == 0, available == loss_paid + owed_paid))


def open_is_covered(case: Case, broken: str | None) -> None:
    """INV-03 is kept by an opening, which takes nothing out of the pool and is held to 90 % at most."""
    pool, reserved, added = case.whole("pool"), case.whole("reserved"), case.whole("reserved added")
    paid = case.whole("fees into the pool")
    most = case.whole("utilisation_max_ppm", 100_000, 900_000)
    cap = case.floor((pool + paid) * most, 1_000_000, whole=True)
    if broken != "the largest utilisation":
        case.know(reserved + added <= cap)
    case.claim(reserved + added <= pool + paid)


def withdrawal_is_covered(case: Case, broken: str | None) -> None:
    """INV-03 is kept by a withdrawal: it takes what is free at most."""
    pool, reserved, worth = case.whole("pool"), case.whole("reserved"), case.whole("worth of the shares")
    case.know(reserved <= pool)
    free = pool if broken == "what is set aside" else pool - smaller(reserved, pool)
    limit = case.whole("what the hourly limit leaves")
    paid = smaller(worth, smaller(free, limit))
    case.claim(reserved <= pool - paid, paid <= limit)


def frozen_is_covered(case: Case, broken: str | None) -> None:
    """INV-03 and INV-01 are kept by a close in the books of a frozen vault: the net stays set aside, or owed."""
    _, released, collateral, _, payout, _, _, loss_paid, owed_paid, _ = _close(case, None)
    pool, reserved = case.whole("pool"), case.whole("reserved")
    case.know(reserved >= released, pool >= reserved)
    into_pool = loss_paid + owed_paid
    to_vault, to_pool = larger(payout - into_pool, 0), larger(into_pool - payout, 0)
    pool_after = pool + into_pool - payout + to_vault - to_pool
    reserved_after = reserved - released + (0 if broken == "the net set aside" else to_vault)
    case.claim(reserved_after <= pool_after)
    case.claim(pool_after == pool, to_pool <= collateral)
    case.claim(reserved_after == reserved - released + to_vault)


def fee_never_blocks(case: Case, broken: str | None) -> None:
    """The trade fee of a whole close is what is there at most; of a part all of it, or nothing happens."""
    whole = case.whole("fee")
    collateral = case.whole("collateral")
    is_full = Bool("everything closes")
    fee = whole if broken == "as far as it goes" else smaller(whole, collateral)
    done = Or(is_full, fee == whole)
    case.claim(If(is_full, done, True))
    case.claim(If(And(done, is_full), collateral - fee >= 0, True))


LEMMAS = (
    Lemma(
        "closing_keeps_the_reserve_covered",
        "INV-03: what the pool has promised is in it after a close, whatever the price",
        "transition/close_part.rs: close_part",
        reserve_is_covered,
        ("payout cap", "covered before"),
    ),
    Lemma(
        "closing_takes_from_its_own_vault",
        "no vault goes below zero, and vault and pool together hold what they held",
        "transition/close_part.rs: close_part",
        own_vault_only,
        ("only what is there",),
    ),
    Lemma(
        "closing_notes_every_loss",
        "loss and fees owed are paid or noted as a shortfall; a shortfall leaves an empty vault",
        "transition/close_part.rs: close_part",
        every_loss_is_somebodys,
        ("the shortfall",),
    ),
    Lemma(
        "opening_keeps_the_reserve_covered",
        "INV-03 after an opening or an increase",
        "transition/increase.rs: check_caps; params.rs: bound",
        open_is_covered,
        ("the largest utilisation",),
    ),
    Lemma(
        "withdrawal_keeps_the_reserve_covered",
        "INV-03 after a withdrawal, which also stays within the hourly limit",
        "pool/withdraw.rs: payment, free_liquidity",
        withdrawal_is_covered,
        ("what is set aside",),
    ),
    Lemma(
        "closing_a_frozen_vault_keeps_the_reserve_covered",
        "INV-03 after a close in the books; the frozen vault can pay what it owes",
        "transition/liquidate.rs: close_in_books",
        frozen_is_covered,
        ("the net set aside",),
    ),
    Lemma(
        "fee_never_blocks_an_exit",
        "the trade fee of a whole close is at most what is there",
        "transition/close_part.rs: take_trade_fee",
        fee_never_blocks,
        ("as far as it goes",),
    ),
)
