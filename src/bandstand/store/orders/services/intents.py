"""The first half of a refund: what is meant stands in the database before any provider hears of it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from bandstand.kernel.errors import RefusedError
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.payments import services as payments

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment


class NothingToRefundError(RefusedError):
    """The line cost nothing, was never paid, or its money has gone back already."""

    code = "orders.nothing_to_refund"

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(f"There is no money to return for {title}.", hint="Look at the order's refunds.")


@transaction.atomic
def intend_line_refund(*, line: OrderLine, payment: Payment, reason: str, by: str, now: datetime) -> Refund:
    """Store that the whole price of a line goes back. Of forty who ask at once, one succeeds.

    Raises
    ------
    NothingToRefundError
        There is nothing left to return.
    """
    # No join: with one, PostgreSQL would not look at `refunded` again after waiting for another refund of the line.
    paid = Order.objects.filter(state=Order.State.PAID)
    left = OrderLine.objects.filter(pk=line.pk, gross__gt=0, refunded=0, order__in=paid)
    if not left.update(refunded=F("gross")):
        raise NothingToRefundError(line.title)
    key = f"ref-{secrets.token_hex(16)}"
    payments.intend_refund(payment_id=payment.pk, key=key, amount=line.price, reason=reason, now=now)
    return Refund.objects.create(
        line=line, amount=line.gross, tax=line.tax, reason=reason[:200], by=by[:80], payment_refund_key=key, at=now
    )
