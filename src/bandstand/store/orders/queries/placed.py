"""Orders as they were frozen, and what was sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet, Sum

from bandstand.kernel.money import Money
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.payments import queries as payments

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """An order with its lines, the tries to pay it and what went back."""

    order: Order
    lines: list[OrderLine]
    payments: list[Payment]
    refunds: list[Refund]
    disputed: bool  # the payer's bank has taken the money back, for now or for good


@dataclass(frozen=True, slots=True)
class Sales:
    """What was sold in a while: orders paid, what was taken in each currency, and orders that wait now."""

    paid: int
    taken: list[Money]
    waiting: int


def sales_since(moment: datetime) -> Sales:
    """Return what was paid since a moment, and what is open now."""
    paid = Order.objects.filter(state=Order.State.PAID, ended_at__gte=moment)
    sums = paid.order_by("currency").values_list("currency").annotate(sum=Sum("gross"))
    waiting = Order.objects.filter(state=Order.State.OPEN).count()
    return Sales(paid.count(), [Money(amount, currency) for currency, amount in sums if amount], waiting)


def order_page(order: Order) -> OrderPage:
    """Return an order with all that its page shows."""
    return OrderPage(
        order=order,
        lines=list(order.lines.select_related("order__storefront", "release", "part__release", "seller")),
        payments=list(payments.payments_of(order.number)),
        refunds=list(Refund.objects.filter(line__order=order, undone_at=None).select_related("line__order")),
        disputed=bool(payments.taken_back([order.number])),
    )


def orders_of(holder_id: int) -> QuerySet[Order]:
    """Return an account's orders, the latest first."""
    return Order.objects.filter(holder_id=holder_id)
