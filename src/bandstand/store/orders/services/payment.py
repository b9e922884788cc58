"""Collecting the money of an order: starting a payment, hearing events, asking when nothing is heard."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Greatest

from bandstand.kernel.errors import BandstandError, RefusedError
from bandstand.kernel.registry import UnknownPluginError
from bandstand.store.orders.models import Order
from bandstand.store.orders.services import refunds
from bandstand.store.orders.services.events import Heard, hear_of, paid
from bandstand.store.orders.services.settlement import settle
from bandstand.store.payments import guard
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import rules as payment_rules
from bandstand.store.payments import services as payments
from bandstand.store.payments.providers import (
    PROVIDERS,
    DeclinedByProviderError,
    EventFacts,
    Provider,
    Stand,
    Standing,
    UnreachableError,
)
from bandstand.webkit.prepared import Prepared, PreparedUpdate

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment

logger = logging.getLogger(__name__)

SECONDS = 40.0  # of one run of reconciliation, which is begun every minute; what is left waits for the next
MOST = 1000  # payments, and refunds, of one provider in one run
MOST_MISSES = 20  # what a provider may leave unanswered in a row in one run; two more for each second that it hangs
CATCH_UP = timedelta(minutes=5)  # how often a provider is asked for what it told nobody
OVERLAP = timedelta(minutes=15)  # how far back each time: events may be written down late
SETTLES = timedelta(days=1)  # how much longer an order waits each time its provider says that a bank is at it
GRACE = timedelta(days=1)  # how long after its provider's patience an open payment is still asked about


class OrderEndedError(RefusedError):
    """The order can't be paid any more."""

    code = "orders.ended"

    def __init__(self, order: Order) -> None:
        self.number, self.state = order.number, order.state
        sentence = "This order is paid." if order.state == Order.State.PAID else "The time to pay this order is over."
        super().__init__(
            sentence, hint="" if order.state == Order.State.PAID else "Your basket is still there: order again."
        )


class TooManyTriesError(RefusedError):
    """Too many payments failed."""

    code = "orders.too_many_tries"

    def __init__(self) -> None:
        super().__init__("Too many payments have failed.", hint="Wait an hour, or write to the store.")


class NotByHandError(RefusedError):
    """This payment's provider tells by itself when money came."""

    code = "orders.not_by_hand"

    def __init__(self) -> None:
        super().__init__("The provider tells when this payment has come.", hint="Ask it, or wait for its next answer.")


def begin_payment(
    *, order_id: int, provider: str, return_url: str, now: datetime, network: str = "", payer_id: int | None = None
) -> Payment:
    """Start to collect the money of an order. It speaks to the provider: no transaction around it.

    The visitor goes to the payment's `redirect_url`, or reads its `instructions`. A second press gets the same payment.
    `network` is where the visitor is, and `payer_id` who is signed in there, for the guard against those who try out
    stolen cards. Whose address a guest typed is not held to have tried.

    Raises
    ------
    OrderEndedError, TooManyTriesError, ProviderOffError
        Which rule says no.
    UnreachableError, DeclinedByProviderError
        The provider does not answer, or refuses.
    """
    order = _order(order_id)
    if order.state != Order.State.OPEN or order.expires_at <= now:
        raise OrderEndedError(order)
    own = order.email if order.holder_id == payer_id else ""
    payer = guard.payer(network=network, holder_id=payer_id, email=own)
    if guard.blocks(payer, now):
        logger.warning("too many payments have failed: order %s is not led to %s", order.number, provider)
        raise TooManyTriesError
    longer = now + payments.offered(provider).patience
    with transaction.atomic():
        # Whoever cancels the order at this moment (its basket was ordered anew) sees the payment, or is seen here.
        if not _waits_longer(order_id, longer):
            raise OrderEndedError(_order(order_id))
        payment = payments.begin(
            order_number=order.number,
            provider=provider,
            amount=order.total,
            now=now,
            return_url=return_url,
            payer=payer,
        )
    return payments.start(payment=payment, return_url=return_url, now=now, email=order.email)


def _order(order_id: int) -> Order:
    found = _by_pk.first(order_id)
    if found is None:
        raise Order.DoesNotExist
    return found


_by_pk = Prepared(lambda pk: Order.objects.filter(pk=pk).order_by())
_waits_longer = PreparedUpdate(
    lambda pk, until: (
        Order.objects.filter(pk=pk, state=Order.State.OPEN),
        {"expires_at": Greatest("expires_at", Value(until, output_field=DateTimeField()))},
    )
)


def look_up_payment(*, payment_id: int, now: datetime) -> Payment:
    """Ask the provider how a payment stands, act on the answer, and return the payment: for the visitor who is back.

    Raises
    ------
    UnreachableError
        It does not answer; the next event or reconciliation tells.
    """
    payment = payment_queries.payment(payment_id)
    if payment.is_waiting:
        email = "" if payment.provider_ref else _email_of(payment)
        try:
            standing = payments.ask(payment_id=payment_id, now=now, email=email)
        except UnreachableError:
            _give_up_unseen(payment, now)
            raise
        _act(payment, standing, now)
    return payment_queries.payment(payment_id)


def reconcile(now: datetime, *, seconds: float = SECONDS) -> int:
    """Close every gap between the store and its providers: ask about payments without a result, send refunds that are
    not confirmed, hear what was told and never arrived. Return how many were looked at.

    Each provider gets the same time, and one that leaves too much unanswered in a row (three calls that hang) is left
    alone until the next run. Those that wait longest come first, and each is put at the end of the line before it is
    asked about, so that none waits for another.
    """
    work = {slug: _work_of(slug, now) for slug in payment_queries.waiting_providers(now)}
    spent, misses = dict.fromkeys(work, 0.0), dict.fromkeys(work, 0)
    until, looked = time.monotonic() + seconds, 0
    while work and time.monotonic() < until:
        slug = min(work, key=lambda one: spent[one])
        begun = time.monotonic()
        looked += 1
        try:
            work[slug].popleft()()
            misses[slug] = 0
        except (UnreachableError, UnknownPluginError) as error:
            misses[slug] += 1 + int(2 * (time.monotonic() - begun))
            logger.warning("%s does not answer: %s", slug, error)
        spent[slug] += time.monotonic() - begun
        if not work[slug] or misses[slug] >= MOST_MISSES:
            payments.note_answers(provider=slug, answered=not misses[slug], now=now)
            del work[slug]
    for slug in work:
        payments.note_answers(provider=slug, answered=not misses[slug], now=now)
    return looked + catch_up(now)


def catch_up(now: datetime) -> int:
    """Hear what providers told and nobody delivered, disputes among it; return how much of it was new."""
    new = 0
    for plugin in payment_queries.offered():
        watch = payment_queries.watch_of(plugin.slug)
        if plugin.missed is None or (watch.caught_up_at and now - watch.caught_up_at < CATCH_UP):
            continue
        since = (watch.caught_up_at or now - OVERLAP) - OVERLAP
        try:
            told = plugin.missed(payments.context_of(plugin, now), since)
        except (UnreachableError, DeclinedByProviderError) as error:
            payments.note_answers(provider=plugin.slug, answered=False, now=now)
            logger.warning("%s does not tell what was missed: %s", plugin.slug, error)
            continue
        new += sum(_hear_missed(plugin, facts, now) for facts in told.events)
        payments.note_answers(provider=plugin.slug, answered=True, now=now)
        payments.note_caught_up(provider=plugin.slug, now=told.until)
    return new


def _hear_missed(provider: Provider, facts: EventFacts, now: datetime) -> bool:
    """Hear one of many; whether it was new. One that can't be acted on is left to staff, and hides no other."""
    try:
        return hear_of(provider, facts, now) in {Heard.DONE, Heard.ODD}
    except BandstandError:
        logger.exception("%s: event %s can't be acted on", provider.slug, facts.event_id)
        return False


def mark_received(*, payment_id: int, by: str, now: datetime) -> Order:
    """Write that staff has seen the money of a payment by hand come in.

    Raises
    ------
    NotByHandError
        Its provider tells by itself.
    """
    payment = payment_queries.payment(payment_id)
    if not PROVIDERS.get(payment.provider).by_hand:
        raise NotByHandError
    logger.info("payment %s was marked as received by %s", payment.key, by)
    return settle(payment_id=payment_id, now=now)


def _work_of(provider: str, now: datetime) -> deque[Callable[[], object]]:
    """Return what is to be asked of a provider, and what it is to be told, in turns."""
    asks = payment_queries.payments_to_ask(now, provider=provider, limit=MOST)
    sends = payment_queries.refunds_to_send(now, provider=provider, limit=MOST)
    work: deque[Callable[[], object]] = deque()
    for place in range(max(len(asks), len(sends))):
        if place < len(sends):
            work.append(partial(refunds.send_refund, refund_key=sends[place].key, now=now))
        if place < len(asks):
            work.append(partial(look_up_payment, payment_id=asks[place].pk, now=now))
    return work


def _act(payment: Payment, standing: Standing, now: datetime) -> None:
    """Do what a provider's answer means."""
    age = now - payment.created_at
    match standing.state:
        case Stand.PAID:
            paid(payment, standing.amount, now)
        case Stand.FAILED:
            reason = standing.reason or "The payment failed."
            payments.fail(payment_id=payment.pk, reason=reason, now=now, declined=not standing.abandoned)
        case Stand.SETTLING:  # the bank has its days: whoever has done their part is not told that it is over
            waiting = Order.objects.filter(number=payment.order_number, state=Order.State.OPEN)
            waiting.update(expires_at=Greatest("expires_at", now + SETTLES))
        case Stand.UNKNOWN if age > payment_rules.LOST_AFTER:
            reason = "The payment never reached its provider."
            payments.fail(payment_id=payment.pk, reason=reason, now=now, declined=False)
        case Stand.OPEN if age > PROVIDERS.get(payment.provider).patience + GRACE:
            payments.fail(payment_id=payment.pk, reason="Nobody paid in time.", now=now, declined=False)
        case _:
            _give_up_unseen(payment, now)


def _give_up_unseen(payment: Payment, now: datetime) -> None:
    """End a payment whose page nobody was ever led to: the answer with its address did not arrive in time.

    A provider that keeps an answer of 500 under our key would give it for a day, and the buyer could not try again.
    """
    if payment.state == payment.State.INTENDED and now - payment.created_at > payment_rules.LOST_AFTER:
        reason = "The payment never reached its provider."
        payments.fail(payment_id=payment.pk, reason=reason, now=now, declined=False)


def _email_of(payment: Payment) -> str:
    return Order.objects.values_list("email", flat=True).get(number=payment.order_number)
