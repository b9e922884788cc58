"""The first half of a refund: what is meant stands in the database before any provider hears of it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.orders.rules.refunding import refund_tax
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment


class NothingToRefundError(RefusedError):
    """The line cost nothing, was never paid, or its money has gone back already."""

    code = "orders.nothing_to_refund"

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(f"There is no money to return for {title}.", hint="Look at the order's refunds.")


class RefundAmountError(RefusedError):
    """That is not an amount that can go back of this line."""

    code = "orders.refund_amount"

    def __init__(self, wanted: Money, left: Money) -> None:
        self.wanted, self.left = wanted, left
        super().__init__(f"{wanted} can't go back: {left} of this line is left.", hint=f"Choose up to {left}.")


class RefundedMeanwhileError(RefusedError):
    """More has gone back of the line than whoever wants to refund it has seen: another, or the same button twice."""

    code = "orders.refunded_meanwhile"

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(
            f"Money of {title} went back since this page was shown.", hint="Look at its refunds; then refund the rest."
        )


class DisputedError(RefusedError):
    """The payer's bank holds the money: whoever returned it too would pay twice."""

    code = "orders.disputed"

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(
            f"The payment of order {number} is disputed: the payer's bank has the money until it decides.",
            hint="Answer the dispute at the provider. When it is won, refund then.",
        )


@transaction.atomic
def intend_line_refund(
    *,
    line: OrderLine,
    payment: Payment,
    amount: Money | None = None,
    ends_grant: bool | None = None,
    seen: int | None = None,
    reason: str,
    note: str = "",
    by: str,
    now: datetime,
) -> Refund:
    """Store that an amount of a line's price goes back: all that is left, unless it is named.

    Of forty who ask at once, those succeed who together ask for no more than was paid. The title ends when nothing
    that was paid is left; `ends_grant` says otherwise. `seen` is how much had gone back on the page that asks.

    Raises
    ------
    NothingToRefundError, RefundAmountError, RefundedMeanwhileError, DisputedError
        Which rule says no.
    """
    payments.hold(payment_id=payment.pk)  # a dispute, and whoever else refunds this payment, waits
    if payment_queries.is_disputed(payment.pk):
        raise DisputedError(payment.order_number)
    line = OrderLine.objects.select_related("order").get(pk=line.pk)
    if seen is not None and line.refunded != seen:
        raise RefundedMeanwhileError(line.title)
    back = _reserve(line, amount)
    standing = list(line.refunds.filter(undone_at=None))
    tax_back = sum(refund.tax for refund in standing)
    tax = refund_tax(back.amount, net=line.net, tax=line.tax, net_back=line.refunded - tax_back, tax_back=tax_back)
    key = f"ref-{secrets.token_hex(16)}"
    payments.intend_refund(payment_id=payment.pk, key=key, amount=back, reason=reason, now=now)
    return Refund.objects.create(
        line=line,
        amount=back.amount,
        tax=tax,
        ends_grant=ends_grant,
        reason=reason[:200],
        note=note[:200],
        by=by[:80],
        payment_refund_key=key,
        at=now,
    )


def _reserve(line: OrderLine, amount: Money | None) -> Money:
    """Count an amount as gone back, and return it; the conditional update is the judge. `line` stays as it was."""
    left = Money(line.gross - line.refunded - line.passed_on, line.order.currency)
    if not left:
        raise NothingToRefundError(line.title)
    wanted = left if amount is None else amount
    # No join: with one, PostgreSQL would not look at `refunded` again after waiting for another refund of the line.
    paid = Order.objects.filter(state=Order.State.PAID)
    room = F("gross") - F("passed_on") - wanted.amount  # what was passed on is paid for something else
    lines = OrderLine.objects.filter(pk=line.pk, refunded__lte=room, order__in=paid)
    if wanted.currency != left.currency or wanted.amount <= 0 or wanted.amount > left.amount:
        raise RefundAmountError(wanted, left)
    if not lines.update(refunded=F("refunded") + wanted.amount):
        raise NothingToRefundError(line.title)
    return wanted
