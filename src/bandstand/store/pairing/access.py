"""Letting a program in by the token it carries."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts.models import User
from bandstand.store.pairing import rules
from bandstand.store.pairing.models import AppToken
from bandstand.webkit.limits import limit

WRONG_TOKENS = "60/10m"  # by one visitor: a program that was signed out and goes on asking is told to wait
_MAX_TOKEN = 200
_BEARER = "bearer "


class NotSignedInError(RefusedError):
    """A program carries no token, or one that opens nothing."""

    code = "pairing.not_signed_in"
    status = 401

    def __init__(self) -> None:
        super().__init__("This program is not signed in.", hint="Sign it in again, or give it a new app password.")


def bearer(request: HttpRequest) -> str:
    """Return the token that a request carries in `Authorization: Bearer`; empty when it carries none."""
    said = request.headers.get("Authorization", "")
    return said[len(_BEARER) :].strip() if said[: len(_BEARER)].lower() == _BEARER else ""


def holder_of(request: HttpRequest) -> User:
    """Return whose token a request carries.

    A token dies when it is revoked, when its account gets another password, and when the account is closed or banned.

    Raises
    ------
    NotSignedInError
        It carries none that works: which of the reasons it is, is nobody's business.
    TooManyError
        The visitor has tried too many of these.
    """
    token, now = bearer(request), timezone.now()
    if not token or len(token) > _MAX_TOKEN:
        raise NotSignedInError
    found = (
        AppToken.objects.filter(digest=rules.token_digest(token), revoked_at=None, holder__is_active=True)
        .select_related("holder")
        .first()
    )
    if found is None or found.stamp != rules.stamp(found.holder.password):
        limit(request, "pairing.token", rate=WRONG_TOKENS)
        raise NotSignedInError
    if found.last_used_at is None or found.last_used_at < now - rules.SEEN:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - rules.SEEN)
        AppToken.objects.filter(long_ago, pk=found.pk).update(last_used_at=now)
    return found.holder


def visitor(request: HttpRequest) -> User:
    """Return who asks: the holder of the token that a program carries, or whoever is signed in here.

    Raises
    ------
    NotSignedInError
        Nobody we know.
    """
    if "Authorization" in request.headers:
        return holder_of(request)
    if isinstance(request.user, User):
        return request.user
    raise NotSignedInError


def own_token(holder: User, token_id: int) -> AppToken:
    """Return a token of this account.

    Raises
    ------
    AppToken.DoesNotExist
        There is none of that id, or it is somebody else's: which of these is nobody's business.
    """
    return AppToken.objects.get(pk=token_id, holder=holder)
