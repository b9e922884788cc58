"""How surely somebody is who they say: which proofs this session has seen."""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

from bandstand.store.accounts import queries
from bandstand.store.accounts.models import User

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
