"""Money oracle: docs/math.md in exact integers and fractions. State is plain dictionaries.

Every amount is written as one exact fraction and rounded once, in the direction that the document names.
"""

from copy import deepcopy
from fractions import Fraction as F
from math import ceil, floor, isqrt

E6, E12 = 10**6, 10**12
HOUR4 = 14_400


class Refused(Exception):
    """An operation that must fail, with the name of its error."""


def refuse(condition, name):
    if condition:
        raise Refused(name)


def ceil_sqrt(value):
    """Least integer whose square reaches the rational `value`; the root is taken of its ceiling."""
    value = ceil(value)
    root = isqrt(value)
    return root + (root * root != value)


# --- prices and margins ---------------------------------------------------------------------------


def sign(position):
    return 1 if position["side"] == "long" else -1


def other(side):
    return "short" if side == "long" else "long"


def worth(params, size, price):
    return F(size * price, params["notional_divisor"])


def conf_ppm(sample):
    return ceil(F(sample["conf"] * E6, sample["price"]))


def ramp_ppm(market):
    return ceil(F(market["ramp_ppb"], 1000))


def addon_ppm(params, notional):
    root = ceil_sqrt(F(notional * E12, params["depth_quote_atoms"]))
    return min(ceil(F(root, 100)), 100_000)


def addon_of_side(params, market, ledger, side):
    return addon_ppm(params, ceil(worth(params, ledger[side]["open_interest"], market["index"])))


def initial_ppm(params, market, addon, sample):
    volatile = ceil(F(16 * max(market["target_ppm"], ramp_ppm(market)), 10))
    floor_ppm = max(volatile, params["initial_margin_min_ppm"])
    return floor_ppm + addon + params["liquidation_fee_ppm"] + 2 * conf_ppm(sample)


def position_initial_ppm(params, market, position, addon_now, sample):
    """The position's own parts count where they are higher than the market's present ones."""
    fee_excess = max(0, position["liquidation_fee_ppm"] - params["liquidation_fee_ppm"])
    return initial_ppm(params, market, max(position["addon_ppm"], addon_now), sample) + fee_excess


# --- value ----------------------------------------------------------------------------------------


def owed(position):
    return position["owed_borrow"] + position["owed_funding"]


def pnl(params, position, price, size=None):
    size = position["size"] if size is None else size
    return floor(sign(position) * worth(params, size, price - position["entry"]))


def maintenance_ppm(position):
    return position["margin_ppm"] + position["addon_ppm"] + position["liquidation_fee_ppm"]


def value(params, position, price):
    notional = ceil(worth(params, position["size"], price))
    result = pnl(params, position, price)
    gain = result + position["due"]
    equity = position["collateral"] - owed(position) + min(gain, position["reserved"])
    health = floor(F(equity * E6, notional)) if notional else 2**63 - 1
    return {
        "notional": notional,
        "pnl": result,
        "gain": gain,
        "equity": equity,
        "health_ppm": health,
        "maintenance_margin": ceil(F(notional * maintenance_ppm(position), E6)),
        "equity_without_gains": position["collateral"] - owed(position) + min(gain, 0),
    }


def reason(position, valued):
    if position["status"] != "open":
        return None
    if valued["gain"] >= position["reserved"]:
        return "PayoutCapped"
    return margin_reason(valued)


def margin_reason(valued):
    if valued["equity"] <= 0:
        return "Insolvent"
    return "BelowMaintenance" if valued["equity"] < valued["maintenance_margin"] else None


def liquidation_price(params, position):
    """Solves collateral - owed + due + sign * s * (P - e) / D = m * s * P / D for P."""
    if position["status"] != "open":
        return 0
    size, margin = position["size"], F(maintenance_ppm(position), E6)
    backing = position["collateral"] - owed(position) + position["due"]
    direction = sign(position)
    price = (F(size * position["entry"]) - direction * backing * params["notional_divisor"]) / (
        size * (1 - direction * margin))
    if price < 0:
        return 0
    price = ceil(price) if direction > 0 else floor(price)
    return price if price < 2**64 else 0


# --- accrual --------------------------------------------------------------------------------------


def total_reserved(ledger):
    return ledger["long"]["reserved"] + ledger["short"]["reserved"]


def borrow_rate(params, ledger):
    """Per second, in 10^-12, rounded down on each of its two slopes."""
    if not params["borrow_full_rate_e12"]:
        return 0
    reserved = total_reserved(ledger)
    used = 0 if not reserved else E6 if not ledger["pool"] else ceil(F(reserved * E6, ledger["pool"]))
    kink, full = params["borrow_kink_utilisation_ppm"], params["borrow_full_utilisation_ppm"]
    low, high = params["borrow_kink_rate_e12"], params["borrow_full_rate_e12"]
    if used <= kink:
        return floor(F(low * used, kink)) if kink else 0
    return low + floor(F((high - low) * (min(used, full) - kink), full - kink))


def accrue(params, market, ledger, now):
    ledger = deepcopy(ledger)
    seconds = max(0, now - ledger["accrued_at"])
    if not seconds:
        return ledger
    if ledger["accrued_at"]:
        growth = borrow_rate(params, ledger) * seconds
        ledger["borrow_index_e12"] += growth
        ledger["borrow_owed"] += floor(F(total_reserved(ledger) * growth, E12))
        accrue_funding(params, ledger, market["index"], seconds)
    ledger["accrued_at"] = now
    return ledger


def accrue_funding(params, ledger, index, seconds):
    before, scale = ledger["funding_rate_e18"], params["funding_skew_scale_quote_atoms"]
    largest = params["funding_rate_max_e12"] * E6
    after = 0
    if scale and largest:
        sides = [floor(worth(params, ledger[side]["open_interest"], index)) for side in ("long", "short")]
        skew = sides[0] - sides[1]
        drift = floor(F(params["funding_velocity_max_e18"] * min(abs(skew), scale) * seconds, scale))
        after = max(-largest, min(largest, before + (drift if skew >= 0 else -drift)))
    ledger["funding_rate_e18"] = after
    twice = before + after
    if not twice:
        return
    payer = "long" if twice > 0 else "short"
    receiver = other(payer)
    growth = floor(F(abs(twice) * seconds * index, 2 * E6))
    ledger[payer]["funding_paid_e24"] += growth
    paying, receiving = ledger[payer]["open_interest"], ledger[receiver]["open_interest"]
    if receiving:
        shared = floor(growth * min(F(1), F(paying, receiving)))
        ledger[receiver]["funding_received_e24"] += shared
        ledger["funding_due"] += ceil(F(receiving * shared, params["notional_divisor"] * E12))


def accrued(params, ledger, position):
    position, side = dict(position), ledger[position["side"]]
    unit = params["notional_divisor"] * E12
    position["owed_borrow"] += ceil(
        F(position["reserved"] * (ledger["borrow_index_e12"] - position["borrow_snapshot_e12"]), E12))
    paid = side["funding_paid_e24"] - position["funding_paid_snapshot_e24"]
    got = side["funding_received_e24"] - position["funding_received_snapshot_e24"]
    position["owed_funding"] += ceil(F(position["size"] * paid, unit))
    position["due"] += floor(F(position["size"] * got, unit))
    take_snapshots(position, ledger)
    return position


def take_snapshots(position, ledger):
    side = ledger[position["side"]]
    position["borrow_snapshot_e12"] = ledger["borrow_index_e12"]
    position["funding_paid_snapshot_e24"] = side["funding_paid_e24"]
    position["funding_received_snapshot_e24"] = side["funding_received_e24"]


def carry(params, ledger, position, price, seconds):
    """What the position would accrue at the present rates; never what it would receive."""
    result = ceil(F(position["reserved"] * borrow_rate(params, ledger) * seconds, E12))
    rate = ledger["funding_rate_e18"] * sign(position)
    if rate > 0:
        notional = ceil(worth(params, position["size"], price))
        result += ceil(F(notional * rate * seconds, E6 * E12))
    return result


# --- refresh --------------------------------------------------------------------------------------


def worst_since(market, side, since, price):
    """Over the four-hour buckets kept, from the one in which `since` lies, whole."""
    seen = [price]
    newest = max((row[0] for row in market["extremes"]), default=0)
    for bucket, low, high in market["extremes"]:
        if bucket >= since // HOUR4 and bucket > newest - 18:
            seen.append(low if side == "long" else high)
    return min(seen) if side == "long" else max(seen)


def lowered(params, market, ledger, position):
    position = dict(position)
    if position["status"] == "open":
        position["margin_ppm"] = min(position["margin_ppm"], ramp_ppm(market))
        position["addon_ppm"] = min(
            position["addon_ppm"], addon_of_side(params, market, ledger, position["side"]))
    return position


def refreshed(params, market, ledger, position, sample, now, by_owner=False):
    """An owner's own act is not bound by the speed of a rise, only by what the position has shown."""
    position = lowered(params, market, ledger, position)
    if position["status"] != "open":
        return position
    ramp = ramp_ppm(market)
    if ramp <= position["margin_ppm"]:
        position["margin_refreshed_at"] = now
        return position
    seconds = max(0, now - position["margin_refreshed_at"])
    if seconds < 60 and not by_owner:
        return position
    worst = worst_since(market, position["side"], position["opened_at"], sample["price"])
    health = min(value(params, position, price)["health_ppm"] for price in (worst, sample["price"]))
    others = position["addon_ppm"] + position["liquidation_fee_ppm"]
    shown = max(0, floor(F(max(health, 0) * 10, 11)) - others)
    reach = position["margin_ppm"] + floor(F(position["margin_ppm"] * min(seconds, 3600), 4 * 3600))
    reach = ramp if by_owner else reach
    position["margin_ppm"] = max(position["margin_ppm"], min(ramp, shown, reach))
    position["margin_refreshed_at"] = now
    return position


def behind(market, position):
    return position["status"] == "open" and position["margin_ppm"] < ramp_ppm(market)


# --- booking --------------------------------------------------------------------------------------


def count(ledger, position, amount):
    ledger[position["side"]]["collateral"] += amount - position["collateral_counted"]
    position["collateral_counted"] = amount


def pay_owed(ledger, position):
    """Everything owed leaves the collateral for the pool."""
    amount = owed(position)
    refuse(position["collateral"] < amount, "InsufficientCollateral")
    ledger["borrow_owed"] -= min(ledger["borrow_owed"], position["owed_borrow"])
    ledger["pool"] += amount
    position["collateral"] -= amount
    position["owed_borrow"] = position["owed_funding"] = 0
    return amount


def book_fee(ledger, fee):
    protocol, crank = fee // 10, fee // 20
    ledger["protocol_fees"] += protocol
    ledger["crank_budget"] += crank
    ledger["pool"] += fee - protocol - crank


def take_fee(params, ledger, position, notional):
    whole = ceil(F(notional * params["trade_fee_ppm"], E6))
    fee = min(whole, position["collateral"])
    refuse(fee < whole and position["status"] == "open", "DecreaseWorsensHealth")
    position["collateral"] -= fee
    book_fee(ledger, fee)
    return fee


def net(to_pool, to_vault):
    both = min(to_pool, to_vault)
    return {"to_pool": to_pool - both, "to_vault": to_vault - both}


def close(params, ledger, position, size, price):
    """Loss first, then what is owed, out of collateral and payout together."""
    full = size == position["size"]
    share = F(size, position["size"])
    due, released = floor(position["due"] * share), floor(position["reserved"] * share)
    result = pnl(params, position, price, size)
    gain = result + due
    payout, loss = min(max(gain, 0), released), max(-gain, 0)
    funds = position["collateral"] + payout
    loss_paid = min(loss, funds)
    owed_paid = min(owed(position), funds - loss_paid)
    shortfall = loss + owed(position) - loss_paid - owed_paid
    refuse(shortfall and not full, "DecreaseWorsensHealth")
    side = ledger[position["side"]]
    side["open_interest"] -= size
    side["cost_e12"] -= size * position["entry"]
    side["reserved"] -= released
    ledger["pool"] += loss_paid + owed_paid - payout
    ledger["borrow_owed"] -= min(ledger["borrow_owed"], position["owed_borrow"])
    ledger["funding_due"] -= min(ledger["funding_due"], due)
    ledger["shortfall_total"] += shortfall
    position["collateral"] = funds - loss_paid - owed_paid
    position["owed_borrow"] = position["owed_funding"] = 0
    position["due"] -= due
    position["reserved"] -= released
    position["size"] -= size
    if full:
        side["positions"] -= 1
        count(ledger, position, 0)
        position["status"] = "closed"
        for key in ("entry", "margin_ppm", "addon_ppm", "liquidation_fee_ppm", "below_since"):
            position[key] = 0
    return {
        "size": size, "notional": ceil(worth(params, size, price)), "price": price, "pnl": result, "due": due,
        "payout": payout, "loss_paid": loss_paid, "owed_paid": owed_paid, "shortfall": shortfall,
        "reserved_released": released, "is_full": full,
    }


# --- price impact and insurance --------------------------------------------------------------------


def potential(params, skew):
    """x^2 / (2 scale), from a quarter of the scale on at the slope of a quarter; `skew` in quote atoms."""
    scale = params["impact_scale_quote_atoms"]
    steep = scale // 4
    if skew <= steep:
        return F(skew * skew, 2 * scale)
    return F(2 * skew * steep - steep * steep, 2 * scale)


def between(params, low, high, price, up):
    """The potential between two skews in base atoms. The ends of each piece are rounded so that the whole comes
    out no lower (`up`) or no higher than it is."""
    steep = params["impact_scale_quote_atoms"] // 4
    away, near = (ceil, floor) if up else (floor, ceil)
    ends = [worth(params, size, price) for size in (low, high)]
    delta = away(worth(params, high - low, price))
    if away(ends[1]) <= steep:
        amount = F(delta * (away(ends[0]) + away(ends[1])), 2 * params["impact_scale_quote_atoms"])
    elif floor(ends[0]) >= steep:
        amount = F(delta * steep, params["impact_scale_quote_atoms"])
    else:
        amount = potential(params, away(ends[1])) - potential(params, near(ends[0]))
    return away(amount)


def impact(params, market, ledger, buys, size):
    """Charge, rebate, and the reference price afterwards if the charge is paid and if not."""
    if not params["impact_scale_quote_atoms"]:
        return {"charge": 0, "rebate": 0, "paid": 0, "unpaid": 0}
    index = market["index"]
    skew = ledger["long"]["open_interest"] - ledger["short"]["open_interest"]
    after = skew + (size if buys else -size)
    reference = min(index, ledger["impact_reference"])
    have, will = abs(skew), abs(after)
    if skew * after < 0:
        return {"charge": between(params, 0, will, index, True), "paid": index, "unpaid": 0,
                "rebate": between(params, 0, have, reference, False)}
    if will > have:
        return {"charge": between(params, have, will, index, True), "rebate": 0,
                "paid": floor(F(have * reference + size * index, will)),
                "unpaid": floor(F(have * reference, will))}
    kept = reference if will else 0
    return {"charge": 0, "rebate": between(params, will, have, reference, False), "paid": kept, "unpaid": kept}


def capped_charge(moved, most):
    """Liquidation: no rebate, and a charge of `most` at most; charged less, the skew is not paid for."""
    moved = {**moved, "rebate": 0}
    return {**moved, "charge": most, "paid": moved["unpaid"]} if moved["charge"] > most else moved


def with_impact(params, moved, buys, size, price):
    worse = ceil(F(moved["charge"] * params["notional_divisor"], size))
    better = floor(F(moved["rebate"] * params["notional_divisor"], size))
    return max(1, min(price + worse, 2**64 - 1) - better if buys else min(price + better, 2**64 - 1) - worse)


def close_with_impact(params, ledger, position, size, price, moved):
    """The skew counts as paid for where the charge neither ends above the payout cap nor as a shortfall."""
    fill = with_impact(params, moved, position["side"] == "short", size, price)
    raw = pnl(params, position, price, size)
    closed = close(params, ledger, position, size, fill)
    paid = not closed["shortfall"] and raw + closed["due"] <= closed["reserved_released"]
    ledger["impact_reference"] = moved["paid" if paid else "unpaid"]
    return closed


DAY = 86_400


def insurance_pays(ledger, to_keeper, to_pool, now):
    """A tenth of the vault for an event, and a bucket of a quarter that drains within a day."""
    if not to_keeper and not to_pool:
        return {"to_keeper": 0, "shortfall_covered": 0}
    balance, taken = ledger["insurance"], ledger["insurance_outflow_taken"]
    seconds = min(max(0, now - ledger["insurance_outflow_at"]), DAY)
    full = floor(F(balance + taken, 4))
    taken -= min(taken, floor(F(full * seconds, DAY)))
    left = max(0, floor(F(balance + taken, 4)) - taken)
    most = min(floor(F(balance, 10)), left)
    to_keeper = min(to_keeper, most)
    to_pool = min(to_pool, most - to_keeper)
    ledger["insurance"] -= to_keeper + to_pool
    ledger["pool"] += to_pool
    ledger["insurance_outflow_taken"] = taken + to_keeper + to_pool
    ledger["insurance_outflow_at"] = max(now, ledger["insurance_outflow_at"])
    return {"to_keeper": to_keeper, "shortfall_covered": to_pool}


def insure(params, before, report, now, frozen):
    """What insurance gets of the fee and pays, or nothing of both while it is frozen."""
    ledger = report["ledger"]
    part = report["insurance_pay"]
    if frozen:
        ledger["pool"] += part
        flow = net(report["to_pool"] + part, report["to_vault"])
        return {**report, **flow, "insurance_pay": 0, "to_keeper": 0, "shortfall_covered": 0}
    lacking = 0
    if report["closed"]["is_full"] and report["reason"] != "PayoutCapped":
        opened = floor(F(floor(worth(params, before["size"], before["entry"])) * params["trade_fee_ppm"], E6))
        lacking = min(max(0, params["keeper_floor_quote_atoms"] - report["keeper_pay"]), opened)
    paid = insurance_pays(ledger, lacking, report["closed"]["shortfall"], now)
    ledger["insurance"] += part
    return {**report, **paid}


# --- transitions: (params, market, ledger, position, sample, now, args) -> report -------------------


def judged(market, sample, side):
    high = max(sample["price"] + sample["conf"], market["mark"])
    low = min(sample["price"] - sample["conf"], market["mark"])
    return (low if side == "long" else high), high


def need_open(position):
    refuse(position["status"] == "pending", "PositionNotOpen")
    refuse(position["status"] == "closed", "PositionClosed")


def increase(params, market, ledger, position, sample, now, args):
    refuse(market["status"] != "active", "MarketNotActive")
    refuse(not args["size"], "SizeZero")
    refuse(not 50_000 <= args["payout_cap_ppm"] <= E6, "PayoutCapOutOfRange")
    refuse(position["status"] == "closed", "PositionClosed")
    position, ledger, name = dict(position), deepcopy(ledger), position["side"]
    new = position["status"] == "pending"
    if new:
        take_snapshots(position, ledger)
        position["opened_at"] = sample["publish_time"]
    else:
        position = accrued(params, ledger, position)
        position = refreshed(params, market, ledger, position, sample, now, by_owner=True)
        refuse(behind(market, position), "PositionReduceOnly")
        capped = value(params, position, sample["price"])["gain"] >= position["reserved"]
        refuse(capped, "PayoutCapReached")
    size, old = args["size"], position["size"]
    moved = impact(params, market, ledger, name == "long", size)
    fill = with_impact(params, moved, name == "long", size, sample["price"] + sign(position) * sample["conf"])
    refuse(sign(position) * (fill - args["acceptable"]) > 0, "PriceNotAcceptable")
    ledger["impact_reference"] = moved["paid"]
    notional = ceil(worth(params, size, fill))
    fee = ceil(F(notional * params["trade_fee_ppm"], E6))
    refuse(position["collateral"] < fee + owed(position), "InsufficientCollateral")
    owed_paid = pay_owed(ledger, position)
    position["collateral"] -= fee
    book_fee(ledger, fee)
    set_aside = floor(F(notional * args["payout_cap_ppm"], E6))
    mean = F(old * position["entry"] + size * fill, old + size)
    side = ledger[name]
    side["cost_e12"] -= old * position["entry"]
    position["entry"] = ceil(mean) if name == "long" else floor(mean)
    position["size"] += size
    position["reserved"] += set_aside
    side["cost_e12"] += position["size"] * position["entry"]
    side["open_interest"] += size
    side["reserved"] += set_aside
    side["positions"] += new
    count(ledger, position, position["collateral"])
    addon = addon_of_side(params, market, ledger, name)
    for key, rate in (("margin_ppm", ramp_ppm(market)), ("addon_ppm", addon),
                      ("liquidation_fee_ppm", params["liquidation_fee_ppm"])):
        position[key] = ceil(F(position[key] * old + rate * size, old + size))
    if new:
        position["margin_refreshed_at"] = now
    position["status"], position["below_since"] = "open", 0
    check_caps(params, market, ledger, position)
    equity_price, notional_price = judged(market, sample, name)
    required = position_initial_ppm(params, market, position, addon, sample)
    margin = ceil(F(ceil(worth(params, position["size"], notional_price)) * required, E6))
    refuse(value(params, position, equity_price)["equity_without_gains"] < margin, "InitialMarginShort")
    return {"fill": fill, "notional": notional, "trade_fee": fee, "owed_paid": owed_paid,
            "reserved_added": set_aside, "initial_margin": margin, **net(fee + owed_paid, 0),
            "position": position, "ledger": ledger}


def check_caps(params, market, ledger, position):
    index, name = market["index"], position["side"]
    refuse(floor(worth(params, position["size"], index)) < params["notional_min_quote_atoms"],
           "NotionalTooSmall")
    pool = ledger["pool"]
    refuse(position["reserved"] > floor(F(pool * params["pool_share_max_ppm"], E6)), "PoolShareExceeded")
    refuse(total_reserved(ledger) > floor(F(pool * params["utilisation_max_ppm"], E6)), "ReserveUnavailable")
    own = ceil(worth(params, ledger[name]["open_interest"], index))
    across = floor(worth(params, ledger[other(name)]["open_interest"], index))
    refuse(own > params["open_interest_cap_quote_atoms"], "OpenInterestCapExceeded")
    refuse(own - across > params["skew_cap_quote_atoms"], "SkewCapExceeded")


def age_charge(market, sample, now):
    """Two standard deviations of what a price older than 10 s may have moved; the margin covers seven of half an hour."""
    age = max(0, now - sample["publish_time"])
    if age <= 10:
        return 0
    root_ppm = ceil_sqrt(ceil(F(age * E12, 1_800)))
    margin = max(market["target_ppm"], ramp_ppm(market))
    return ceil(F(sample["price"] * ceil(F(2 * margin * root_ppm, 7 * E6)), E6))


def decrease(params, market, ledger, position, sample, now, args):
    need_open(position)
    refuse(not args["size"], "SizeZero")
    ledger = deepcopy(ledger)
    position = accrued(params, ledger, position)
    position = refreshed(params, market, ledger, position, sample, now)
    before = value(params, position, sample["price"])
    size = min(args["size"], position["size"])
    left = floor(worth(params, position["size"] - size, sample["price"]))
    if left < params["notional_min_quote_atoms"]:
        size = position["size"]
    aged = sample["conf"] + age_charge(market, sample, now)
    edge, short = sample["price"] - sign(position) * aged, position["side"] == "short"
    moved = impact(params, market, ledger, short, size)
    fill = with_impact(params, moved, short, size, edge)
    refuse(sign(position) * (args["acceptable"] - fill) > 0, "PriceNotAcceptable")
    closed = close_with_impact(params, ledger, position, size, edge, moved)
    fee = take_fee(params, ledger, position, closed["notional"])
    if not closed["is_full"]:
        count(ledger, position, position["collateral"])
        after = value(params, position, sample["price"])
        if after["equity"] >= after["maintenance_margin"]:
            position["below_since"] = 0
        else:
            refuse(after["health_ppm"] < before["health_ppm"], "DecreaseWorsensHealth")
    flow = net(closed["loss_paid"] + closed["owed_paid"] + fee, closed["payout"])
    return {"closed": closed, "trade_fee": fee, **flow, "position": position, "ledger": ledger}


def remove_collateral(params, market, ledger, position, sample, now, args):
    refuse(not args["amount"], "AmountZero")
    need_open(position)
    rates, ledger = ledger, deepcopy(ledger)
    position = accrued(params, ledger, position)
    position = refreshed(params, market, ledger, position, sample, now, by_owner=True)
    refuse(behind(market, position), "PositionReduceOnly")
    refuse(position["collateral"] < owed(position) + args["amount"], "InsufficientCollateral")
    owed_paid = pay_owed(ledger, position)
    position["collateral"] -= args["amount"]
    count(ledger, position, position["collateral"])
    equity_price, notional_price = judged(market, sample, position["side"])
    addon = addon_of_side(params, market, rates, position["side"])
    rate = position_initial_ppm(params, market, position, addon, sample)
    margin = ceil(F(ceil(worth(params, position["size"], notional_price)) * rate, E6))
    required = margin + carry(params, rates, position, sample["price"], 7 * 86_400)
    refuse(value(params, position, equity_price)["equity_without_gains"] < required, "InitialMarginShort")
    position["below_since"] = 0
    return {"removed": args["amount"], "owed_paid": owed_paid, "required": required, **net(owed_paid, 0),
            "position": position, "ledger": ledger}


def settle_all(params, market, ledger, position, price):
    """Nothing where the price impact would leave less than the payout cap."""
    short, size = position["side"] == "short", position["size"]
    moved = {**impact(params, market, ledger, short, size), "rebate": 0}
    if value(params, position, with_impact(params, moved, short, size, price))["gain"] < position["reserved"]:
        return None
    closed = close_with_impact(params, ledger, position, size, price, moved)
    fee = take_fee(params, ledger, position, closed["notional"])
    pay = min(params["keeper_floor_quote_atoms"], fee, ledger["crank_budget"])
    ledger["crank_budget"] -= pay
    flow = net(closed["loss_paid"] + closed["owed_paid"] + fee, closed["payout"])
    return {"closed": closed, "trade_fee": fee, "settle_pay": pay, **flow, "position": position, "ledger": ledger}


def settle_capped(params, market, ledger, position, sample, now, args):
    need_open(position)
    ledger = deepcopy(ledger)
    position = accrued(params, ledger, position)
    capped = value(params, position, sample["price"])["gain"] >= position["reserved"]
    refuse(not capped, "PayoutCapNotReached")
    report = settle_all(params, market, ledger, position, sample["price"])
    refuse(report is None, "PayoutCapNotReached")
    return report


def liquidate(params, market, ledger, position, sample, now, args):
    """Not confirmed, held back or healthy: the position comes back with its sighting, and no report."""
    need_open(position)
    ledger = deepcopy(ledger)
    position = lowered(params, market, ledger, accrued(params, ledger, position))
    wide = market["conf_wide_since"]
    matured = bool(wide) and now - wide >= 600
    edge = sign(position) * sample["conf"] if matured else 0
    price = sample["price"] + edge
    valued = value(params, position, price)
    why = reason(position, valued)
    if why == "PayoutCapped" and matured:
        # A cap is paid only where the owner could close at it, not at the edge that favours the position.
        price = sample["price"] - edge
        valued = value(params, position, price)
        why = reason(position, valued)
        if why != "PayoutCapped":
            price = sample["price"]
            valued = value(params, position, price)
            why = margin_reason(valued)
    frozen_insurance = bool(args and args["insurance_frozen"])
    if why == "PayoutCapped":
        report = settle_all(params, market, ledger, position, price)
        if report is not None:
            none = dict.fromkeys(("fee", "keeper_pay", "insurance_pay", "to_keeper", "shortfall_covered"), 0)
            return {"reason": why, **none, **report}
        price = sample["price"] + edge
        valued = value(params, position, price)
        why = margin_reason(valued)
    if why is None:
        return {"skipped": "Healthy", "position": {**position, "below_since": 0}, "ledger": ledger}
    if why == "BelowMaintenance":
        seconds = max(0, sample["publish_time"] - position["below_since"])
        if not position["below_since"] or seconds > 60:
            first = {**position, "below_since": sample["publish_time"]}
            return {"skipped": "FirstSighting", "position": first, "ledger": ledger}
        if seconds < 2:
            return {"skipped": "Unconfirmed", "position": position, "ledger": ledger}
        if wide and not matured:
            return {"skipped": "HeldBack", "position": position, "ledger": ledger}
    rate = fee_rate(position, valued)
    everything = position["size"]
    if why == "BelowMaintenance":
        cost = ceil(F(liquidation_impact(params, market, ledger, position, valued, price, everything)["charge"] * E6,
                      valued["notional"]))
        size = partial_size(params, position, valued, price, rate + params["trade_fee_ppm"] + cost)
        if size < everything:
            try:
                report = take(params, market, ledger, position, valued, price, size, rate)
                if reason(report["position"], value(params, report["position"], price)) is None:
                    report["position"]["margin_refreshed_at"] = now
                    return insure(params, position, {"reason": why, **report}, now, frozen_insurance)
            except Refused:
                pass  # Not even what is owed can be paid out of a part: everything goes.
    report = take(params, market, ledger, position, valued, price, everything, rate)
    return insure(params, position, {"reason": why, **report}, now, frozen_insurance)


def liquidation_impact(params, market, ledger, position, valued, price, size):
    """Half of the equity at most; none where the price step that it makes is worth more than the equity."""
    short, equity = position["side"] == "short", max(valued["equity"], 0)
    moved = impact(params, market, ledger, short, size)
    charged = capped_charge(moved, equity // 2)
    fill = with_impact(params, charged, short, size, price)
    cost = pnl(params, position, price, size) - pnl(params, position, fill, size)
    return charged if cost <= equity else capped_charge(moved, 0)


def fee_rate(position, valued):
    """From a half at the threshold to all of the rate at half of the maintenance margin."""
    margin, equity = valued["maintenance_margin"], max(valued["equity"], 0)
    missing = floor(F(max(margin - equity, 0) * E6, margin)) if margin else E6
    return floor(F(position["liquidation_fee_ppm"] * (min(missing, 500_000) + 500_000), E6))


def partial_size(params, position, valued, price, cost_ppm):
    everything = position["size"]
    target = ceil(F(maintenance_ppm(position) * 5, 4))
    if target <= cost_ppm:
        return everything
    notional = valued["notional"]
    missing = max(0, ceil(F(notional * target, E6)) - max(valued["equity"], 0))
    chunk = max(ceil(F(missing * E6, target - cost_ppm)), params["chunk_min_quote_atoms"])
    if chunk > floor(F(3 * notional, 4)):
        return everything
    size = ceil(F(chunk * params["notional_divisor"], price))
    if size >= everything:
        return everything
    left = floor(worth(params, everything - size, price))
    return everything if left < params["notional_min_quote_atoms"] else size


def take(params, market, ledger, position, valued, price, size, rate):
    ledger, position = deepcopy(ledger), dict(position)
    moved = liquidation_impact(params, market, ledger, position, valued, price, size)
    closed = close_with_impact(params, ledger, position, size, price, moved)
    fee = min(floor(F(closed["notional"] * rate, E6)), max(valued["equity"], 0) // 2, position["collateral"])
    position["collateral"] -= fee
    keeper = floor(F(6 * fee, 10))
    trade_fee = take_fee(params, ledger, position, closed["notional"])
    if not closed["is_full"]:
        count(ledger, position, position["collateral"])
        position["below_since"] = 0
    flow = net(closed["loss_paid"] + closed["owed_paid"] + trade_fee, closed["payout"])
    return {"closed": closed, "fee": fee, "keeper_pay": keeper, "insurance_pay": fee - keeper,
            "trade_fee": trade_fee, "settle_pay": 0, **flow, "position": position, "ledger": ledger}


def deposit(params, market, ledger, args):
    refuse(market["status"] != "active", "MarketNotActive")
    amount = args["amount"]
    refuse(not amount, "AmountZero")
    ledger, worth_before = deepcopy(ledger), 0
    if not ledger["shares"]:
        minted, shares = amount, amount - 1_000_000
        refuse(shares <= 0, "DepositTooSmall")
    else:
        worth_before = ledger["pool"] + ledger["borrow_owed"]
        for name, direction in (("long", 1), ("short", -1)):
            side = ledger[name]
            result = floor(F(direction * (side["open_interest"] * market["index"] - side["cost_e12"]),
                             params["notional_divisor"]))
            worth_before += max(-result, 0) - min(max(result, 0), side["reserved"])
        refuse(worth_before <= 0, "PoolInsolvent")
        minted = shares = floor(F(amount * ledger["shares"], worth_before))
        refuse(not shares, "DepositTooSmall")
    ledger["shares"] += minted
    ledger["pool"] += amount
    return {"shares": shares, "value_before": worth_before, "ledger": ledger}
