"""Which programs are let in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from bandstand.store.pairing import rules
from bandstand.store.pairing.models import AppToken, DeviceCode

if TYPE_CHECKING:
    from bandstand.store.accounts.models import User


def live_tokens(holder: User) -> QuerySet[AppToken]:
    """Return the tokens of an account that work, the latest first: not revoked, and made under today's password."""
    held = AppToken.objects.filter(holder=holder, revoked_at=None, stamp=rules.stamp(holder.password))
    return held.order_by("-made_at", "-pk")


def waiting_code(typed: str, *, now: datetime) -> DeviceCode:
    """Return the program behind a code that somebody typed, while it waits for an answer.

    Raises
    ------
    DeviceCode.DoesNotExist
        There is none, its time is over, or it has its answer: which of these is nobody's business.
    """
    return DeviceCode.objects.get(
        user_digest=rules.code_digest(typed), state=DeviceCode.State.WAITING, expires_at__gt=now
    )


def personal(holder_id: int) -> dict[str, object]:
    """Return what is known about an account's programs, for its owner. No digest is among it."""
    rows = AppToken.objects.filter(holder_id=holder_id).order_by("pk")
    return {
        "programs": [
            {
                "name": row.name,
                "kind": row.kind,
                "made_at": row.made_at.isoformat(),
                "last_used_at": row.last_used_at.isoformat() if row.last_used_at else None,
                "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
            }
            for row in rows
        ]
    }
