#!/usr/bin/env python3
"""Writes the risk crate's test vectors. Standard library only; the same bytes on every machine.

    generate.py --out DIR     writes volatility.json and money.json
    generate.py --real FILE   walks a CSV of minutes (gzip too) and prints the state after every line

The formulas stand in series.py and model.py, written from docs/math.md and not from the Rust code.
"""

import argparse
import json
import sys
from copy import deepcopy
from pathlib import Path

import model
import series
from series import SplitMix64

NOW = 1_700_000_000
E6, E12 = 10**6, 10**12


def params_of(base, quote, dollars, **changes):
    """A market's parameters; `dollars` scales what is in quote atoms."""
    unit = 10**quote
    return {
        "base_decimals": base, "quote_decimals": quote, "notional_divisor": 10 ** (12 + base - quote),
        "stress_variance_e24": 64 * 10**22 // series.YEAR, "margin_min_ppm": 25_000, "margin_max_ppm": 200_000,
        "initial_margin_min_ppm": 20_000, "liquidation_fee_ppm": 5_000, "trade_fee_ppm": 500,
        "confidence_max_ppm": 20_000, "utilisation_max_ppm": 800_000, "pool_share_max_ppm": 200_000,
        "depth_quote_atoms": 5_000_000 * dollars * unit,
        "open_interest_cap_quote_atoms": 100_000_000 * dollars * unit,
        "skew_cap_quote_atoms": 60_000_000 * dollars * unit,
        "notional_min_quote_atoms": 20 * unit, "chunk_min_quote_atoms": 10 * unit,
        "order_delay_secs": 2, "order_window_secs": 15,
        "borrow_kink_utilisation_ppm": 700_000, "borrow_kink_rate_e12": 6_342,
        "borrow_full_utilisation_ppm": 950_000, "borrow_full_rate_e12": 95_129,
        "funding_skew_scale_quote_atoms": 20_000_000 * dollars * unit, "funding_velocity_max_e18": 8_000_000,
        "funding_rate_max_e12": 60_000, "impact_scale_quote_atoms": 0, "keeper_floor_quote_atoms": 0,
        "crank_fee_quote_atoms": 0, **changes,
    }


# With a price to match, in 10^-12 USD.
MARKETS = [
    (params_of(8, 6, 1), 60_000 * E12),
    (params_of(9, 6, 1, trade_fee_ppm=1_000, liquidation_fee_ppm=10_000, margin_min_ppm=40_000), 150 * E12),
    (params_of(5, 6, 1, trade_fee_ppm=0), 2 * 10**7),
    (params_of(8, 9, 1, trade_fee_ppm=5_000, liquidation_fee_ppm=20_000, margin_min_ppm=50_000), 3_000 * E12),
    (params_of(8, 6, 1, borrow_kink_rate_e12=0, borrow_full_rate_e12=0, funding_rate_max_e12=0), 60_000 * E12),
    (params_of(0, 6, 1, borrow_kink_utilisation_ppm=0), 12_000_000 * E12),
    (params_of(8, 6, 1, impact_scale_quote_atoms=400_000_000 * E6, keeper_floor_quote_atoms=30_000), 60_000 * E12),
    # At the tightest scale, where a quarter of it is an ordinary skew; prices with few digits.
    (params_of(5, 6, 1, impact_scale_quote_atoms=40_000_000 * E6, open_interest_cap_quote_atoms=10_000_000 * E6,
               keeper_floor_quote_atoms=30_000), 2 * 10**7),
]
POSITION = {
    "status": "open", "side": "long", "size": 0, "entry": 0, "collateral": 0, "collateral_counted": 0,
    "owed_borrow": 0, "owed_funding": 0, "due": 0, "reserved": 0, "borrow_snapshot_e12": 0,
    "funding_paid_snapshot_e24": 0, "funding_received_snapshot_e24": 0, "margin_ppm": 0, "addon_ppm": 0,
    "liquidation_fee_ppm": 0, "margin_refreshed_at": 0, "opened_at": 0, "below_since": 0,
}
SIDE = {"open_interest": 0, "cost_e12": 0, "reserved": 0, "collateral": 0, "positions": 0,
        "funding_paid_e24": 0, "funding_received_e24": 0}
LEDGER = {"pool": 0, "shares": 0, "protocol_fees": 0, "crank_budget": 0, "insurance": 0, "shortfall_total": 0,
          "borrow_index_e12": 0, "funding_rate_e18": 0, "funding_due": 0, "borrow_owed": 0, "accrued_at": 0,
          "impact_reference": 0, "insurance_outflow_taken": 0, "insurance_outflow_at": 0}


def some(rng, *choices):
    return choices[rng.below(len(choices))]


def near(rng, number, ppm):
    """A number within so many millionths of another."""
    return max(1, number * (E6 + rng.between(-ppm, ppm)) // E6)


def world(rng):
    """A market in the middle of its life, with one position and the sums of the others."""
    which = rng.below(len(MARKETS))
    params, base = MARKETS[which]
    unit = 10 ** params["quote_decimals"]
    price = near(rng, base, some(rng, 0, 1_000, 300_000))
    sample = {"price": price, "conf": price * some(rng, 0, 0, 1, 300, 2_500, 19_000) // E6, "ema": 0,
              "publish_time": NOW - rng.below(4)}
    ramp = rng.between(params["margin_min_ppm"], params["margin_max_ppm"]) * 1_000 // some(rng, 1, 1, 4)
    ramp = max(ramp, params["margin_min_ppm"] * 1_000) + rng.below(2) * rng.below(1_000)
    market = {"status": "active", "index": price, "mark": near(rng, price, some(rng, 0, 5_000)), "ramp_ppb": ramp,
              "target_ppm": some(rng, ramp // 1_000, params["margin_min_ppm"], near(rng, ramp // 1_000, 300_000)),
              "conf_wide_since": some(rng, 0, 0, 0, 0, NOW - 5, NOW - 599, NOW - 601), "extremes": []}
    newest = NOW // model.HOUR4
    for bucket in range(newest - 17, newest + 1):
        if bucket == newest or not rng.below(4):
            ends = sorted((near(rng, price, 40_000), near(rng, price, 40_000)))
            low, high = (min(ends[0], price), max(ends[1], price)) if bucket == newest else ends
            market["extremes"].append([bucket, low, high])
    ledger = {**LEDGER, "accrued_at": NOW, "borrow_index_e12": rng.below(10**11),
              "funding_rate_e18": rng.between(-60_000 * E6, 60_000 * E6) if params["funding_rate_max_e12"] else 0,
              "insurance": rng.below(10**5) * unit}
    for name in ("long", "short"):
        notional = rng.between(1, 30_000_000) * unit
        size = notional * params["notional_divisor"] // price + 1
        ledger[name] = {**SIDE, "open_interest": size, "cost_e12": size * near(rng, price, 100_000),
                        "reserved": notional // some(rng, 1, 2, 20), "collateral": notional // some(rng, 5, 20),
                        "positions": rng.between(1, 300), "funding_paid_e24": rng.below(10**9) * price,
                        "funding_received_e24": rng.below(10**9) * price}
    if params["impact_scale_quote_atoms"]:
        ledger["impact_reference"] = near(rng, price, 300_000) * rng.below(4) // some(rng, 3, 2)
        ledger["insurance_outflow_taken"] = some(rng, 0, ledger["insurance"] // 10, ledger["insurance"] // 2)
        ledger["insurance_outflow_at"] = NOW - some(rng, 0, 60, 40_000, 100_000)
        ledger["crank_budget"] = some(rng, 0, 7_000, 10**7)
        if not rng.below(4):
            size = ledger["long"]["open_interest"]
            ledger["short"].update(open_interest=size, cost_e12=size * price)
    held = ledger["long"]["reserved"] + ledger["short"]["reserved"]
    ledger["pool"] = held * some(rng, 1_300_000, 2_000_000, 9_000_000) // E6 + 10_000_000 * unit
    ledger["shares"] = near(rng, ledger["pool"], 200_000)
    ledger["borrow_owed"], ledger["funding_due"] = rng.below(1_000 * unit), rng.below(1_000 * unit)
    position = open_position(rng, params, market, ledger, price)
    return {"params": which, "market": market, "ledger": ledger, "position": position, "sample": sample, "now": NOW}


def open_position(rng, params, market, ledger, price):
    unit = 10 ** params["quote_decimals"]
    position = dict(POSITION, side=some(rng, "long", "short"))
    side = ledger[position["side"]]
    notional = some(rng, 25, 60, 1_000, 20_000, 400_000) * unit + rng.below(unit)
    position["entry"] = near(rng, price, some(rng, 0, 20_000, 150_000))
    position["size"] = max(1, notional * params["notional_divisor"] // position["entry"])
    notional = position["size"] * price // params["notional_divisor"]
    position["reserved"] = notional * some(rng, E6, 300_000, 50_000) // E6
    position["margin_ppm"] = some(rng, market["ramp_ppb"] // 1_000, near(rng, market["ramp_ppb"] // 1_000, 300_000))
    position["addon_ppm"] = rng.below(30_000)
    position["liquidation_fee_ppm"] = params["liquidation_fee_ppm"]
    position["opened_at"] = NOW - some(rng, 60, 20_000, 400_000)
    position["margin_refreshed_at"] = NOW - some(rng, 0, 59, 60, 600, 5_000)
    position["below_since"] = some(rng, 0, NOW - 30, NOW - 10, NOW - 6, NOW - 100)
    position["borrow_snapshot_e12"] = max(0, ledger["borrow_index_e12"] - rng.below(10**9))
    for key in ("funding_paid", "funding_received"):
        position[key + "_snapshot_e24"] = max(0, side[key + "_e24"] - rng.below(10**6) * price)
    position["owed_borrow"], position["owed_funding"] = rng.below(2 * unit), rng.below(2 * unit)
    position["due"] = some(rng, 0, rng.below(3 * unit))
    # Collateral for a health of so many times its requirement.
    wanted = model.maintenance_ppm(position) * some(rng, 0, 300, 700, 950, 1_000, 1_050, 1_300, 2_000, 6_000) // 1_000
    valued = model.value(params, position, price)
    position["collateral"] = max(0, notional * wanted // E6 - valued["equity"] + rng.below(3))
    position["collateral_counted"] = position["collateral"] * some(rng, 0, 1, 1)
    side["open_interest"] += position["size"]
    side["cost_e12"] += position["size"] * position["entry"]
    side["reserved"] += position["reserved"]
    side["collateral"] += position["collateral_counted"]
    return position


def attempt(case, act):
    """Adds what must come out: a report, or the name of the error."""
    params = MARKETS[case["params"]][0]
    before = deepcopy(case)
    try:
        report = act(params, case["market"], case["ledger"], case["position"], case["sample"], case["now"],
                     case.get("args"))
        for key in ("position", "ledger"):
            if key in report:
                report[key] = changes(before[key], report[key])
        expect = report
    except model.Refused as refused:
        expect = {"err": str(refused)}
    assert before == case, "an oracle function has changed its arguments"
    return {**case, "expect": expect}


def changes(before, after):
    """Only what differs; the test lays it over what was."""
    out = {}
    for key, new in after.items():
        old = before.get(key)
        if isinstance(new, dict):
            inner = changes(old, new)
            if inner:
                out[key] = inner
        elif new != old:
            out[key] = new
    return out


# --- cases by kind ----------------------------------------------------------------------------------


def value_case(rng):
    def act(params, market, ledger, position, sample, now, args):
        out = model.value(params, position, sample["price"])
        return {**out, "reason": model.reason(position, out),
                "liquidation_price": model.liquidation_price(params, position)}
    case = world(rng)
    if not rng.below(8):
        case["position"].update(owed_borrow=case["position"]["collateral"] * 2 + 5)
    return attempt(case, act)


def margin_case(rng):
    def act(params, market, ledger, position, sample, now, args):
        addon = model.addon_ppm(params, args["open_interest"])
        return {"addon_ppm": addon, "initial_ppm": model.initial_ppm(params, market, addon, sample)}
    case = world(rng)
    depth = MARKETS[case["params"]][0]["depth_quote_atoms"]
    case["args"] = {"open_interest": some(rng, 0, 1, depth // 4, depth, depth * 99, depth * 100, rng.below(depth * 50))}
    return attempt(case, act)


def increase_case(rng):
    case = world(rng)
    params, _ = MARKETS[case["params"]]
    unit, position, sample = 10 ** params["quote_decimals"], case["position"], case["sample"]
    if rng.below(2):
        fresh = dict(POSITION, status="pending", side=position["side"])
        remove_from_side(case["ledger"], position)
        case["position"] = position = fresh
        position["collateral"] = rng.between(5, 4_000) * unit
    else:
        position["collateral"] += rng.below(100_000) * unit
        position["margin_ppm"] = some(rng, -(-case["market"]["ramp_ppb"] // 1_000), position["margin_ppm"])
    if not rng.below(25):
        case["market"]["status"] = some(rng, "reduce_only", "settled")
    if not rng.below(12):
        case["ledger"]["pool"] = (model.total_reserved(case["ledger"])) * 5 // 4
    notional = some(rng, 30, 500, 5_000, 5_000, 60_000, 2_000_000, 40_000_000) * unit + rng.below(unit)
    if not rng.below(6):
        case["ledger"]["pool"] *= 10
        notional *= some(rng, 1, 20)
    size = notional * params["notional_divisor"] // sample["price"]
    edge = 1 if position["side"] == "long" else -1
    fill = sample["price"] + edge * sample["conf"]
    if size and params["impact_scale_quote_atoms"]:
        moved = model.impact(params, case["market"], case["ledger"], edge > 0, size)
        fill = model.with_impact(params, moved, edge > 0, size, fill)
    if not rng.below(3):
        position["collateral"] += notional
    case["args"] = {"size": size if rng.below(25) else 0, "acceptable": fill + edge * some(rng, *[0, 1] * 9, -1),
                    "payout_cap_ppm": some(rng, *[50_000, 400_000, E6, 333_333] * 5, 49_999, E6 + 1)}
    return attempt(case, model.increase)


def remove_from_side(ledger, position):
    side = ledger[position["side"]]
    side["open_interest"] -= position["size"]
    side["cost_e12"] -= position["size"] * position["entry"]
    side["reserved"] -= position["reserved"]
    side["collateral"] -= position["collateral_counted"]


def decrease_case(rng):
    case = world(rng)
    position, sample = case["position"], case["sample"]
    size = position["size"]
    size = some(rng, 1, size // 7, size // 2, size * 9 // 10, max(size - 1, 1), size, size + 10**6)
    edge = -1 if position["side"] == "long" else 1
    sample["publish_time"] -= some(rng, 0, 0, 0, 6, 7, 10, 60, 116)
    fill = sample["price"] + edge * (sample["conf"] + model.age_charge(case["market"], sample, NOW))
    params, _ = MARKETS[case["params"]]
    if params["impact_scale_quote_atoms"]:
        everything = min(size, position["size"])
        moved = model.impact(params, case["market"], case["ledger"], edge > 0, everything)
        fill = model.with_impact(params, moved, edge > 0, everything, fill)
    case["args"] = {"size": size, "acceptable": max(1, fill + edge * some(rng, 0, 5, 5, 5, 5, 5, 5, -1))}
    return attempt(case, model.decrease)


def remove_case(rng):
    case = world(rng)
    params, _ = MARKETS[case["params"]]
    unit, position = 10 ** params["quote_decimals"], case["position"]
    position["margin_ppm"] = some(rng, *[-(-case["market"]["ramp_ppb"] // 1_000)] * 3, position["margin_ppm"])
    position["liquidation_fee_ppm"] += some(rng, 0, 0, 9_000)
    position["collateral"] += rng.below(300_000) * unit
    case["args"] = {"amount": some(rng, 1, unit, rng.below(position["collateral"] + 2), position["collateral"] // 3)}
    return attempt(case, model.remove_collateral)


def capped(rng, case):
    """Moves the entry so far that the payout cap is reached, or just not."""
    params, _ = MARKETS[case["params"]]
    position, side = case["position"], case["ledger"][case["position"]["side"]]
    position["reserved"] = max(position["reserved"] // 20, 1)
    distance = (position["reserved"] + some(rng, -2, 0, 0, 3, 10**6)) * params["notional_divisor"] // position["size"]
    entry = max(1, case["sample"]["price"] - model.sign(position) * (distance + rng.below(2)))
    side["cost_e12"] += position["size"] * (entry - position["entry"])
    position["entry"] = entry


def settle_case(rng):
    case = world(rng)
    if rng.below(4):
        capped(rng, case)
    return attempt(case, model.settle_capped)


def liquidate_case(rng):
    case = world(rng)
    position = case["position"]
    position["below_since"] = some(rng, case["sample"]["publish_time"] - some(rng, 1, 2, 2, 30, 60), position["below_since"])
    if rng.below(2):
        case["market"]["conf_wide_since"] = 0
    if not rng.below(8):
        capped(rng, case)
    if not rng.below(6):
        # What is owed exceeds the collateral, and profit that is not paid out yet carries the position.
        owed = position["collateral"] + position["size"] * case["sample"]["price"] // MARKETS[case["params"]][0][
            "notional_divisor"] // 50
        position["owed_funding"] = owed
        position["due"] = owed // 2
    case["args"] = {"insurance_frozen": int(not rng.below(6))}
    return attempt(case, model.liquidate)


def deposit_case(rng):
    case = world(rng)
    unit = 10 ** MARKETS[case["params"]][0]["quote_decimals"]
    case["args"] = {"amount": some(rng, 0, 1, unit, rng.below(10**7) * unit, 1_000_000, 1_000_001)}
    if not rng.below(6):
        case["ledger"]["shares"] = 0
    if not rng.below(8):
        case["market"]["status"] = "reduce_only"
    if not rng.below(6):
        held = model.total_reserved(case["ledger"])
        case["ledger"]["pool"] = held // 3
    if not rng.below(6):
        case["ledger"].update(pool=10**17, shares=10**6)

    def act(params, market, ledger, position, sample, now, args):
        return model.deposit(params, market, ledger, args)
    return attempt(case, act)


def accrue_case(rng):
    case = world(rng)
    ledger = case["ledger"]
    ledger["accrued_at"] = some(rng, 0, NOW, NOW - 1, NOW - 60, NOW - 3_600, NOW - 90_000, NOW + 2)
    held = model.total_reserved(ledger)
    ledger["pool"] = held * E6 // some(rng, 20_000, 300_000, 699_999, 700_000, 700_001, 800_000, 949_999, 950_000, E6)
    if not rng.below(6):
        ledger[some(rng, "long", "short")]["open_interest"] = 0

    def act(params, market, ledger, position, sample, now, args):
        after = model.accrue(params, market, ledger, now)
        return {"ledger": after, "position": model.accrued(params, after, position)}
    return attempt(case, act)


def refresh_case(rng):
    case = world(rng)

    def act(params, market, ledger, position, sample, now, args):
        return {"position": model.refreshed(params, market, ledger, position, sample, now)}
    return attempt(case, act)


KINDS = [(value_case, 30), (margin_case, 20), (increase_case, 140), (decrease_case, 110), (remove_case, 40),
         (settle_case, 60), (liquidate_case, 260), (deposit_case, 35), (accrue_case, 30), (refresh_case, 40)]


def money():
    out = []
    for number, (make, count) in enumerate(KINDS):
        rng = SplitMix64(1_000 + number)
        kind = make.__name__.removesuffix("_case")
        needed = {"value": "", "margin": "", "deposit": "ledger", "accrue": "ledger"}.get(kind)
        for _ in range(count):
            case = make(rng)
            if needed == "":
                case["ledger"] = {}
            if kind in ("margin", "deposit"):
                del case["position"]
            if kind not in ("refresh", "increase", "decrease", "remove"):
                del case["market"]["extremes"]
            out.append({"kind": kind, **case})
    return {"params": [params for params, _ in MARKETS], "cases": out}


def lean(value, keep=False):
    """Leaves zeros out but of what changed, and writes integers beyond 64 bits as strings."""
    if isinstance(value, dict):
        return {key: lean(inner, keep or key == "expect") for key, inner in value.items() if keep or inner != 0}
    if isinstance(value, list):
        return [lean(inner, keep) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return str(value)
    return value


def write(path, data, rows):
    """One row to a line, so that a change shows where it is."""
    head = {key: value for key, value in data.items() if key != rows}
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write(json.dumps(lean(head), separators=(",", ":"))[:-1] + f',"{rows}":[\n')
        out.write(",\n".join(json.dumps(lean(row), separators=(",", ":")) for row in data[rows]))
        out.write("\n]}\n")


def main():
    parser = argparse.ArgumentParser(description="Test vectors of the risk crate.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="folder to write the JSON files to")
    what.add_argument("--real", help="CSV of minutes (ts,open,high,low,close,volume), gzip too")
    args = parser.parse_args()
    if args.real:
        series.real(args.real, sys.stdout)
        return
    args.out.mkdir(parents=True, exist_ok=True)
    write(args.out / "volatility.json", series.vectors(), "series")
    write(args.out / "money.json", money(), "cases")


if __name__ == "__main__":
    main()
