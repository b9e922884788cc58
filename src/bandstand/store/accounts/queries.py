"""What an account has: second factors, signed-in browsers, and all that is kept about a person here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from bandstand.store.accounts.models import SignIn, User
from bandstand.store.accounts.rules import browser_of
from bandstand.webkit.limits import network_of

PRIMARY = ("totp", "webauthn")  # recovery codes alone are none


@dataclass(frozen=True, slots=True)
class Browser:
    """One signed-in browser, for the list."""

    pk: int
    name: str
    address: str
    begun_at: datetime
    seen_at: datetime
    here: bool


def factors(user_id: int) -> QuerySet[Any]:  # allauth is not typed
    """Return somebody's authenticator app and passkeys, the oldest first."""
    found: QuerySet[Any] = Authenticator.objects.filter(user_id=user_id, type__in=PRIMARY).order_by("created_at", "pk")
    return found


def has_factor(user_id: int) -> bool:
    """Tell whether somebody has an authenticator app or a passkey."""
    return factors(user_id).exists()


def recovery_left(user_id: int) -> int | None:
    """Return how many recovery codes are unused; None when there are none at all."""
    row = Authenticator.objects.filter(user_id=user_id, type="recovery_codes").first()
    return None if row is None else len(row.wrap().get_unused_codes())


def browsers(user_id: int, *, here: str, now: datetime) -> list[Browser]:
    """Return the browsers that are signed in, the latest first; `here` is the key of the session that asks."""
    rows = list(SignIn.objects.filter(user_id=user_id))
    keys = [row.session_key for row in rows]
    live = set(Session.objects.filter(pk__in=keys, expire_date__gt=now).values_list("pk", flat=True))
    return [
        Browser(row.pk, browser_of(row.agent), row.address, row.begun_at, row.seen_at, row.session_key == here)
        for row in rows
        if row.session_key in live
    ]


def is_known_network(email: str, network: str) -> bool:
    """Tell whether somebody is signed in to the account of this address from this network."""
    found = SignIn.objects.filter(user__email=email).values_list("address", flat=True)
    return bool(network) and any(network_of(address) == network for address in found)


def personal(holder_id: int) -> dict[str, object]:
    """Return what is kept about a person here, ready for JSON; secrets are left out."""
    user = User.objects.get(pk=holder_id)
    return {
        "account": {
            "id": str(user.public_id),
            "email": user.email,
            "name": user.name,
            "language": user.language,
            "preferred_format": user.preferred_format,
            "joined_at": user.joined_at.isoformat(),
            "claimed_at": user.claimed_at.isoformat() if user.claimed_at else None,
            "last_sign_in_at": user.last_login.isoformat() if user.last_login else None,
            "is_staff": user.is_staff,
            "roles": sorted(user.groups.values_list("name", flat=True)),
        },
        "second_factors": [
            {
                "kind": row.type,
                "name": row.data.get("name", ""),
                "added_at": row.created_at.isoformat(),
                "last_used_at": row.last_used_at.isoformat() if row.last_used_at else None,
            }
            for row in factors(holder_id)
        ],
        "signed_in_browsers": [
            {
                "browser": row.agent,
                "address": row.address,
                "since": row.begun_at.isoformat(),
                "seen_at": row.seen_at.isoformat(),
            }
            for row in SignIn.objects.filter(user_id=holder_id)
        ],
    }
