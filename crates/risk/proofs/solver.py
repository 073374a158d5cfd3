"""What a lemma is, and how one is checked.

Numbers are reals unless a lemma asks for whole ones. That proves more than is needed: what holds for every real number
holds for every number of atoms. A division that rounds becomes a number of its own, within one of the exact quotient on
the side that the rounding is on; nothing else is known of it, so that a proof holds whatever the division leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import z3

TIMEOUT_MS = 60_000


@dataclass
class Case:
    """The numbers of a lemma, what is known of them, and what is to be shown."""

    known: list[z3.BoolRef] = field(default_factory=list)
    claims: list[z3.BoolRef] = field(default_factory=list)
    _names: int = 0

    def number(self, name: str, low: int | None = 0, high: int | None = None) -> z3.ArithRef:
        """A real number, not below `low` and not above `high`."""
        value = z3.Real(name)
        if low is not None:
            self.known.append(value >= low)
        if high is not None:
            self.known.append(value <= high)
        return value

    def whole(self, name: str, low: int | None = 0, high: int | None = None) -> z3.ArithRef:
        """A whole number within the same bounds."""
        value = z3.Int(name)
        if low is not None:
            self.known.append(value >= low)
        if high is not None:
            self.known.append(value <= high)
        return value

    def know(self, *facts: z3.BoolRef) -> None:
        """Takes facts for granted: what the code has checked before."""
        self.known.extend(facts)

    def claim(self, *claims: z3.BoolRef) -> None:
        """What is to be shown, all of it."""
        self.claims.extend(claims)

    def _fresh(self, whole: bool) -> z3.ArithRef:
        self._names += 1
        name = f"quotient{self._names}"
        return z3.Int(name) if whole else z3.Real(name)

    def floor(self, numerator, divisor, whole: bool = False) -> z3.ArithRef:
        """`numerator / divisor`, rounded down; the divisor is positive."""
        quotient = self._fresh(whole)
        self.known += [quotient * divisor <= numerator, numerator < quotient * divisor + divisor]
        return quotient

    def ceil(self, numerator, divisor, whole: bool = False) -> z3.ArithRef:
        """`numerator / divisor`, rounded up; the divisor is positive."""
        quotient = self._fresh(whole)
        self.known += [quotient * divisor >= numerator, numerator > quotient * divisor - divisor]
        return quotient


def smaller(one, other):
    """The smaller of two."""
    return z3.If(one <= other, one, other)


def larger(one, other):
    """The larger of two."""
    return z3.If(one >= other, one, other)


@dataclass(frozen=True)
class Lemma:
    """A statement about the arithmetic of `crates/risk/src`, and ways to break it.

    `build` writes the case down; given the name of one of `breaks`, with that one rule of the code left out. The lemma
    must hold whole, and must fail without each: that shows that it says something about the rule.
    """

    name: str
    says: str
    source: str
    build: Callable[[Case, str | None], None]
    breaks: tuple[str, ...]


def _check(facts: list[z3.BoolRef]) -> z3.CheckSatResult:
    solver = z3.Solver()
    solver.set("timeout", TIMEOUT_MS)
    solver.add(facts)
    return solver.check()


def verdict(lemma: Lemma) -> list[str]:
    """What is wrong with a lemma; nothing if it is proved and every break of it is found."""
    wrong = []
    case = Case()
    lemma.build(case, None)
    if _check(case.known) != z3.sat:
        wrong.append("nothing satisfies what it takes for granted")
    for place, claim in enumerate(case.claims, 1):
        found = _check([*case.known, z3.Not(claim)])
        if found != z3.unsat:
            wrong.append(f"claim {place} of {len(case.claims)}: {'refuted' if found == z3.sat else 'not decided in time'}")
    for broken in lemma.breaks:
        case = Case()
        lemma.build(case, broken)
        if _check([*case.known, z3.Not(z3.And(case.claims))]) != z3.sat:
            wrong.append(f"still not refuted without: {broken}")
    return wrong
