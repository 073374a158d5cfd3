#!/usr/bin/env python3
"""Random lives of a market, played by the oracle: `histories.py SEED COUNT STEPS` prints a case to a line.

Where money.json draws states, a history reaches its states by acting: deposits, openings, growth, decreases, removals,
liquidations, refreshes and settlings of several positions, along a price that drifts and jumps. Every step is a case of the same
form as in money.json, with the state before it, so that the crate is compared after each.
"""

import json
import sys
from copy import deepcopy

import model
from generate import E6, LEDGER, MARKETS, NOW, POSITION, SIDE, attempt, lean, near, some
from series import SplitMix64

POSITIONS = 8
ANY_PRICE = 2**64 - 1


class Life:
    """A market, its ledger and its positions in one history."""

    def __init__(self, rng):
        self.rng = rng
        self.which = rng.below(len(MARKETS))
        self.params, base = MARKETS[self.which]
        self.unit = 10 ** self.params["quote_decimals"]
        self.now = NOW
        self.price = base
        self.ramp = self.params["margin_min_ppm"] * some(rng, 1_000, 1_500, 2_500)
        self.wide_since = 0
        self.extremes = {}
        self.ledger = {**deepcopy(LEDGER), "long": dict(SIDE), "short": dict(SIDE)}
        self.positions = []
        self.sighted = None
        self.aged = 0

    def pass_time(self):
        """The clock goes on, the price moves and now and then jumps, the margin follows its own way."""
        rng = self.rng
        if self.sighted is None:
            self.now += some(rng, 1, 2, 5, 20, 60, 600, 4_000)
            self.price = near(rng, self.price, some(rng, 300, 5_000, 20_000, 20_000, 40_000))
        else:
            self.now += some(rng, 1, 3, 6, 20, 70)
            self.price = near(rng, self.price, 300)
        self.price = min(self.price, 18 * 10**18)
        low, high = self.params["margin_min_ppm"] * 1_000, self.params["margin_max_ppm"] * 1_000
        self.ramp = min(high, max(low, near(rng, self.ramp, some(rng, 0, 5_000, 50_000))))
        self.wide_since = some(rng, 0, 0, 0, self.wide_since, self.wide_since or self.now)
        bucket = self.now // model.HOUR4
        seen = self.extremes.setdefault(bucket, [self.price, self.price])
        self.extremes[bucket] = [min(seen[0], self.price), max(seen[1], self.price)]
        self.extremes = {key: ends for key, ends in self.extremes.items() if key > bucket - 18}

    def case(self, position, args=None):
        """The state as it is, as a case."""
        rng = self.rng
        conf = self.price * some(rng, 0, 1, 300, 2_500) // E6
        if self.wide_since:
            conf = self.price * 19_000 // E6
        case = {
            "params": self.which,
            "market": {"status": "active", "index": self.price, "mark": near(rng, self.price, 1_000),
                       "ramp_ppb": self.ramp, "target_ppm": near(rng, self.ramp // 1_000, 200_000),
                       "conf_wide_since": self.wide_since,
                       "extremes": [[bucket, *ends] for bucket, ends in sorted(self.extremes.items())]},
            "ledger": deepcopy(self.ledger), "position": dict(position), "now": self.now,
            "sample": {"price": self.price, "conf": conf, "ema": 0, "publish_time": self.now - rng.below(3) - self.aged},
        }
        return {**case, "args": args} if args else case

    def play(self, kind, act, place=None, position=None, args=None):
        """One step: prints the case with what must come out, and lives on with that."""
        position = self.positions[place] if place is not None else position or POSITION
        kept = {}

        def keep(*arguments):
            kept.update(act(*arguments))
            return dict(kept)
        case = attempt(self.case(position, args), keep)
        print(json.dumps(lean({"kind": kind, **case}), separators=(",", ":")))
        if "err" in case["expect"]:
            return False
        if "ledger" in kept:
            self.ledger = kept["ledger"]
        if "position" in kept and place is None:
            self.positions.append(kept["position"])
        elif "position" in kept:
            self.positions[place] = kept["position"]
        return True

    def accrue(self):
        """The market is brought up to date before every act; of the position only the view is compared."""
        position = self.rng.below(len(self.positions)) if self.positions else None
        shown = self.positions[position] if position is not None else dict(POSITION)

        def act(params, market, ledger, position, sample, now, args):
            after = model.accrue(params, market, ledger, now)
            return {"ledger": after, "position": model.accrued(params, after, position)}
        case = attempt(self.case(shown), act)
        print(json.dumps(lean({"kind": "accrue", **case}), separators=(",", ":")))
        self.ledger = model.accrue(self.params, {"index": self.price}, self.ledger, self.now)

    def step(self):
        """Time passes, and somebody acts."""
        rng = self.rng
        self.pass_time()
        self.accrue()
        open_places = [place for place, position in enumerate(self.positions) if position["status"] == "open"]
        if self.sighted is not None:
            self.liquidate(self.sighted)
        elif not self.ledger["shares"] or not rng.below(40):
            self.deposit()
        elif len(open_places) < POSITIONS and not rng.below(4):
            self.open()
        elif open_places:
            self.touch(self.weakest(open_places) if rng.below(2) else some(rng, *open_places))

    def weakest(self, places):
        """The position with the least health: where keepers look."""
        def health(place):
            position = model.accrued(self.params, self.ledger, self.positions[place])
            return model.value(self.params, position, self.price)["health_ppm"]
        return min(places, key=health)

    def deposit(self):
        def act(params, market, ledger, position, sample, now, args):
            return model.deposit(params, market, ledger, args)
        self.play("deposit", act, args={"amount": some(self.rng, 2_000_000, 20_000_000) * self.unit})

    def open(self):
        rng = self.rng
        position = dict(POSITION, status="pending", side=some(rng, "long", "short"))
        notional = some(rng, 30, 400, 5_000, 60_000, 300_000) * self.unit + rng.below(self.unit)
        notional = max(notional, self.price // self.params["notional_divisor"])
        position["collateral"] = notional * some(rng, 60_000, 110_000, 200_000, 1_000_000) // E6
        self.play("increase", model.increase, position=position, args=self.increase_args(position, notional))

    def increase_args(self, position, notional):
        worst = ANY_PRICE if position["side"] == "long" else 1
        # At least one: the whole units of one market are dear.
        size = max(1, notional * self.params["notional_divisor"] // self.price)
        return {"size": size, "acceptable": worst,
                "payout_cap_ppm": some(self.rng, 50_000, 300_000, E6)}

    def touch(self, place):
        """One of the things that can happen to an open position."""
        rng, position = self.rng, self.positions[place]
        choice = rng.below(13)
        if choice < 6:
            self.liquidate(place)
        elif choice < 7:
            worst = 1 if position["side"] == "long" else ANY_PRICE
            size = max(1, position["size"] * some(rng, 100_000, 500_000, E6) // E6)
            self.aged = some(rng, 0, 0, 5, 12, 60)
            self.play("decrease", model.decrease, place, args={"size": size, "acceptable": worst})
            self.aged = 0
        elif choice < 8:
            notional = some(rng, 30, 1_000, 20_000) * self.unit
            self.play("increase", model.increase, place, args=self.increase_args(position, notional))
        elif choice < 9:
            amount = max(1, position["collateral"] * some(rng, 10_000, 300_000) // E6)
            self.play("remove", model.remove_collateral, place, args={"amount": amount})
        elif choice < 11:
            self.play("settle", model.settle_capped, place)
        else:
            def act(params, market, ledger, position, sample, now, args):
                seen = model.accrued(params, ledger, position)
                return {"position": model.refreshed(params, market, ledger, seen, sample, now)}
            self.refresh(place, act)

    def liquidate(self, place):
        """Once more soon where it was the first sighting: two are needed."""
        self.play("liquidate", model.liquidate, place, args={"insurance_frozen": int(not self.rng.below(6))})
        after = self.positions[place]
        self.sighted = place if after["status"] == "open" and after["below_since"] and self.rng.below(4) else None

    def refresh(self, place, act):
        """The crate refreshes an accrued position; the history goes on with it."""
        self.positions[place] = model.accrued(self.params, self.ledger, self.positions[place])
        self.play("refresh", act, place)

    def check(self):
        """INV-12 and INV-03 in the oracle itself: sums are the positions', promises are held."""
        for name in ("long", "short"):
            own = [position for position in self.positions
                   if position["status"] == "open" and position["side"] == name]
            side = self.ledger[name]
            assert side["open_interest"] == sum(position["size"] for position in own)
            assert side["cost_e12"] == sum(position["size"] * position["entry"] for position in own)
            assert side["reserved"] == sum(position["reserved"] for position in own)
            assert side["positions"] == len(own)
        assert model.total_reserved(self.ledger) <= self.ledger["pool"]


def main():
    seed, count, steps = map(int, sys.argv[1:])
    print(json.dumps(lean({"params": [params for params, _ in MARKETS]}), separators=(",", ":")))
    for number in range(count):
        life = Life(SplitMix64(seed * 1_000_003 + number))
        for _ in range(steps):
            life.step()
            life.check()


if __name__ == "__main__":
    main()
