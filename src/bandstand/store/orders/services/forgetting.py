"""Forgetting who ordered: what was sold, where to and for how much stays, as the books must."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts.models import User
from bandstand.store.orders.models import Basket, Gift, Order
from bandstand.store.orders.services import gifts
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments


class OrderWaitsError(RefusedError):
    """An order is being paid, so its buyer is still needed."""

    code = "orders.waits"

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(
            f"The payment of order {number} is under way.",
            hint="Finish it, or wait until it has ended; then try again.",
        )


@transaction.atomic
def erase(*, holder_id: int, now: datetime) -> None:
    """Take the address from a listener's orders, and forget their basket and whom they gave to.

    Raises
    ------
    OrderWaitsError
        A payment is under way.
    """
    orders = Order.objects.filter(holder_id=holder_id)
    for order in orders.filter(state=Order.State.OPEN):
        if any(payment.is_waiting for payment in payment_queries.payments_of(order.number)):
            raise OrderWaitsError(order.number)
    payments.erase(order_numbers=list(orders.values_list("number", flat=True)))  # before orders, as claims hold them
    orders.update(email=gifts.NOBODY)
    gifts.erase(holder_id=holder_id, now=now)
    address = User.objects.values_list("email", flat=True).get(pk=holder_id)
    # One that waits keeps its address: somebody paid for it to arrive. The others end here, whoever claimed them.
    ended = Q(recipient_email__iexact=address) & (Q(claimed_at__isnull=False) | Q(returned_at__isnull=False))
    received = Gift.objects.filter(Q(claimed_by_id=holder_id) | ended)
    received.update(recipient_name="-", recipient_email="", sender_name="-", message="")
    Basket.objects.filter(holder_id=holder_id).delete()
