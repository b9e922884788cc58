"""Whoever tries out stolen cards fails often: counted by network, and of who is signed in by account and its address.

A guest only types an address, perhaps another's: it counts for nothing, or anybody could keep its owner from paying.

What is counted stands on the payments themselves, as keyed hashes, so that a payment tells nobody's address. Payments
that succeed count for nothing: a school behind one address may buy as much as it likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import combinations
from operator import or_

from django.db.models import Count, Q, Sum
from django.utils.crypto import salted_hmac

from bandstand.store.payments.models import Payment
from bandstand.webkit.prepared import Prepared

MOST_DECLINES = 5
"""Refused cards of one network, account or e-mail address in an hour."""
MOST_UNPAID = 20
"""Payments that one of them began in an hour and has not paid: each is a call to the provider."""
WITHIN = timedelta(hours=1)
KEPT = timedelta(days=1)
"""How long payments tell who tried; one that was begun before may still have been declined now."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Who tries to pay, as keyed hashes; empty where it is not known."""

    visitor: str = ""
    account: str = ""
    mailbox: str = ""


NOBODY = Payer()


def payer(*, network: str, holder_id: int | None, email: str) -> Payer:
    """Return who tries to pay. `network` is an address (of IPv6 its /64), empty when no visitor is there.

    `holder_id` is who is signed in, and `email` their own address; None and whatever was typed of a guest.
    """
    return Payer(
        visitor=_hash("network", network),
        account=_hash("account", str(holder_id or "")),
        mailbox=_hash("mailbox", email.strip().casefold() if holder_id else ""),
    )


NAMES = ("visitor", "account", "mailbox")


def _kept(names: Sequence[str]) -> Prepared[Payment]:
    """Return the query for any payment that was begun since, by one of whom the values name."""
    return Prepared(
        lambda since, *values: (
            Payment.objects.filter(
                reduce(or_, (Q(**{name: value}) for name, value in zip(names, values, strict=True))),
                created_at__gte=since,
            )
            .only("pk")
            .order_by()[:1]
        )
    )


_any = {names: _kept(names) for count in (1, 2, 3) for names in combinations(NAMES, count)}


def blocks(who: Payer, now: datetime) -> bool:
    """Return whether this payer has failed too often to try again within the hour."""
    known = {name: value for name in NAMES if (value := getattr(who, name))}
    if not known or not _any[tuple(known)](now - KEPT, *known.values()):
        return False  # most have no other payment: there is nothing to add up
    since = now - WITHIN
    begun = Q(created_at__gte=since) & ~Q(state__in=[Payment.State.SUCCEEDED, Payment.State.SURPLUS])
    for name, value in known.items():
        counts = Payment.objects.filter(**{name: value}, created_at__gte=now - KEPT).aggregate(
            declined=Sum("declines", filter=Q(declined_at__gte=since)), unpaid=Count("pk", filter=begun)
        )
        if (counts["declined"] or 0) >= MOST_DECLINES or counts["unpaid"] >= MOST_UNPAID:
            return True
    return False


def _hash(kind: str, value: str) -> str:
    if not value:
        return ""
    return salted_hmac(f"bandstand.payments.guard.{kind}", value, algorithm="sha256").hexdigest()[:32]
