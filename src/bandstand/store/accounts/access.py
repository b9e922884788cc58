"""How surely somebody is who they say: which proofs this session has seen."""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

from bandstand.store.accounts import queries
from bandstand.store.accounts.models import User

AGAIN_BY_CODE, AGAIN_BY_KEY = "mfa_reauthenticate", "mfa_reauthenticate_webauthn"
_REMEMBERED = "_bandstand_factor_used"


def has_used_factor(request: HttpRequest) -> bool:
    """Tell whether who is signed in has a second factor and has used it in this session. One query a request."""
    known = getattr(request, _REMEMBERED, None)
    if known is None:
        user = request.user
        records = get_authentication_records(request, user) if isinstance(user, User) else []
        used = any(record.get("method") == "mfa" for record in records)
        known = used and isinstance(user, User) and queries.has_factor(user.pk)
        setattr(request, _REMEMBERED, known)
    return bool(known)


def way_to_prove(user: User) -> str | None:
    """Return the name of the page where somebody uses their second factor again; None when they have none."""
    kinds = set(queries.factors(user.pk).values_list("type", flat=True))
    return None if not kinds else AGAIN_BY_CODE if "totp" in kinds else AGAIN_BY_KEY
