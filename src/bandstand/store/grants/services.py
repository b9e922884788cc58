"""Giving rights and taking them back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from bandstand.store.grants.models import Grant
from bandstand.webkit.prepared import Prepared, PreparedInsert
from bandstand.webkit.transactions import joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One title to give: a release, or a part of the release that is named beside it."""

    release_id: int
    part_id: int | None = None
    starts_at: datetime

    @property
    def thing(self) -> tuple[int | None, int | None]:
        """What the grant is of, as its row says it: release or part."""
        return (None, self.part_id) if self.part_id is not None else (self.release_id, None)


@joined
def give_each(*, holder_id: int, wanted: Sequence[Wanted], source: str) -> list[Grant | None]:
    """Give a listener several titles for good; return the grant of each, None where they have it from elsewhere.

    Two statements, however many: what they hold, then what is new. Who gives the same at the same moment is met by the
    constraint, and then each title is given by itself.
    """
    held = _held(holder_id, wanted)
    fresh = [
        _grants.new(
            holder_id=holder_id,
            release_id=title.thing[0],
            part_id=title.part_id,
            use=Grant.Use.OWN,
            source=source,
            starts_at=title.starts_at,
        )
        for title in sorted(wanted, key=lambda title: (title.release_id, title.part_id or 0))
        if title.thing not in held and (title.release_id, None) not in held
    ]
    if _grants(fresh) < len(fresh):  # somebody was quicker by a moment
        fresh = [
            give(
                holder_id=holder_id,
                release_id=grant.release_id,
                part_id=grant.part_id,
                source=source,
                starts_at=grant.starts_at,
                now=grant.starts_at,
            )
            for grant in fresh
        ]
    held |= {(grant.release_id, grant.part_id): grant for grant in fresh}
    grants = [held.get(title.thing) for title in wanted]
    return [grant if grant is not None and grant.source == source else None for grant in grants]


def _held(holder_id: int, wanted: Sequence[Wanted]) -> dict[tuple[int | None, int | None], Grant]:
    release_ids = sorted({title.release_id for title in wanted})
    rows = _live(holder_id, release_ids, [title.part_id for title in wanted if title.part_id is not None])
    return {(grant.release_id, grant.part_id): grant for grant in rows}


_grants = PreparedInsert(Grant, unless_there=True)
_live = Prepared(
    lambda holder_id, release_ids, part_ids: Grant.objects.live().filter(
        Q(release_id__in=release_ids) | Q(part_id__in=part_ids), holder_id=holder_id, use=Grant.Use.OWN
    )
)


@transaction.atomic
def give(
    *,
    holder_id: int,
    release_id: int | None = None,
    part_id: int | None = None,
    use: str = "own",
    source: str,
    starts_at: datetime | None = None,
    now: datetime,
) -> Grant:
    """Give a listener one release or part from now on, or from a later moment, and return the live grant of it.

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
                holder_id=holder_id,
                release_id=release_id,
                part_id=part_id,
                use=use,
                source=source,
                starts_at=starts_at or now,
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


def move_start(*, sources: Collection[str], release_id: int, before: datetime, after: datetime) -> int:
    """Let what these sources gave of a release, and what had not begun, begin at another moment; return how much.

    What was revoked moves too: whoever gets it back has it from the same moment as the others.
    """
    ahead = Grant.objects.filter(source__in=list(sources), release_id=release_id, starts_at=before)
    return ahead.update(starts_at=after)


@transaction.atomic
def erase(*, holder_id: int, now: datetime) -> None:
    """End a listener's rights: nobody is left to hold them. What was bought stays in the orders."""
    Grant.objects.live().filter(holder_id=holder_id).update(revoked_at=now, revoked_why="The account was erased.")
