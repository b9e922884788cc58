"""What was ordered ahead and has not come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from bandstand.store.deals import queries as deals
from bandstand.store.deals.models import Storefront
from bandstand.store.orders.models import Gift, Order, OrderLine, Refund
from bandstand.store.payments import queries as payments


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Lines of one release that wait for one moment, and that come at another one."""

    release_id: int
    storefront: Storefront
    territory: str
    member: bool  # whether members alone could order it so
    before: datetime
    after: datetime

    def lines(self) -> QuerySet[OrderLine]:
        """Return those that have not followed yet."""
        return OrderLine.objects.filter(
            release_id=self.release_id,
            order__storefront=self.storefront,
            place_of_supply=self.territory,
            deal__members_only=self.member,
            available_at=self.before,
            price_checked_at=None,
        )


def moved(now: datetime) -> list[Moved]:
    """Return where the day of what was ordered ahead is another one by now.

    One query over all lines that wait, and one more for each storefront and country among them.
    """
    waiting = OrderLine.objects.filter(release__isnull=False, available_at__gt=now, price_checked_at=None)
    rows = waiting.order_by().values_list(
        "order__storefront_id", "place_of_supply", "deal__members_only", "release_id", "available_at"
    )
    places: defaultdict[tuple[int, str, bool], list[tuple[int, datetime]]] = defaultdict(list)
    for storefront_id, territory, member, release_id, at in rows.distinct():
        if at is not None:  # as was asked
            places[storefront_id, territory, member].append((release_id, at))
    fronts = {front.pk: front for front in deals.storefronts()}
    found = []
    for (storefront_id, territory, member), titles in sorted(places.items()):
        front, ids = fronts[storefront_id], {release_id for release_id, _ in titles}
        comes = deals.coming(ids, storefront=front, territory=territory, member=member, now=now)
        for release_id, before in sorted(titles):
            after = comes[release_id]
            if after is not None and after != before:
                found.append(
                    Moved(
                        release_id=release_id,
                        storefront=front,
                        territory=territory,
                        member=member,
                        before=before,
                        after=after,
                    )
                )
    return found


def may_cancel(line: OrderLine, now: datetime) -> bool:
    """Tell whether a buyer may have the money of a line back because it has not come."""
    return line.pk in cancellable(line.order, [line], now)


def cancellable(order: Order, lines: list[OrderLine], now: datetime) -> set[int]:
    """Return those lines of an order whose money its buyer may have back because they have not come.

    A gift that was not taken back is its recipient's.
    """
    if order.state != Order.State.PAID:
        return set()
    ahead = {line.pk for line in lines if line.available_at is not None and line.available_at > now}
    ahead -= {line.pk for line in lines if line.refunded + line.passed_on >= line.gross}
    if not ahead or Gift.objects.filter(order=order, returned_at=None).exists() or payments.taken_back([order.number]):
        return set()
    ended = Refund.objects.filter(line_id__in=ahead, undone_at=None, ends_grant=True)
    return ahead - set(ended.values_list("line_id", flat=True))
