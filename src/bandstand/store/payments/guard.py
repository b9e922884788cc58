"""Whoever tries out stolen cards fails often: counted by network, by account and by e-mail address, whoever tries.

What is counted stands on the payments themselves, as keyed hashes, so that a payment tells nobody's address. Payments
that succeed count for nothing: a school behind one address may buy as much as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum
from django.utils.crypto import salted_hmac

from bandstand.store.payments.models import Payment

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
    """Return who tries to pay. `network` is an address (of IPv6 its /64), empty when no visitor is there."""
    return Payer(
        visitor=_hash("network", network),
        account=_hash("account", str(holder_id or "")),
        mailbox=_hash("mailbox", email.strip().casefold()),
    )


def blocks(who: Payer, now: datetime) -> bool:
    """Return whether this payer has failed too often to try again within the hour."""
    recent = Payment.objects.filter(created_at__gte=now - KEPT)
    since = now - WITHIN
    for name in ("visitor", "account", "mailbox"):
        if value := getattr(who, name):
            theirs = recent.filter(**{name: value})
            declined = theirs.filter(declined_at__gte=since).aggregate(sum=Sum("declines"))["sum"] or 0
            unpaid = theirs.filter(created_at__gte=since).exclude(
                Q(state=Payment.State.SUCCEEDED) | Q(state=Payment.State.SURPLUS)
            )
            if declined >= MOST_DECLINES or unpaid.count() >= MOST_UNPAID:
                return True
    return False


def _hash(kind: str, value: str) -> str:
    if not value:
        return ""
    return salted_hmac(f"bandstand.payments.guard.{kind}", value, algorithm="sha256").hexdigest()[:32]
