"""Watches signed-in sessions: they are listed, and they end, unused or after their whole time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.contrib.auth import SESSION_KEY, logout
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from bandstand.store.accounts import rules, services
from bandstand.store.accounts.models import User
from bandstand.webkit.limits import client_ip

Handler = Callable[[HttpRequest], HttpResponseBase]

MARK = "signed_in"  # in the session: when it began, when it was last seen, and what it was called then
EVERY = timedelta(minutes=5)  # a write for each page would be too many

log = logging.getLogger(__name__)


def watch_sessions(get_response: Handler) -> Handler:
    """End a session whose time is over before anybody sees its page; note the others after it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if _is_signed_in(request) and _is_over(request, timezone.now()):
            logout(request)
        response = get_response(request)
        if _is_signed_in(request):
            try:
                _note(request, timezone.now())
            except DatabaseError:  # full or busy: the page was made all the same, and the next one notes it
                log.warning("A session could not be noted.", exc_info=True)
        return response

    return middleware


def _is_signed_in(request: HttpRequest) -> bool:
    return SESSION_KEY in request.session  # no cookie, no query


def _is_over(request: HttpRequest, now: datetime) -> bool:
    """Ask who it is only when it matters: staff have shorter times."""
    mark = _mark(request)
    if mark is None:
        return False
    begun, seen, _ = mark
    if not rules.is_over(begun_at=begun, seen_at=seen, lasting=rules.STAFF, now=now):
        return False
    user = request.user
    lasting = rules.STAFF if isinstance(user, User) and user.is_staff else rules.LISTENER
    return rules.is_over(begun_at=begun, seen_at=seen, lasting=lasting, now=now)


def _note(request: HttpRequest, now: datetime) -> None:
    mark, session = _mark(request), request.session
    if session.session_key is None:
        session.create()
    key = session.session_key or ""
    if mark is not None and mark[2] == key and now - mark[1] < EVERY:
        return
    begun = mark[0] if mark else now
    services.note_seen(
        user_id=int(session[SESSION_KEY]),
        session_key=key,
        before=mark[2] if mark else "",
        begun_at=begun,
        address=client_ip(request),
        agent=request.headers.get("User-Agent", ""),
        now=now,
    )
    session[MARK] = [int(begun.timestamp()), int(now.timestamp()), key]


def _mark(request: HttpRequest) -> tuple[datetime, datetime, str] | None:
    mark = request.session.get(MARK)
    if not isinstance(mark, list) or len(mark) != 3:
        return None
    return datetime.fromtimestamp(mark[0], UTC), datetime.fromtimestamp(mark[1], UTC), str(mark[2])
