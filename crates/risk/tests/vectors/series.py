"""Volatility oracle: the formulas of docs/math.md, "Volatility", in decimal arithmetic of 30 digits.

Decimal and not float, so that every machine writes the same bytes. Nothing here is rounded as the Rust
code rounds; the test allows 3e-4 of relative error on every volatility.
"""

import csv
import gzip
from decimal import Decimal, getcontext
from functools import lru_cache

getcontext().prec = 30

E24 = Decimal(10) ** 24
TAUS = (3600, 86400, 2592000)
WEIGHTS = (Decimal("0.25"), Decimal("0.35"), Decimal("0.40"))
EMA_TAU = 5194
MASK = (1 << 64) - 1


class SplitMix64:
    """The generator that both languages share; sequence as published by Steele, Lea and Flood."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def between(self, low, high):
        return low + self.below(high - low + 1)


def path(spec):
    """Samples (time, price_e12, ema_e12) of a series: integers only, so that Rust can walk the same path.

    A phase is (samples, least gap, largest gap, amplitude_e9, drift_e9, jump_ppm, jump_e9). The return is
    drift plus the sum of three uniform numbers in [-amplitude, amplitude], or a jump of either sign.
    """
    rng = SplitMix64(spec["seed"])
    time, price = spec["start"], spec["price"]
    ema = price
    yield time, price, ema
    for count, gap_min, gap_max, amplitude, drift, jump_ppm, jump in spec["phases"]:
        for _ in range(count):
            gap = rng.between(gap_min, gap_max)
            time += gap
            change = drift + sum(rng.between(0, 2 * amplitude) - amplitude for _ in range(3))
            if rng.below(1_000_000) < jump_ppm:
                change += jump if rng.below(2) else -jump
            price = max(price * (1_000_000_000 + change) // 1_000_000_000, 1_000_000)
            ema = (ema * EMA_TAU + price * gap) // (EMA_TAU + gap)
            yield time, price, ema


@lru_cache(maxsize=None)
def decays(seconds):
    return tuple((-Decimal(seconds) / tau).exp() for tau in TAUS)


def relative(a, b):
    return abs(Decimal(2 * (a - b)) / Decimal(a + b))


class Volatility:
    """State of one market; variances per second, margins as fractions."""

    def __init__(self, params):
        self.stress = Decimal(params["stress_variance_e24"]) / E24
        self.low = Decimal(params["margin_min_ppm"]) / 10**6
        self.high = Decimal(params["margin_max_ppm"]) / 10**6
        self.first = None

    def sample(self, time, price, ema):
        """True if the sample opened a 60-second bucket."""
        if self.first is None:
            self.first = self.time = time
            self.price = price
            self.v = [self.stress] * 3
            self.v_ema = self.stress
            self.target = self.wanted()
            self.ramp = self.target
            return True
        if time // 60 <= self.time // 60:
            return False
        gap = time - self.time
        change = min(relative(price, self.price), Decimal("0.1"))
        if gap > 3600:
            self.v[0] = max(self.v[0], self.v[1])
        kept = decays(gap)
        self.v = [v * d + change * change * (1 - d) / gap for v, d in zip(self.v, kept)]
        if ema:
            away = relative(price, ema)
            self.v_ema = self.v_ema * kept[1] + 2 * away * away / EMA_TAU * (1 - kept[1])
        self.time, self.price = time, price
        self.target = self.wanted()
        hours = Decimal(min(gap, 3600)) / 3600
        if self.target > self.ramp:
            self.ramp = min(self.target, self.ramp * (1 + Decimal("0.25") * hours))
        else:
            self.ramp = max(self.target, self.ramp * (1 - Decimal("0.02") * hours))
        return True

    def wanted(self):
        blend = sum(w * v for w, v in zip(WEIGHTS, self.v))
        used = Decimal("0.75") * max(blend, self.v_ema) + Decimal("0.25") * self.stress
        if self.time - self.first < 48 * 3600:
            used = max(used, self.stress)
        return min(max(7 * (1800 * used).sqrt(), self.low), self.high)

    def row(self):
        """Variances in 10^-24 per second, margins in ppm, ten digits each."""
        values = [v * E24 for v in self.v] + [self.v_ema * E24, self.target * 10**6, self.ramp * 10**6]
        return [float(f"{value:.9e}") for value in values]


YEAR = 31_536_000
BTC = {"stress_variance_e24": 64 * 10**22 // YEAR, "margin_min_ppm": 25_000, "margin_max_ppm": 200_000}
SOL = {"stress_variance_e24": 144 * 10**22 // YEAR, "margin_min_ppm": 40_000, "margin_max_ppm": 250_000}
START = 1_700_000_007
# (samples, gap_min, gap_max, amplitude_e9, drift_e9, jump_ppm, jump_e9)
SERIES = [
    {"name": "irregular", "params": BTC, "seed": 1, "start": START, "price": 30_000 * 10**12, "phases": [
        [20_000, 1, 10_800, 6_000_000, 0, 2_000, 40_000_000]]},
    {"name": "minutes_with_crash", "params": BTC, "seed": 2, "start": START, "price": 60_000 * 10**12, "phases": [
        [8_000, 55, 65, 300_000, 0, 500, 5_000_000],
        [600, 55, 65, 3_000_000, -900_000, 20_000, 20_000_000],
        [1, 20_000, 20_000, 0, -200_000_000, 0, 0],
        [11_399, 55, 65, 500_000, 30_000, 500, 5_000_000]]},
    {"name": "calm_then_seconds", "params": SOL, "seed": 3, "start": START, "price": 150 * 10**12, "phases": [
        [10_000, 50, 130, 60_000, 0, 0, 0],
        [8_000, 1, 20, 200_000, 0, 0, 0],
        [2_000, 60, 600, 2_000_000, 0, 5_000, 90_000_000]]},
    {"name": "gaps_of_days", "params": SOL, "seed": 4, "start": START, "price": 2 * 10**8, "phases": [
        [2_000, 60, 300, 900_000, 0, 0, 0],
        [40, 86_400, 5_000_000, 20_000_000, 0, 0, 0],
        [2_000, 1, 3_600, 4_000_000, 0, 10_000, 300_000_000]]},
]
EVERY = 100


def vectors():
    out = []
    for spec in SERIES:
        model, rows, check = Volatility(spec["params"]), [], 0
        for number, (time, price, ema) in enumerate(path(spec)):
            model.sample(time, price, ema)
            check = (check * 31 + price + ema + time) & MASK
            if number % EVERY == 0:
                rows.append([number] + model.row())
        out.append({**spec, "checksum": str(check), "rows": rows})
    return {"columns": ["number", "v_1h", "v_1d", "v_30d", "v_ema", "m_target", "m_ramp"], "series": out}


def real(file, stream):
    """Every minute of a CSV (ts,open,high,low,close,volume) and the state after it, one line each."""
    opened = gzip.open(file, "rt") if file.endswith(".gz") else open(file)
    model, ema, last = Volatility(BTC), None, None
    with opened as lines:
        for line in csv.DictReader(lines):
            time = int(line["ts"]) + 60
            price = int(Decimal(line["close"]) * 10**12)
            ema_kept = Decimal(0) if ema is None else (-Decimal(time - last) / EMA_TAU).exp()
            ema = Decimal(price) if ema is None else ema * ema_kept + price * (1 - ema_kept)
            last = time
            model.sample(time, price, int(ema))
            print(time, price, int(ema), *model.row(), file=stream)
