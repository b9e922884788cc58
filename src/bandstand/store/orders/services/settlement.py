"""Money has come: order, books and grants are written together, once, however often and by however many it is told."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from bandstand.store.ledger import services as ledger
from bandstand.store.ledger.rules import Side
from bandstand.store.orders import rules
from bandstand.store.orders.models import Basket, BasketLine, Order, OrderLine
from bandstand.store.orders.services import crediting, disputes, gifts, handing
from bandstand.store.orders.services.holding import mark_changed
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments
from bandstand.store.vouchers import services as vouchers
from bandstand.webkit.jobs import SOON, enqueue, enqueue_many
from bandstand.webkit.prepared import Prepared, PreparedDelete, PreparedUpdate

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment


class NothingSettlesError(RuntimeError):
    """An order moved to paid, but its payment would not. Nothing is written: books and order would differ."""


@transaction.atomic
def settle(*, payment_id: int, now: datetime) -> Order:
    """Write what a payment that succeeded means, as `settle_payment` does."""
    return settle_payment(payment_queries.payment(payment_id), now=now)


def settle_payment(payment: Payment, *, now: datetime) -> Order:
    """Write what a payment that succeeded means, and return its order. Calling it again changes nothing.

    A late payment still buys what its order says. One that comes after another has paid the order goes back, and so
    does the price of a title that the buyer got elsewhere meanwhile. The caller has a transaction open.
    """
    order = _orders(payment.order_number)[0]
    basket_ids = [] if order.state == Order.State.PAID else _hold_baskets(order, now)
    # The judge between two payments, and between two who tell of one:
    if _paid(order.pk, rules.ORDER.sources("paid"), now):
        if not payments.succeed(payment_id=payment.pk, now=now):
            raise NothingSettlesError(payment.key)
        order.state, order.ended_at = Order.State.PAID, now
        lines = _lines_of(order)
        _post_sale(order, lines, payment, now)
        if order.voucher_id is not None:
            vouchers.note_late_payment(order_number=order.number)
        crediting.hold(lines, now=now)
        _hand_over(order, lines, basket_ids, payment, now)
    elif payments.mark_surplus(payment_id=payment.pk, now=now):
        _send_back(order, payment, now)
    else:
        return Order.objects.get(pk=order.pk)
    if payment_queries.disputes_told(payment.pk):
        disputes.catch_up(payment_queries.payment(payment.pk), now)
    return order


_orders = Prepared(lambda number: Order.objects.filter(number=number).select_related("gift").order_by())
_lines = Prepared(
    lambda order_id: OrderLine.objects.filter(order_id=order_id).select_related("seller", "part").order_by("pk")
)
_paid = PreparedUpdate(
    lambda pk, sources, now: (
        Order.objects.filter(pk=pk, state__in=sources),
        {"state": Order.State.PAID, "ended_at": now},
    )
)
_bought = PreparedDelete(
    lambda release_ids, part_ids, basket_ids: BasketLine.objects.filter(
        Q(release_id__in=release_ids) | Q(part_id__in=part_ids), basket_id__in=basket_ids
    )
)
_baskets = Prepared(
    lambda pk, holder_id: Basket.objects.filter(Q(pk=pk) | Q(holder_id=holder_id)).only("pk").order_by("pk")
)


def settle_free(order: Order, *, now: datetime) -> None:
    """Hand over an order that costs nothing; no provider and no books are needed."""
    if order.total:
        raise ValueError("This order costs something.")
    basket_ids = _hold_baskets(order, now)
    if _paid(order.pk, [Order.State.OPEN], now):
        order.state, order.ended_at = Order.State.PAID, now
        lines = _lines_of(order)
        crediting.hold(lines, now=now)
        _hand_over(order, lines, basket_ids, None, now)


def _lines_of(order: Order) -> list[OrderLine]:
    lines = _lines(order.pk)
    for line in lines:
        line.order = order
    return lines


def _post_sale(order: Order, lines: list[OrderLine], payment: Payment, now: datetime) -> None:
    entries: list[Side] = [("clearing", payment.provider, payment.money)]
    for line in lines:
        entries.append(("payable", line.seller.slug, -line.net_money))
        entries.append(("tax", line.place_of_supply, -line.tax_money))
    ledger.post(key=f"settle:{payment.key}", at=now, memo=f"Order {order.number}", entries=entries)


def _hand_over(
    order: Order, lines: list[OrderLine], basket_ids: list[int], payment: Payment | None, now: datetime
) -> None:
    """Give the titles, unless the order is a gift; jobs do everything after it."""
    if not gifts.hold(order, now):
        handing.hand_over(order, lines, holder_id=order.holder_id, payment=payment, now=now)
    _clear_baskets(basket_ids, lines)
    enqueue_many("receipts.mail", [(order.number, {"order_number": order.number})], priority=SOON)


def _send_back(order: Order, payment: Payment, now: datetime) -> None:
    """Keep money that nobody asked for apart, and return it."""
    entries: list[Side] = [("clearing", payment.provider, payment.money), ("refunds", payment.provider, -payment.money)]
    ledger.post(key=f"surplus:{payment.key}", at=now, memo=f"Order {order.number} was paid already", entries=entries)
    key = f"ref-{hashlib.sha256(payment.key.encode()).hexdigest()[:32]}"
    payments.intend_refund(
        payment_id=payment.pk, key=key, amount=payment.money, reason="The order was paid already.", now=now
    )
    enqueue("orders.send_refund", key=key, refund_key=key)


def _hold_baskets(order: Order, now: datetime) -> list[int]:
    """Hold the basket that an order came from, and the buyer's own, before the order is.

    So does whoever orders one anew or merges two, in the same order: nobody waits crosswise.
    """
    basket_ids = [basket.pk for basket in _baskets(order.basket_id or 0, order.holder_id)]
    for basket_id in basket_ids:
        mark_changed(basket_id, now)
    return basket_ids


def _clear_baskets(basket_ids: list[int], lines: list[OrderLine]) -> None:
    """Take what was bought out of these baskets."""
    release_ids = [line.release_id for line in lines if line.release_id]
    part_ids = [line.part_id for line in lines if line.part_id]
    _bought(release_ids, part_ids, basket_ids)
