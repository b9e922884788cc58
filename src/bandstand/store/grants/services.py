"""Giving rights and taking them back."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from bandstand.store.grants.models import Grant


@transaction.atomic
def give(
    *,
    holder_id: int,
    release_id: int | None = None,
    part_id: int | None = None,
    use: str = "own",
    source: str,
    now: datetime,
) -> Grant:
    """Give a listener one release or part, and return the live grant of it.

    Whoever has it keeps the grant they have: its `source` tells whether it is this one. Two who give at once get the
    same grant back; the constraint is the judge.
    """
    if (release_id is None) == (part_id is None):
        raise ValueError("A grant is of one release or of one part.")
    thing = Q(part_id=part_id) if release_id is None else Q(release_id=release_id)
    wanted = Grant.objects.live().filter(thing, holder_id=holder_id, use=use)
    held = wanted.first()
    if held is not None:
        return held
    try:
        with transaction.atomic():
            return Grant.objects.create(
                holder_id=holder_id, release_id=release_id, part_id=part_id, use=use, source=source, starts_at=now
            )
    except IntegrityError:
        held = wanted.first()
        if held is None:  # not the race: a row it points to is missing
            raise
        return held


@transaction.atomic
def revoke(*, source: str, release_id: int | None = None, part_id: int | None = None, why: str, now: datetime) -> int:
    """Take back what a source gave: one title of it, or all when none is named. Return how many grants ended now."""
    grants = Grant.objects.live().filter(source=source)
    if release_id is not None:
        grants = grants.filter(release_id=release_id)
    if part_id is not None:
        grants = grants.filter(part_id=part_id)
    return grants.update(revoked_at=now, revoked_why=why)
