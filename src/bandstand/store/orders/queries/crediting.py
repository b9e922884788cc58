"""What a listener has paid for single tracks of releases, and can have counted when they buy the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from bandstand.kernel.money import Money
from bandstand.store.deals.models import Storefront
from bandstand.store.grants import queries as grants
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.orders.rules import pricing
from bandstand.webkit.prepared import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPart:
    """One track that counts: what of its price, and how much of its line's gross that uses up."""

    track_line_id: int
    title: str
    money: Money
    uses: int


def _paid_lines(*, tax_included: bool) -> Prepared[OrderLine]:
    return Prepared(
        lambda part_ids, holder_id, currency: (
            OrderLine.objects.filter(
                part_id__in=part_ids,
                order__holder_id=holder_id,
                order__state=Order.State.PAID,
                order__currency=currency,
                order__tax_included=tax_included,
                order__gift=None,
                gross__gt=0,
                refunded=0,
                passed_on=0,
            )
            .select_related("part", "order")
            .order_by("part__disc", "part__number", "pk")
        )
    )


_paid = {tax_included: _paid_lines(tax_included=tax_included) for tax_included in (True, False)}


def credits_for(
    holder_id: int | None, release_ids: Collection[int], *, currency: str, tax_included: bool
) -> dict[int, list[tuple[OrderLine, Money]]]:
    """Return, by release, the lines of single tracks that count, each with what was paid for it as prices are shown.

    Only money that is still here counts: paid, in this currency, with tax shown alike, not for a gift, nothing of it
    refunded, not counted before, and the track still theirs. Visitors without account have none, and nothing tells what
    an address owns. One query; one more when something is found.
    """
    if holder_id is None or not release_ids:
        return {}
    kept = grants.single_parts(holder_id, release_ids)  # first, and seldom any: a track that sells well has many lines
    if not kept:
        return {}
    found: defaultdict[int, list[tuple[OrderLine, Money]]] = defaultdict(list)
    for line in _paid[tax_included](sorted(kept), holder_id, currency):
        if line.part is not None and kept.get(line.part.pk) == line.order.source:
            found[line.part.release_id].append((line, Money(line.listed - line.credit - line.discount, currency)))
    return dict(found)


def completing(holder_id: int | None, release_id: int, *, price: Money, storefront: Storefront) -> list[CreditPart]:
    """Return what a listener has paid of one release, towards its price."""
    paid = credits_for(holder_id, [release_id], currency=storefront.currency, tax_included=storefront.tax_included)
    return parts_of(paid.get(release_id, ()), price=price)


def parts_of(lines: Collection[tuple[OrderLine, Money]], *, price: Money) -> list[CreditPart]:
    """Return what of each line counts towards a release of this price: never more than the price together."""
    left, found = price, []
    for line, paid in lines:
        money = min(paid, left, key=lambda amount: amount.amount)
        if not money:
            continue
        left = left - money
        found.append(
            CreditPart(
                track_line_id=line.pk,
                title=line.part.title if line.part else line.title,
                money=money,
                uses=pricing.passed_on(gross=line.gross, paid=paid.amount, credit=money.amount),
            )
        )
    return found
