"""The price promise: what was ordered ahead never costs more than on the day it comes."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from bandstand.kernel.money import Money
from bandstand.store.deals import queries as deals
from bandstand.store.deals.rules import Offer, Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.orders.rules import pricing
from bandstand.store.orders.rules.pricing import Frozen
from bandstand.store.orders.services.intents import NothingToRefundError, intend_line_refund
from bandstand.store.payments import queries as payments
from bandstand.store.payments import services as payment_services
from bandstand.webkit.jobs import enqueue

logger = logging.getLogger(__name__)

RULE = "rule:price_promise"
AT_ONCE = 200


def check_promises(now: datetime) -> int:
    """Compare what has come out with what was paid for it ahead, return what was too much, and count those lines.

    Each line is looked at once; lines of one release that many ordered are looked at in turns. What is disputed waits
    until the bank has decided.
    """
    due = OrderLine.objects.filter(
        available_at__isnull=False, available_at__lte=now, price_checked_at=None, order__state=Order.State.PAID
    ).exclude(order__number__in=payments.disputed_orders())
    returned = 0
    for line in due.select_related("order__storefront", "order__holder", "part").order_by("available_at", "pk")[
        :AT_ONCE
    ]:
        returned += _check(line, now)
    return returned


@transaction.atomic
def _check(line: OrderLine, now: datetime) -> bool:
    """Look at one line; whether money goes back. Of two who look at once, one finds it unchecked."""
    order = line.order
    payment = payments.success_of(order.number)
    if payment is not None:
        payment_services.hold(payment_id=payment.pk)  # before its line, as everybody does
        if payments.is_disputed(payment.pk):
            return False  # since a moment; looked at again when the bank has decided
    if not OrderLine.objects.filter(pk=line.pk, price_checked_at=None).update(price_checked_at=now):
        return False
    line.refresh_from_db(fields=["refunded", "passed_on"])
    offer = _offer(line, now)
    if offer is None or offer.open_price:
        return False
    back = pricing.price_drop(_frozen(line), offer.price, tax_included=order.tax_included)
    left = pricing.refundable(gross=line.gross, refunded=line.refunded, passed_on=line.passed_on)
    back = min(back, Money(left, order.currency), key=lambda money: money.amount)
    if not back or payment is None:
        return False
    try:
        refund = intend_line_refund(
            line=line,
            payment=payment,
            amount=back,
            ends_grant=False,
            reason="It came out at a lower price than you had ordered it for.",
            by=RULE,
            now=now,
        )
    except NothingToRefundError as error:
        logger.info("order %s: the price fell, but no money goes back: %s", order.number, error)
        return False
    enqueue("orders.send_refund", key=refund.payment_refund_key, refund_key=refund.payment_refund_key)
    return True


def _offer(line: OrderLine, now: datetime) -> Offer | None:
    """Return what the title is offered for now, where it was bought and to whom; None when it is not."""
    if line.release_id is None:
        return None  # single tracks are not ordered ahead
    order = line.order
    visitor = Visitor(territory=order.billing_country, member=grants.membership(order.holder, None, now))
    offers = deals.release_offers([line.release_id], storefront=order.storefront, visitor=visitor, now=now)
    said = offers[line.release_id]
    return said if isinstance(said, Offer) and said.price.currency == order.currency else None


def _frozen(line: OrderLine) -> Frozen:
    currency = line.order.currency
    return Frozen(
        listed=Money(line.listed, currency),
        credit=Money(line.credit, currency),
        discount=Money(line.discount, currency),
        net=Money(line.net, currency),
        tax=Money(line.tax, currency),
        tax_rate=line.tax_rate,
    )
