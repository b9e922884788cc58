"""What is done after the answer, and every minute."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bandstand.kernel.progress import Progress
from bandstand.store.accounts import mails
from bandstand.store.orders import letters, services
from bandstand.store.orders.models import Refund
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


@job("orders.send_refund")
def send_refund(*, now: datetime, progress: Progress, refund_key: str) -> None:
    """Tell the provider of a refund; while it can't be reached, `orders.reconcile` does."""
    try:
        services.send_refund(refund_key=refund_key, now=now)
    except UnreachableError as error:
        logger.warning("refund %s waits: %s", refund_key, error.what)


@job("orders.reconcile", every=timedelta(minutes=1), lease=timedelta(minutes=15))
def reconcile(*, now: datetime, progress: Progress) -> None:
    """Close every gap between the store and its payment providers."""
    progress(services.reconcile(now))


@job("orders.cancel_expired", every=timedelta(minutes=5))
def cancel_expired(*, now: datetime, progress: Progress) -> None:
    """Cancel orders that nobody paid in time."""
    progress(services.cancel_expired(now))
