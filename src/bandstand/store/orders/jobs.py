"""What is done after the answer, and every minute."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bandstand.kernel.progress import Progress
from bandstand.store.accounts import mails
from bandstand.store.orders import letters, services
from bandstand.store.orders.models import Gift, OrderLine, Refund
from bandstand.store.orders.services import ahead, gifts, handing, promises
from bandstand.store.payments import services as payments
from bandstand.store.payments.providers import UnreachableError
from bandstand.webkit.jobs import job

logger = logging.getLogger(__name__)


@job("orders.refund_mail")
def refund_mail(*, now: datetime, progress: Progress, refund_key: str) -> None:
    """Tell the buyer that money is on its way back, unless they have been told."""
    refund = Refund.objects.select_related("line__order__holder").get(payment_refund_key=refund_key)
    if refund.mailed_at is None:
        mails.send("refund", refund.line.order.email, letters.refund(refund, now=now), folder="orders/mail")
        Refund.objects.filter(pk=refund.pk).update(mailed_at=now)


@job("orders.refund_failed_mail")
def refund_failed_mail(*, now: datetime, progress: Progress, refund_key: str) -> None:
    """Tell the buyer that money which was on its way back to them has not arrived."""
    refund = Refund.objects.select_related("line__order__holder").get(payment_refund_key=refund_key)
    facts = letters.refund(refund, now=now)
    mails.send("refund_failed", refund.line.order.email, facts, folder="orders/mail")


@job("orders.send_refund")
def send_refund(*, now: datetime, progress: Progress, refund_key: str) -> None:
    """Tell the provider of a refund; while it can't be reached, `orders.reconcile` does."""
    try:
        services.send_refund(refund_key=refund_key, now=now)
    except UnreachableError as error:
        logger.warning("refund %s waits: %s", refund_key, error.what)


@job("orders.look_again")
def look_again(*, now: datetime, progress: Progress, line_id: int) -> None:
    """Return what was paid for a release that can't be handed over, when a bank has decided about tracks it counts."""
    handing.look_again(line_id=line_id, now=now)


@job("orders.ask_payment")
def ask_payment(*, now: datetime, progress: Progress, payment_id: int) -> None:
    """Ask a provider how a payment stands, because somebody on the staff wants to know."""
    try:
        services.look_up_payment(payment_id=payment_id, now=now)
    except UnreachableError as error:
        logger.warning("payment %s: its provider does not answer: %s", payment_id, error.what)


@job("orders.reconcile", every=timedelta(minutes=1), lease=timedelta(minutes=15))
def reconcile(*, now: datetime, progress: Progress) -> None:
    """Close every gap between the store and its payment providers."""
    progress(services.reconcile(now))


@job("orders.forget_payers", every=timedelta(hours=6))
def forget_payers(*, now: datetime, progress: Progress) -> None:
    """Clear from payments who tried to pay, once it is of no use to the guard."""
    progress(payments.forget_payers(now))


@job("orders.cancel_expired", every=timedelta(minutes=5))
def cancel_expired(*, now: datetime, progress: Progress) -> None:
    """Cancel orders that nobody paid in time."""
    progress(services.cancel_expired(now))


@job("orders.check_promises", every=timedelta(minutes=5))
def check_promises(*, now: datetime, progress: Progress) -> None:
    """Return what was paid too much for what was ordered ahead and has come out cheaper."""
    progress(promises.check_promises(now))


@job("orders.follow_days", every=timedelta(minutes=5), lease=timedelta(minutes=15))
def follow_days(*, now: datetime, progress: Progress) -> None:
    """Let what was ordered ahead follow the day on which its release comes."""
    progress(ahead.follow_days(now))


@job("orders.day_moved_mail")
def day_moved_mail(*, now: datetime, progress: Progress, line_id: int, before: str, after: str) -> None:
    """Tell whoever waits for a title that it comes on another day, unless it moved again, or is theirs no more."""
    line = OrderLine.objects.select_related("order__holder", "order__storefront").get(pk=line_id)
    to = letters.waits_for(line)
    if to is None or line.available_at != datetime.fromisoformat(after):
        return
    facts = letters.day_moved(line, before=datetime.fromisoformat(before), now=now)
    if letters.is_another_day(line, before=datetime.fromisoformat(before)):
        mails.send("day_moved", to, facts, folder="orders/mail")


@job("orders.deliver_gifts", every=timedelta(minutes=1))
def deliver_gifts(*, now: datetime, progress: Progress) -> None:
    """Hand gifts over to the post when their moment has come."""
    progress(gifts.deliver_due(now))


@job("orders.gift_mail")
def gift_mail(*, now: datetime, progress: Progress, gift_id: int) -> None:
    """Mail a gift's link, unless somebody has it, or nothing of it is left to be claimed."""
    gift = Gift.objects.select_related("order").get(pk=gift_id)
    if gifts.is_open(gift):
        mails.send("gift", gift.recipient_email, letters.gift(gift), folder="orders/mail")


@job("orders.remind_givers", every=timedelta(hours=1))
def remind_givers(*, now: datetime, progress: Progress) -> None:
    """Ask givers about gifts that nobody has claimed for long."""
    progress(gifts.remind_givers(now))


@job("orders.gift_reminder")
def gift_reminder(*, now: datetime, progress: Progress, gift_id: int) -> None:
    """Mail a giver that their gift was not claimed, unless it was meanwhile."""
    gift = Gift.objects.select_related("order__holder").get(pk=gift_id)
    if gifts.is_open(gift):
        mails.send("gift_reminder", gift.order.email, letters.gift_reminder(gift, now=now), folder="orders/mail")
