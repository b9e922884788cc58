"""Money goes back: intent, provider, then books, grant and mail in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.store.ledger import services as ledger
from bandstand.store.ledger.rules import Side
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.orders.services import crediting, losses, rights
from bandstand.store.orders.services.intents import NothingToRefundError, intend_line_refund
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments
from bandstand.store.payments.providers import PROVIDERS, Returned, UnreachableError
from bandstand.webkit.jobs import SOON, enqueue

if TYPE_CHECKING:
    from bandstand.store.payments.models import PaymentRefund

logger = logging.getLogger(__name__)


class RefundRefusedError(RefusedError):
    """The provider will not return the money."""

    code = "orders.refund_refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The payment provider did not return the money: {reason}.",
            hint="The buyer keeps the title. Ask the provider.",
        )


class RefundStoppedError(RefusedError):
    """Some lines of an order are on their way back; the next one was refused."""

    code = "orders.refund_stopped"

    def __init__(self, done: Sequence[Refund], why: RefusedError) -> None:
        self.done, self.why = list(done), why
        super().__init__(f"Some lines go back, then it stopped. {why.sentence}", hint=why.hint)


class NotSentByHandError(RefusedError):
    """This refund is the provider's task."""

    code = "orders.not_sent_by_hand"

    def __init__(self) -> None:
        super().__init__("The provider sends this refund by itself.", hint="It is told again every few minutes.")


def refund_line(
    *,
    line_id: int,
    amount: Money | None = None,
    ends_grant: bool | None = None,
    seen: int | None = None,
    reason: str,
    note: str = "",
    by: str,
    now: datetime,
) -> Refund:
    """Return the price of an order line, or a part of it. It speaks to the provider: no transaction around it.

    When the provider can't be reached the refund stays meant, and reconciliation finishes it.

    Parameters
    ----------
    amount
        What goes back; None is all that is left.
    ends_grant
        Whether the buyer's right ends with it; None: when nothing that was paid is left.
    seen
        How much, in minor units, had gone back on the page that asks: two presses of its button are one refund.
    reason, note
        What the buyer reads, and what only staff does.

    Raises
    ------
    NothingToRefundError, RefundAmountError, RefundedMeanwhileError, DisputedError
        Which rule says no.
    RefundRefusedError
        The provider said no; the line can be refunded again later.
    """
    line = OrderLine.objects.select_related("order").get(pk=line_id)
    payment = payment_queries.success_of(line.order.number)
    if payment is None:
        raise NothingToRefundError(line.title)
    refund = intend_line_refund(
        line=line,
        payment=payment,
        amount=amount,
        ends_grant=ends_grant,
        seen=seen,
        reason=reason,
        note=note,
        by=by,
        now=now,
    )
    try:
        state = send_refund(refund_key=refund.payment_refund_key, now=now)
    except UnreachableError as error:
        logger.warning("refund %s waits: %s", refund.payment_refund_key, error)
        return refund
    if state is Returned.FAILED:
        raise RefundRefusedError(payment_queries.refund(refund.payment_refund_key).reason)
    return refund


def refund_order(
    *, order_id: int, ends_grant: bool | None = None, reason: str, note: str = "", by: str, now: datetime
) -> list[Refund]:
    """Return all that is left of an order, line by line, as `refund_line` does. Calling again goes on where it ended.

    Raises
    ------
    NothingToRefundError
        Nothing is left of any line.
    DisputedError, RefundRefusedError
        As `refund_line` does, of the first line.
    RefundStoppedError
        One of these, of a later line; those before it are on their way back.
    """
    lines = OrderLine.objects.filter(order_id=order_id, refunded__lt=F("gross") - F("passed_on")).order_by("pk")
    refunds: list[Refund] = []
    for pk in lines.values_list("pk", flat=True):
        try:
            refund = refund_line(line_id=pk, ends_grant=ends_grant, reason=reason, note=note, by=by, now=now)
        except RefusedError as error:
            if not refunds:
                raise
            raise RefundStoppedError(refunds, error) from error
        refunds.append(refund)
    if not refunds:
        raise NothingToRefundError(f"order {Order.objects.get(pk=order_id).number}")
    return refunds


def send_refund(*, refund_key: str, now: datetime) -> Returned:
    """Tell the provider of a refund that is meant, and write what it answers. Calling again is safe.

    Raises
    ------
    UnreachableError
        Nobody knows whether it has heard.
    """
    refund = payment_queries.refund(refund_key)
    if not refund.is_waiting:
        return Returned.FAILED if refund.has_failed else Returned.DONE
    answer = payments.send_refund(key=refund_key, now=now)
    if answer.state is Returned.DONE:
        finish_refund(refund_key=refund_key, now=now)
    elif answer.state is Returned.FAILED:
        undo_refund(refund_key=refund_key, reason=answer.reason, now=now)
    return answer.state


@transaction.atomic
def finish_refund(*, refund_key: str, now: datetime) -> None:
    """Write that the money is back: books reversed, grant ended, buyer told. Calling again changes nothing."""
    sent = payment_queries.refund(refund_key)
    payments.hold(payment_id=sent.payment_id)  # of two parts that end at once, the second sees that nothing is left
    if not payments.end_refund(key=refund_key, now=now):
        return
    refund = Refund.objects.select_related("line__order", "line__seller").filter(payment_refund_key=refund_key).first()
    memo = f"Refund of order {sent.payment.order_number}"
    ledger.post(key=f"refund:{refund_key}", at=now, memo=memo, entries=_reversal(sent, refund))
    if refund is None:
        return
    Refund.objects.filter(pk=refund.pk).update(done_at=now)
    line = refund.line
    if rights.is_over(line, list(line.refunds.all())):
        rights.end(line, why=f"Refunded: {refund.reason}", now=now)
        crediting.let_go(line, now=now)
    enqueue("orders.refund_mail", key=refund_key, priority=SOON, refund_key=refund_key)


@transaction.atomic
def undo_refund(*, refund_key: str, reason: str, now: datetime) -> None:
    """Write that the provider keeps the money, or has it again: the line counts as paid again, and gives its title.

    The buyer is told when they were told that it goes back. Calling again changes nothing.
    """
    payments.hold(payment_id=payment_queries.refund(refund_key).payment_id)
    sent = payment_queries.refund(refund_key)  # as it is now that nobody else changes it
    if not payments.fail_refund(key=refund_key, reason=reason, now=now):
        return
    was_back = not sent.is_waiting
    refund = Refund.objects.select_related("line__order", "line__seller").filter(payment_refund_key=refund_key).first()
    if was_back:
        memo = f"Refund of order {sent.payment.order_number}: it came back"
        entries = [(kind, owner, -money) for kind, owner, money in _reversal(sent, refund)]
        ledger.post(key=f"refund:{refund_key}:failed", at=now, memo=memo, entries=entries)
    if refund is not None:
        OrderLine.objects.filter(pk=refund.line_id).update(refunded=F("refunded") - refund.amount)
        Refund.objects.filter(pk=refund.pk).update(done_at=None, undone_at=now)
        refund.line.refresh_from_db(fields=["refunded"])
        if rights.stands(refund.line, list(refund.line.refunds.all())):
            crediting.take_again(refund.line)
    losses.settle_losses(payment_id=sent.payment_id, now=now)
    if refund is not None:
        rights.keep(refund.line, now=now)
    if refund is not None and was_back:
        enqueue("orders.refund_failed_mail", key=refund_key, priority=SOON, refund_key=refund_key)
    logger.error("refund %s was refused by its provider: %s", refund_key, reason)


def mark_refund_sent(*, refund_key: str, by: str, now: datetime) -> None:
    """Write that staff has sent a refund by hand.

    Raises
    ------
    NotSentByHandError
        The payment's provider sends it by itself.
    """
    refund = payment_queries.refund(refund_key)
    if not PROVIDERS.get(refund.payment.provider).by_hand:
        raise NotSentByHandError
    finish_refund(refund_key=refund_key, now=now)
    logger.info("refund %s was sent by hand by %s", refund_key, by)


def _reversal(sent: PaymentRefund, refund: Refund | None) -> list[Side]:
    money, payment = sent.money, sent.payment
    if payment.is_surplus or refund is None:
        return [("refunds", payment.provider, money), ("clearing", payment.provider, -money)]
    return [*losses.sides_of(refund), ("clearing", payment.provider, -money)]
