"""Which browsers are signed in, and their end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction

from bandstand.store.accounts.models import SignIn, SpentCode

BATCH = 500  # in pieces: one long write would make buyers wait
SPENT_FOR = timedelta(days=1)  # longer than any code or challenge is good


@transaction.atomic
def note_seen(
    *, user_id: int, session_key: str, before: str, begun_at: datetime, address: str, agent: str, now: datetime
) -> None:
    """Write that a signed-in browser was here; `before` is the name its session had until now."""
    if before and before != session_key:
        SignIn.objects.filter(session_key=before).delete()
    seen = {"user_id": user_id, "seen_at": now, "address": address[:45], "agent": agent[:200]}
    SignIn.objects.update_or_create(
        session_key=session_key, defaults=seen, create_defaults={**seen, "begun_at": begun_at}
    )


@transaction.atomic
def end_session(*, user_id: int, sign_in_id: int) -> None:
    """Sign one of somebody's browsers out.

    Raises
    ------
    SignIn.DoesNotExist
        It is none of theirs, or has ended.
    """
    row = SignIn.objects.get(pk=sign_in_id, user_id=user_id)
    Session.objects.filter(pk=row.session_key).delete()
    row.delete()


@transaction.atomic
def end_sessions(*, user_id: int, but: str | None = None) -> int:
    """Sign all of somebody's browsers out, save the one whose session is named; return how many."""
    rows = SignIn.objects.filter(user_id=user_id)
    if but:
        rows = rows.exclude(session_key=but)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    SignIn.objects.filter(user_id=user_id, session_key__in=keys).delete()
    return len(keys)


def forget_over(*, now: datetime) -> int:
    """Delete the sessions that are over, the browsers that had them, and codes that nobody could use again."""
    gone = 0
    over = Session.objects.filter(expire_date__lt=now)
    while keys := list(over.values_list("pk", flat=True)[:BATCH]):
        gone += over.filter(pk__in=keys).delete()[0]
    alone = SignIn.objects.exclude(session_key__in=Session.objects.values("pk"))
    while rows := list(alone.values_list("pk", flat=True)[:BATCH]):
        gone += SignIn.objects.filter(pk__in=rows).delete()[0]
    spent = SpentCode.objects.filter(at__lt=now - SPENT_FOR)
    while rows := list(spent.values_list("pk", flat=True)[:BATCH]):
        gone += SpentCode.objects.filter(pk__in=rows).delete()[0]
    return gone
