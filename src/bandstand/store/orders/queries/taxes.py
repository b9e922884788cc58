"""What accountants ask for: net and tax by country, rate and currency, and what went back of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Sum

from bandstand.kernel.money import Money
from bandstand.store.orders.models import Order, OrderLine, Refund

Key = tuple[str, int, str]  # country, rate in parts per 100,000, currency


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRow:
    """What was sold and what went back in a while, in one country at one rate."""

    country: str
    rate: int
    net: Money
    tax: Money
    refunded_net: Money
    refunded_tax: Money


def tax_report(*, begin: datetime, end: datetime) -> list[TaxRow]:
    """Return sales by the moment they were paid and refunds by the moment they were done, from `begin` until `end`.

    A refund counts in the while in which it was done, at the rate of its sale, whenever that was. Two queries.
    """
    sales = OrderLine.objects.filter(
        order__state=Order.State.PAID, order__ended_at__gte=begin, order__ended_at__lt=end, gross__gt=0
    )
    refunds = Refund.objects.filter(done_at__gte=begin, done_at__lt=end)
    found: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    sold = sales.order_by().values_list("place_of_supply", "tax_rate", "order__currency")
    for country, rate, currency, net, tax in sold.annotate(net_sum=Sum("net"), tax_sum=Sum("tax")):
        found[country, rate, currency][:2] = [net, tax]
    back = refunds.order_by().values_list("line__place_of_supply", "line__tax_rate", "line__order__currency")
    for country, rate, currency, net, tax in back.annotate(net_sum=Sum(F("amount") - F("tax")), tax_sum=Sum("tax")):
        found[country, rate, currency][2:] = [net, tax]
    return [
        TaxRow(
            country=country,
            rate=rate,
            net=Money(net, currency),
            tax=Money(tax, currency),
            refunded_net=Money(refunded_net, currency),
            refunded_tax=Money(refunded_tax, currency),
        )
        for (country, rate, currency), (net, tax, refunded_net, refunded_tax) in sorted(found.items())
    ]
