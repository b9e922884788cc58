"""A million random baskets: every line and every sum adds up to the minor unit.

    python -m tests.drills.baskets --count 1000000

Each basket has a currency (of five), prices with tax in them or without, lines at several rates, and perhaps credits,
named prices, gifts and a voucher of either kind. What the store's own rules answer is held against arithmetic of its
own, in fractions of whole numbers. `--plant NAME` breaks one rule on purpose; then the run must fail.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from unittest import mock

from bandstand.kernel.money import WHOLE, Money
from bandstand.store.orders.rules import pricing
from bandstand.store.orders.rules.pricing import Frozen, Wanted
from bandstand.store.orders.rules.refunding import refund_tax
from bandstand.store.vouchers.rules import Reduction

CURRENCIES = ("EUR", "USD", "CHF", "JPY", "KWD")
RATES = (0, 2_100, 5_500, 7_700, 8_100, 8_875, 10_000, 16_000, 19_000, 20_000, 21_000, 24_000, 25_500, 27_000)
PRICES = (0, 1, 2, 3, 49, 50, 51, 99, 119, 150, 199, 299, 499, 899, 1_299, 1_500, 1_000_000)
CHUNK = 5_000
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Case:
    """One basket as it is before anything is computed."""

    lines: list[Wanted]
    tax_included: bool
    reduction: Reduction | None
    dice: random.Random


@dataclass(slots=True)
class Tally:
    """What a run saw."""

    baskets: int = 0
    lines: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.baskets += other.baskets
        self.lines += other.lines
        self.seen += other.seen
        self.faults = (self.faults + other.faults)[:SHOWN]


def draw(seed: int) -> Case:
    """Return the basket of a seed."""
    dice = random.Random(seed)
    currency = dice.choice(CURRENCIES)
    rates = dice.sample(RATES, dice.choice((1, 1, 2, 3)))

    def line() -> Wanted:
        amount = dice.choice(PRICES) if dice.random() < 0.6 else dice.randrange(dice.choice((100, 10_000, 1_000_000)))
        credit = dice.randrange(2 * amount + 2) if dice.random() < 0.25 else 0
        return Wanted(
            listed=Money(amount, currency),
            credit=Money(credit, currency),
            tax_rate=dice.choice(rates),
            discountable=dice.random() < 0.8,
            given=dice.random() < 0.05,
        )

    lines = [line() for _ in range(min(dice.randrange(1, 8), dice.randrange(1, 12)))]
    kind = dice.random()
    reduction = None
    if kind < 0.25:
        reduction = Reduction(percent=dice.choice((1, 5, 10, 15, 20, 25, 33, 50, 75, 99, 100)))
    elif kind < 0.5:
        reduction = Reduction(amount=Money(dice.choice((0, 1, 2, 7, 100, 500, 1_000, 100_000)), currency))
    elif kind < 0.55:
        reduction = Reduction(free=True)
    return Case(lines, dice.random() < 0.5, reduction, dice)


def faults(case: Case) -> Iterator[str]:
    """Yield what does not add up; nothing when all of it does."""
    frozen = pricing.price(case.lines, tax_included=case.tax_included, reduction=case.reduction)
    if len(frozen) != len(case.lines):
        yield "a line was lost"
        return
    for wanted, cost in zip(case.lines, frozen, strict=True):
        yield from _line_faults(wanted, cost, case.tax_included)
        yield from _refund_faults(cost, case.dice)
        yield from _drop_faults(cost, case.tax_included, case.dice)
    yield from _discount_faults(case, frozen)
    sums = pricing.sums(frozen, case.lines[0].listed.currency)
    for name in ("listed", "credit", "discount", "net", "tax", "gross"):
        if getattr(sums, name).amount != sum(getattr(cost, name).amount for cost in frozen):
            yield f"the order's {name} is not the sum of its lines"
    if sums.net.amount + sums.tax.amount != sums.gross.amount:
        yield "the order's net and tax are not its gross"
    paid = sums.gross if case.tax_included else sums.net
    if sums.listed.amount != (sums.credit + sums.discount + paid).amount:
        yield "the order's reductions don't add up"


def _line_faults(wanted: Wanted, cost: Frozen, tax_included: bool) -> Iterator[str]:
    listed, credit, discount = cost.listed.amount, cost.credit.amount, cost.discount.amount
    net, tax, rate = cost.net.amount, cost.tax.amount, wanted.tax_rate
    shown = net + tax if tax_included else net
    if (cost.listed, cost.tax_rate) != (wanted.listed, rate):
        yield "another price or rate was frozen"
    if listed != credit + discount + shown:
        yield "listed is not credit, discount and what is paid"
    if cost.gross.amount != net + tax or min(net, tax, credit, discount) < 0:
        yield "net and tax are not the gross, or below zero"
    if credit != min(wanted.credit.amount, wanted.listed.amount):
        yield "the credit is not what was paid before, at most the price"
    if discount > listed - credit:
        yield "more is taken off than is due"
    whole = WHOLE + rate if tax_included else WHOLE
    if not -whole <= 2 * (shown * rate - tax * whole) < whole:  # half a unit goes up
        yield "the tax is not the nearest minor unit"


def _discount_faults(case: Case, frozen: list[Frozen]) -> Iterator[str]:
    reached, rest = [], []
    for wanted, cost in zip(case.lines, frozen, strict=True):
        due = max(wanted.listed.amount - wanted.credit.amount, 0)
        if wanted.given:
            if cost.gross:
                yield "what is given is paid for"
        else:
            (reached if case.reduction and wanted.discountable else rest).append((due, cost.discount.amount))
    if any(discount for _, discount in rest):
        yield "a discount went where it may not"
    if case.reduction is not None and reached:
        yield from _voucher_faults(case.reduction, reached)


def _voucher_faults(reduction: Reduction, reached: list[tuple[int, int]]) -> Iterator[str]:
    due, taken = sum(due for due, _ in reached), sum(discount for _, discount in reached)
    if reduction.free and taken != due:
        yield "what the voucher gives is paid for"
    elif reduction.percent is not None:
        if any(not -100 <= 2 * (line * reduction.percent - discount * 100) < 100 for line, discount in reached):
            yield "the percentage is not the nearest minor unit"
    elif reduction.amount is not None:
        off = min(reduction.amount.amount, due)
        if taken != off:
            yield "the voucher's amount was not given, or too much of it"
        if any(abs(discount * due - off * line) >= due for line, discount in reached if due):
            yield "a share is more than a minor unit off"


def _refund_faults(cost: Frozen, dice: random.Random) -> Iterator[str]:
    """Give a line back in a few parts: their tax adds up to the line's, and nothing more than was paid goes back."""
    left, net_back, tax_back = cost.gross.amount, 0, 0
    while left and dice.random() < 0.9:
        part = dice.randint(1, left)
        tax = refund_tax(part, net=cost.net.amount, tax=cost.tax.amount, net_back=net_back, tax_back=tax_back)
        net_back, tax_back, left = net_back + part - tax, tax_back + tax, left - part
        if not 0 <= tax <= part or net_back > cost.net.amount or tax_back > cost.tax.amount:
            yield "a refund returns more net or tax than there was"
    if not left and (net_back, tax_back) != (cost.net.amount, cost.tax.amount):
        yield "refunds of a whole line are not its net and tax"
    paid = cost.shown.amount
    credit = dice.randint(0, paid)
    passed = pricing.passed_on(gross=cost.gross.amount, paid=paid, credit=credit)
    back = pricing.refundable(gross=cost.gross.amount, refunded=0, passed_on=passed)
    if paid and (passed * paid < cost.gross.amount * credit or passed + back != cost.gross.amount):
        yield "a track that counts elsewhere can go back for more than is left"


def _drop_faults(cost: Frozen, tax_included: bool, dice: random.Random) -> Iterator[str]:
    now = Money(dice.randint(0, 2 * cost.listed.amount + 1), cost.listed.currency)
    back = pricing.price_drop(cost, now, tax_included=tax_included).amount
    kept = cost.gross.amount - back
    if back < 0 or kept < 0:
        yield "a price drop returns less than nothing or more than was paid"
    fair = min(max(now.amount - cost.credit.amount, 0), cost.shown.amount)
    whole = WHOLE if tax_included else WHOLE + cost.tax_rate
    if not -WHOLE <= 2 * (fair * whole - kept * WHOLE) < WHOLE:
        yield "after a price drop something else is paid than the new price"


def _floor_tax(gross: Money, rate: int) -> Money:
    return Money(gross.amount * rate // (WHOLE + rate), gross.currency)


def _float_tax(net: Money, rate: int) -> Money:
    return Money(round(net.amount * (rate / WHOLE)), net.currency)


def _careless_share(amount: Money, weights: list[int]) -> list[Money]:
    return [Money(amount.amount * weight // sum(weights), amount.currency) for weight in weights]


def _floor_percent(amount: Money, percent: int) -> Money:
    return Money(amount.amount * percent // 100, amount.currency)


_freeze, _sums, _passed_on = pricing.freeze, pricing.sums, pricing.passed_on


def _two_roundings(line: Wanted, *, discount: Money, tax_included: bool) -> Frozen:
    cost = _freeze(line, discount=discount, tax_included=tax_included)
    net = cost.shown.amount * WHOLE // (WHOLE + line.tax_rate)  # rounded by itself, not what the tax leaves
    return replace(cost, net=Money(net, cost.net.currency)) if tax_included else cost


def _tax_of_the_sum(lines: list[Frozen], currency: str) -> pricing.Sums:
    sums = _sums(lines, currency)
    exact = sum(line.net.amount * line.tax_rate for line in lines)
    return replace(sums, tax=Money((2 * exact + WHOLE) // (2 * WHOLE), currency))


def _generous_pass(*, gross: int, paid: int, credit: int) -> int:
    return gross * credit // paid if paid else 0


PLANTS: dict[str, tuple[str, Callable[..., object]]] = {
    "truncate-tax": ("tax_within", _floor_tax),
    "float-tax": ("tax_on", _float_tax),
    "forget-remainder": ("share", _careless_share),
    "truncate-percent": ("percent_of", _floor_percent),
    "round-both-sides": ("freeze", _two_roundings),
    "tax-of-the-sum": ("sums", _tax_of_the_sum),
    "round-credit-down": ("passed_on", _generous_pass),
}
"""Faults to plant: what of the rules is broken, and what stands in its place."""


def run(first: int, count: int, plant: str = "") -> Tally:
    """Look at the baskets of so many seeds."""
    tally = Tally()
    with mock.patch.object(pricing, *PLANTS[plant]) if plant else contextlib.nullcontext():
        for seed in range(first, first + count):
            case = draw(seed)
            tally.baskets += 1
            tally.lines += len(case.lines)
            tally.seen[case.lines[0].listed.currency] += 1
            tally.seen["with tax" if case.tax_included else "without tax"] += 1
            tally.seen["voucher"] += case.reduction is not None
            tally.seen["credit"] += any(line.credit for line in case.lines)
            for fault in faults(case):
                tally.seen["FAULTS"] += 1
                if len(tally.faults) < SHOWN:
                    tally.faults.append(f"seed {seed}: {fault}: {case.lines} {case.reduction}")
    return tally


def main() -> int:
    """Run, print what was seen, and return 1 when anything did not add up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="baskets to look at")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--plant", choices=sorted(PLANTS), default="", help="a rule to break on purpose")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    said = parser.parse_args()
    jobs = [
        (start, min(CHUNK, said.first + said.count - start), said.plant)
        for start in range(said.first, said.first + said.count, CHUNK)
    ]
    began, tally = time.monotonic(), Tally()
    with multiprocessing.get_context("spawn").Pool(said.processes) as pool:
        for number, part in enumerate(pool.imap_unordered(_run, jobs), 1):
            tally.add(part)
            if number % 20 == 0:
                print(f"{tally.baskets:,} baskets", file=sys.stderr, flush=True)
    for name, number in sorted(tally.seen.items()):
        print(f"{name:>12}  {number:>10,}")
    print(f"{tally.baskets:,} baskets, {tally.lines:,} lines, {time.monotonic() - began:.0f} s")
    for fault in tally.faults:
        print(fault)
    print("Something does not add up." if tally.faults else "All of it adds up to the minor unit.")
    return 1 if tally.faults else 0


def _run(job: tuple[int, int, str]) -> Tally:
    return run(*job)


if __name__ == "__main__":
    sys.exit(main())
