"""What a payer's bank keeps: it counts as gone back, line by line, and never more than was paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from bandstand.kernel.money import Money, share
from bandstand.store.ledger import services as ledger
from bandstand.store.ledger.rules import Side
from bandstand.store.orders.models import OrderLine, Refund
from bandstand.store.orders.rules.refunding import refund_tax
from bandstand.store.orders.services import crediting
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Dispute, Payment

RULE = "rule:dispute_lost"


def settle_losses(*, payment_id: int, now: datetime) -> None:
    """Bring to the books what lost disputes took and nobody has borne yet, as far as anything is left of the payment.

    The bank may take what a refund has returned, or is about to: that part is a fee, the store's own loss. When such a
    refund is refused by its provider, the part is left after all, and sellers and tax bear it. The caller holds the
    payment.
    """
    payment = payment_queries.payment(payment_id)
    lost = sum(row.amount for row in payment_queries.disputes_of(payment_id) if row.state == Dispute.State.LOST)
    borne = payment.refunded - payment_queries.returned(payment_id)
    lines = [] if payment.is_surplus else _lines_with_money(payment)
    left = payment.amount if payment.is_surplus else sum(_left(line) for line in lines)
    wanted = min(lost - borne, left)
    if wanted <= 0:
        return
    money = payments.lose(payment_id=payment_id, amount=Money(wanted, payment.currency))
    if not money:
        return
    key = f"lost:{payment.key}:{borne}"  # how much was borne before: each step once
    sides = [("refunds", payment.provider, money)] if payment.is_surplus else _from_lines(lines, money, now)
    memo = f"Order {payment.order_number}: lost to the payer's bank"
    ledger.post(key=key, at=now, memo=memo, entries=[*sides, ("fees", payment.provider, -money)])


def sides_of(refund: Refund) -> list[Side]:
    """Return what a refund takes back from its seller and from the tax."""
    line, currency = refund.line, refund.line.order.currency
    return [
        ("payable", line.seller.slug, Money(refund.amount - refund.tax, currency)),
        ("tax", line.place_of_supply, Money(refund.tax, currency)),
    ]


def _lines_with_money(payment: Payment) -> list[OrderLine]:
    lines = OrderLine.objects.filter(order__number=payment.order_number).select_related("order", "seller")
    return [line for line in lines.order_by("pk") if _left(line)]


def _left(line: OrderLine) -> int:
    return line.gross - line.refunded - line.passed_on


def _from_lines(lines: Sequence[OrderLine], money: Money, now: datetime) -> list[Side]:
    """Take money from lines, from each by what is left of it, and return the sides of sellers and tax."""
    parts = share(money, [_left(line) for line in lines])
    return [side for line, part in zip(lines, parts, strict=True) if part for side in _take(line, part, now)]


def _take(line: OrderLine, part: Money, now: datetime) -> list[Side]:
    standing = list(line.refunds.filter(undone_at=None))
    tax_back = sum(refund.tax for refund in standing)
    borne = sum(refund.amount for refund in standing if refund.by == RULE)
    back = {"net_back": line.refunded - tax_back, "tax_back": tax_back}
    tax = refund_tax(part.amount, net=line.net, tax=line.tax, **back)
    left = OrderLine.objects.filter(pk=line.pk, refunded__lte=F("gross") - F("passed_on") - part.amount)
    if not left.update(refunded=F("refunded") + part.amount):
        raise RuntimeError(f"Line {line.pk} changed while its payment was held.")
    refund = Refund.objects.create(
        line=line,
        amount=part.amount,
        tax=tax,
        reason="Your bank returned it.",
        by=RULE,
        payment_refund_key=f"lost-{line.pk}-{borne}",  # how much was lost before: each step once
        at=now,
        done_at=now,
    )
    if line.refunded + part.amount == line.gross:
        crediting.let_go(line, now=now)
    return sides_of(refund)
