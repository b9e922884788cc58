"""What the lines of an order cost. Pure: the page, the order and the drill of a million baskets call the same function.

listed - credit - discount is what is paid in the shown domain: with tax in it where prices are shown with tax, without
where they are not. Net and tax follow from it line by line, and every sum is a sum of lines, so all of it adds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bandstand.kernel.money import Money, percent_of, share, tax_on, tax_within, total
from bandstand.store.vouchers.rules import Reduction


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One line before it is frozen.

    `listed` is the price as it is shown, `credit` what counts as paid before, in the same domain. A voucher touches
    only what is `discountable`; what is `given` costs nothing.
    """

    listed: Money
    credit: Money
    tax_rate: int  # parts per 100,000
    discountable: bool = True
    given: bool = False

    @property
    def due(self) -> Money:
        """What is left before any voucher; a credit larger than the price counts as far as the price goes."""
        return self.listed - self.credit_used

    @property
    def credit_used(self) -> Money:
        """The credit, at most the price."""
        return min(self.credit, self.listed, key=lambda money: money.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What one line costs. Net and tax always add up to gross; gross or net is listed - credit - discount."""

    listed: Money
    credit: Money
    discount: Money
    net: Money
    tax: Money
    tax_rate: int

    @property
    def gross(self) -> Money:
        """What the buyer pays."""
        return self.net + self.tax

    @property
    def shown(self) -> Money:
        """What is left in the domain in which the price was shown."""
        return self.listed - self.credit - self.discount


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What the lines of one order come to: sums of lines, never computed anew."""

    listed: Money
    credit: Money
    discount: Money
    net: Money
    tax: Money

    @property
    def gross(self) -> Money:
        """What the buyer pays."""
        return self.net + self.tax


def price(lines: Sequence[Wanted], *, tax_included: bool, reduction: Reduction | None = None) -> list[Frozen]:
    """Freeze the lines of one basket, in their order. Discounts never exceed what is due.

    A percentage is rounded half up line by line; an amount is split over the lines it reaches by what is due there,
    to the last minor unit.
    """
    discounts = _discounts(lines, reduction)
    return [
        freeze(line, discount=discount, tax_included=tax_included)
        for line, discount in zip(lines, discounts, strict=True)
    ]


def sums(lines: Sequence[Frozen], currency: str) -> Sums:
    """Return what lines of one currency come to."""
    return Sums(
        listed=total((line.listed for line in lines), currency),
        credit=total((line.credit for line in lines), currency),
        discount=total((line.discount for line in lines), currency),
        net=total((line.net for line in lines), currency),
        tax=total((line.tax for line in lines), currency),
    )


def freeze(line: Wanted, *, discount: Money, tax_included: bool) -> Frozen:
    """Split what is left of one line into net and tax."""
    shown = line.due - discount
    tax = tax_within(shown, line.tax_rate) if tax_included else tax_on(shown, line.tax_rate)
    return Frozen(
        listed=line.listed,
        credit=line.credit_used,
        discount=discount,
        net=shown - tax if tax_included else shown,
        tax=tax,
        tax_rate=line.tax_rate,
    )


def _discounts(lines: Sequence[Wanted], reduction: Reduction | None) -> list[Money]:
    found = [line.due if line.given else Money(0, line.listed.currency) for line in lines]
    reached = [at for at, line in enumerate(lines) if line.discountable and not line.given and line.due]
    if reduction is None or not reached:
        return found
    if reduction.free:
        for at in reached:
            found[at] = lines[at].due
    elif reduction.percent is not None:
        for at in reached:
            found[at] = percent_of(lines[at].due, min(reduction.percent, 100))
    elif reduction.amount is not None:
        due = sum(lines[at].due.amount for at in reached)
        off = Money(min(reduction.amount.amount, due), reduction.amount.currency)
        for at, part in zip(reached, share(off, [lines[at].due.amount for at in reached]), strict=True):
            found[at] = part
    return found


def refundable(*, gross: int, refunded: int, passed_on: int) -> int:
    """Return how much of a line can go back: not what went back, nor what counts as paid towards the whole release."""
    return max(0, gross - refunded - passed_on)


def passed_on(*, gross: int, paid: int, credit: int) -> int:
    """Return how much of a track's gross its credit uses up, both as minor units: never less than its share.

    `paid` is what was paid for the track in the shown domain and `credit` what of it counted. When only a part did,
    the rest stays refundable, rounded down.
    """
    if not 0 <= credit <= paid:
        raise ValueError("No more is credited than was paid.")
    return gross - gross * (paid - credit) // paid if paid else 0


def price_drop(paid: Frozen, now_listed: Money, *, tax_included: bool) -> Money:
    """Return what of a line goes back, tax included, when its title came out cheaper than it was ordered.

    What is paid and what was credited together are held against the new price; a price that rose returns nothing.
    """
    fair = max(now_listed.amount - paid.credit.amount, 0)
    if fair >= paid.shown.amount:
        return Money(0, paid.listed.currency)
    cheaper = freeze(
        Wanted(listed=Money(fair, paid.listed.currency), credit=Money(0, paid.listed.currency), tax_rate=paid.tax_rate),
        discount=Money(0, paid.listed.currency),
        tax_included=tax_included,
    )
    return paid.gross - cheaper.gross
