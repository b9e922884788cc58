"""Orders for somebody else: written with the order, mailed on their day, claimed once, or given back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, QuerySet

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts import services as accounts
from bandstand.store.orders.models import Gift, Order, OrderLine
from bandstand.store.orders.rules import gift as rules
from bandstand.store.orders.rules.gift import GiftWish
from bandstand.store.orders.services import handing, rights
from bandstand.store.orders.services.intents import NothingToRefundError, intend_line_refund
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments
from bandstand.webkit.jobs import SOON, enqueue
from bandstand.webkit.prepared import Prepared

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment

NOBODY = "erased@erased.invalid"  # stands in the orders of who was erased
_FORGOTTEN = {"recipient_name": "-", "recipient_email": "", "sender_name": "-", "message": ""}
BATCH = 500  # gifts mailed in one run: the next one is a minute later


class GiftClaimedError(RefusedError):
    """The titles are on somebody's shelf."""

    code = "orders.gift_claimed"

    def __init__(self) -> None:
        super().__init__("This gift has been accepted.", hint="Its titles are on the shelf they were put on.")


class GiftReturnedError(RefusedError):
    """The giver took it back."""

    code = "orders.gift_returned"

    def __init__(self) -> None:
        super().__init__("This gift was taken back by its giver.", hint="Ask them what happened.")


class GiftEndedError(RefusedError):
    """Nothing of it is left, or its money is in dispute."""

    code = "orders.gift_ended"

    def __init__(self) -> None:
        super().__init__("This gift can't be accepted.", hint="Ask who gave it to you, or write to the store.")


@dataclass(frozen=True, slots=True)
class Claimed:
    """What accepting a gift came to: what is on the shelf now, and what was there before, whose price goes back."""

    gift: Gift
    given: list[OrderLine]
    had: list[OrderLine]


def write(order: Order, wish: GiftWish, now: datetime) -> Gift:
    """Write that an order is a gift, in the transaction that writes the order."""
    return Gift.objects.create(
        order=order,
        recipient_name=wish.recipient_name,
        recipient_email=wish.recipient_email,
        sender_name=wish.sender_name,
        message=wish.message,
        deliver_at=max(wish.deliver_at, now),
        token=_new_token(),
    )


def hold(order: Order, now: datetime) -> bool:
    """Tell whether an order that was paid this moment is a gift, so that its buyer gets nothing; mail it if it is due.

    Money that came for a gift whose giver has given up meanwhile buys it for the giver.
    """
    if not hasattr(order, "gift"):  # it was written with its order, or never
        return False
    gift = _of_order.first(order.pk)
    if gift is None or gift.returned_at is not None:
        return False
    if gift.deliver_at <= now:
        _post(gift.pk, now)
    return True


_of_order = Prepared(lambda order_id: Gift.objects.filter(order_id=order_id))


def deliver_due(now: datetime) -> int:
    """Hand the gifts whose moment has come over to the post, each once; return how many."""
    due = _waiting().filter(mailed_at=None, deliver_at__lte=now, order__state=Order.State.PAID)
    return sum(_post(pk, now) for pk in due.order_by("deliver_at", "pk").values_list("pk", flat=True)[:BATCH])


def remind_givers(now: datetime) -> int:
    """Ask the givers of gifts that nobody has claimed for long what is to become of them, each once."""
    long_ago = now - rules.REMIND_AFTER
    lying = _waiting().filter(reminded_at=None, mailed_at__lte=long_ago, order__state=Order.State.PAID)
    reminded = 0
    for pk in lying.order_by("mailed_at", "pk").values_list("pk", flat=True)[:BATCH]:
        with transaction.atomic():
            if _waiting().filter(pk=pk, reminded_at=None).update(reminded_at=now):
                enqueue("orders.gift_reminder", key=f"gift:{pk}", gift_id=pk)
                reminded += 1
    return reminded


@transaction.atomic
def claim(*, token: str, holder_id: int | None, now: datetime) -> Claimed:
    """Put a gift's titles on a shelf: of who is signed in, or (None) of the address the link was mailed to.

    What they have already is paid back to the giver. Of two who claim at once, one gets it.

    Raises
    ------
    Gift.DoesNotExist
        No gift has this link.
    GiftClaimedError, GiftReturnedError, GiftEndedError
        Which rule says no.
    """
    gift = Gift.objects.select_related("order").get(token=token)
    if holder_id is None:
        holder_id = accounts.guest_for(email=gift.recipient_email, now=now).pk
    return _hand_to(gift, holder_id, now)


def check_open(gift: Gift) -> None:
    """See that a gift can be claimed; `claim` is the judge.

    Raises
    ------
    GiftClaimedError, GiftReturnedError, GiftEndedError
        Which rule says no.
    """
    if gift.claimed_at is not None or gift.returned_at is not None:
        raise _refusal(gift.pk)
    if not rights.standing_lines(gift.order):
        raise GiftEndedError


def is_open(gift: Gift) -> bool:
    """Tell whether a gift can be claimed now."""
    return gift.claimed_at is None and gift.returned_at is None and bool(rights.standing_lines(gift.order))


@transaction.atomic
def keep(*, order_id: int, now: datetime) -> Claimed:
    """Put the titles of a gift that nobody has claimed on its giver's own shelf.

    Raises
    ------
    Gift.DoesNotExist, GiftClaimedError, GiftReturnedError, GiftEndedError
        Which rule says no.
    """
    gift = Gift.objects.select_related("order").get(order_id=order_id)
    return _hand_to(gift, gift.order.holder_id, now)


@transaction.atomic
def take_back(*, order_id: int, now: datetime) -> int:
    """Give up a gift that nobody has claimed: its link ends, its price goes back. Return how many lines do.

    What costs nothing, what its provider would not return, and what staff left with all of its money is put on the
    giver's shelf.

    Raises
    ------
    Gift.DoesNotExist, GiftClaimedError, GiftReturnedError, GiftEndedError
        Which rule says no.
    """
    gift = Gift.objects.select_related("order").get(order_id=order_id)
    order, payment = gift.order, _held_payment(gift.order)
    if not _waiting().filter(pk=gift.pk).update(returned_at=now, mailed_at=F("mailed_at")):
        raise _refusal(gift.pk)
    lines = rights.standing_lines(order)
    if not lines:
        raise GiftEndedError
    unpaid = []
    for line in lines:
        if payment is None or not line.gross:
            unpaid.append(line)
            continue
        try:
            refund = intend_line_refund(
                line=line, payment=payment, reason="The gift was taken back.", by="rule:gift_returned", now=now
            )
        except NothingToRefundError:  # staff returned all of its price, and left the title: to its giver now
            unpaid.append(line)
            continue
        key = refund.payment_refund_key
        enqueue("orders.send_refund", key=key, refund_key=key)
    rights.give(order, unpaid, holder_id=order.holder_id, now=now)
    _forget_if_erased(gift)
    return len(lines) - len(unpaid)


@transaction.atomic
def readdress(*, order_id: int, name: str, email: str, now: datetime) -> Gift:
    """Send a gift to another address, or once more to the same. The link that went to another address works no more.

    Raises
    ------
    rules.GiftWishError
        That is no name, or no address.
    Gift.DoesNotExist, GiftClaimedError, GiftReturnedError
        Which rule says no.
    """
    wanted = rules.recipient(name, email)
    gift = Gift.objects.select_related("order").get(order_id=order_id)
    token = gift.token if wanted.email == gift.recipient_email else _new_token()
    same = _waiting().filter(pk=gift.pk, token=gift.token)
    if not same.update(recipient_name=wanted.name, recipient_email=wanted.email, token=token):
        raise _refusal(gift.pk)
    if gift.deliver_at <= now and gift.order.state == Order.State.PAID:
        _waiting().filter(pk=gift.pk).update(mailed_at=now, reminded_at=None)
        _mail(gift.pk)
    return Gift.objects.select_related("order").get(pk=gift.pk)


@transaction.atomic
def erase(*, holder_id: int, now: datetime) -> int:
    """Forget whom a listener gave to and what they wrote, where the gift has arrived or was given up.

    One that waits for its day keeps its words and its address until it is claimed or returned: somebody paid for it
    to arrive. Call it after the orders are `NOBODY`'s, so that a claim at the same moment sees it, or is seen.
    """
    over = Gift.objects.filter(order__in=Order.objects.filter(holder_id=holder_id).values("pk")).exclude(
        claimed_at=None, returned_at=None
    )
    return Gift.objects.filter(pk__in=list(over.values_list("pk", flat=True))).update(**_FORGOTTEN)


def _forget_if_erased(gift: Gift) -> None:
    """Forget what was written with a gift that is over now, when its giver was erased while it waited."""
    if Order.objects.select_for_update().get(pk=gift.order_id).email == NOBODY:
        Gift.objects.filter(pk=gift.pk).update(**_FORGOTTEN)


def _hand_to(gift: Gift, holder_id: int, now: datetime) -> Claimed:
    order, payment = gift.order, _held_payment(gift.order)
    if not _waiting().filter(pk=gift.pk).update(claimed_at=now, claimed_by=holder_id):
        raise _refusal(gift.pk)
    lines = rights.standing_lines(order)
    if not lines:
        raise GiftEndedError
    had = handing.hand_over(order, lines, holder_id=holder_id, payment=payment, now=now)
    gift.refresh_from_db(fields=["claimed_at", "claimed_by"])
    _forget_if_erased(gift)  # who claims it is told once more whose it was: `gift` keeps the words
    return Claimed(gift, [line for line in lines if line.pk not in _ids(had)], list(had))


def _held_payment(order: Order) -> Payment | None:
    """Return an order's payment, held before its gift as disputes and refunds do, or they would wait crosswise."""
    payment = payment_queries.success_of(order.number)
    return payment and payments.hold(payment_id=payment.pk)


def _ids(lines: Sequence[OrderLine]) -> set[int]:
    return {line.pk for line in lines}


def _waiting() -> QuerySet[Gift]:
    """Gifts that nobody has: the condition of every update here."""
    return Gift.objects.filter(claimed_at=None, returned_at=None)


def _refusal(gift_id: int) -> RefusedError:
    gift = Gift.objects.get(pk=gift_id)
    if gift.returned_at is not None:
        return GiftReturnedError()
    return GiftClaimedError() if gift.claimed_at is not None else GiftEndedError()


@transaction.atomic
def _post(gift_id: int, now: datetime) -> int:
    """Hand one gift over to the post, once: the job's row is written with the mark."""
    if not _waiting().filter(pk=gift_id, mailed_at=None).update(mailed_at=now):
        return 0
    _mail(gift_id)
    return 1


def _mail(gift_id: int) -> None:
    enqueue("orders.gift_mail", key=f"gift:{gift_id}", priority=SOON, gift_id=gift_id)


def _new_token() -> str:
    return secrets.token_urlsafe(32)
