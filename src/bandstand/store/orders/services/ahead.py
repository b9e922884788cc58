"""What was ordered ahead follows the day on which it comes, and can be cancelled until then."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from bandstand.kernel.errors import RefusedError
from bandstand.store.grants import services as grants
from bandstand.store.orders.models import Gift, Order, OrderLine, Refund
from bandstand.store.orders.queries import ahead
from bandstand.store.orders.queries.ahead import Moved
from bandstand.store.orders.services import rights
from bandstand.store.orders.services.intents import NothingToRefundError, intend_line_refund
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments
from bandstand.webkit.jobs import SOON, enqueue, enqueue_many

RULE = "rule:cancelled_ahead"
BATCH = 500  # lines that move in one transaction
MOST = 50_000  # lines of one run; the next one is minutes later


class HasComeError(RefusedError):
    """It came, or it can't be cancelled for another reason."""

    code = "orders.has_come"

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(
            f"{title} can't be cancelled any more.", hint="It has come out, or its money is on its way back already."
        )


def follow_days(now: datetime) -> int:
    """Let what was ordered ahead come on the day on which its release does now, and return how many lines moved.

    Calling it again changes nothing: what has followed waits for the new day. What nobody says a day for any more
    keeps the one it was bought for.
    """
    count = 0
    for group in ahead.moved(now):
        while count < MOST and (followed := _follow(group, now)):
            count += followed
    return count


@transaction.atomic
def _follow(group: Moved, now: datetime) -> int:
    """Let some lines follow. Unpaid orders, payments and gifts are held first, in the order in which settling takes
    them, so that whoever gives their titles this moment comes before, and is seen here, or after, and sees the new day.
    """
    found = list(group.lines().order_by("pk").values_list("pk", "order_id", "order__number")[:BATCH])
    if not found:
        return 0
    order_ids = [order_id for _, order_id, _ in found]
    Order.objects.filter(pk__in=order_ids).exclude(state=Order.State.PAID).update(state=F("state"))
    payments.hold_paid(order_numbers=[number for *_, number in found])
    Gift.objects.filter(order__in=order_ids).update(token=F("token"))
    lines = list(group.lines().filter(pk__in=[pk for pk, *_ in found]).select_related("order"))
    OrderLine.objects.filter(pk__in=[line.pk for line in lines]).update(available_at=group.after)
    grants.move_start(
        sources=[line.order.source for line in lines],
        release_id=group.release_id,
        before=group.before,
        after=group.after,
    )
    told = {"before": group.before.isoformat(), "after": group.after.isoformat()}
    paid = [line for line in lines if line.order.state == Order.State.PAID]
    keyed = [(f"{line.pk}:{group.after.isoformat()}", {"line_id": line.pk, **told}) for line in paid]
    enqueue_many("orders.day_moved_mail", keyed)
    return len(lines)


@transaction.atomic
def cancel(*, line_id: int, now: datetime) -> Refund:
    """Give up what was ordered ahead, before it comes: its money goes back, and the right to it ends at once.

    Who waited for the money to arrive would have both for a while. When the provider keeps the money after all, the
    title is the buyer's again.

    Raises
    ------
    HasComeError, DisputedError
        Which rule says no.
    """
    line = OrderLine.objects.select_related("order").get(pk=line_id)
    payment = payment_queries.success_of(line.order.number)
    if payment is None:
        raise HasComeError(line.title)
    payments.hold(payment_id=payment.pk)  # before its line, as everybody does: its day stays now
    line.refresh_from_db()
    if not ahead.may_cancel(line, now):
        raise HasComeError(line.title)
    try:
        refund = intend_line_refund(
            line=line,
            payment=payment,
            ends_grant=True,
            reason="It was cancelled before it came.",
            by=RULE,
            now=now,
        )
    except NothingToRefundError:
        raise HasComeError(line.title) from None
    rights.end(line, why="Cancelled before it came.", now=now)
    key = refund.payment_refund_key
    enqueue("orders.send_refund", key=key, priority=SOON, refund_key=key)
    return refund
