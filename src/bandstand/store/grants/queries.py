"""Who may have what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from bandstand.store.catalogue import queries as catalogue
from bandstand.store.grants.models import Grant
from bandstand.webkit.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Owned:
    """Which of the titles asked about a listener owns; a part counts when its release does."""

    releases: frozenset[int]
    parts: frozenset[int]


def shelf(holder_id: int) -> QuerySet[Grant]:
    """Return a listener's live grants, the latest first, with release and part at hand: one query, however long."""
    return (
        Grant.objects.live()
        .filter(holder_id=holder_id)
        .select_related("release__label", "part__release__label")
        .order_by("-starts_at", "-pk")
    )


def given_by(sources: Collection[str]) -> QuerySet[Grant]:
    """Return the live grants that came from these sources, as `shelf` does: for a browser that has no account."""
    return (
        Grant.objects.live()
        .filter(source__in=list(sources))
        .select_related("release__label", "part__release__label")
        .order_by("-starts_at", "-pk")
    )


def begun(source: str) -> dict[tuple[int | None, int | None], datetime]:
    """Return since when a source has given what it ever gave, by release and part, whether it is still held or not."""
    rows = Grant.objects.filter(source=source).order_by("-starts_at")
    return {
        (release_id, part_id): at for release_id, part_id, at in rows.values_list("release_id", "part_id", "starts_at")
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFacts:
    """One live grant with what is needed to lay out a shelf; `part_id` is None for a whole release."""

    grant_id: int
    release_id: int
    part_id: int | None
    part_withdrawn_at: datetime | None
    starts_at: datetime
    artist: str  # of the release, as the next two
    title: str
    number: str


def held_facts(holder_id: int, *, now: datetime) -> list[HeldFacts]:
    """Return what a listener owns and may have now, in the order in which it came. One query, however much it is."""
    of_release = ("artist_line", "title", "number")
    rows = (
        Grant.objects.live()
        .filter(holder_id=holder_id, use=Grant.Use.OWN, starts_at__lte=now)
        .order_by("pk")
        .values_list(
            "pk", "starts_at", "release_id", *(f"release__{name}" for name in of_release),
            "part_id", "part__withdrawn_at", "part__release_id", *(f"part__release__{name}" for name in of_release),
        )
    )  # fmt: skip
    found = []
    for pk, starts_at, release_id, artist, title, number, part_id, withdrawn_at, *of_part in rows:
        facts = (release_id, artist, title, number) if release_id is not None else tuple(of_part)
        found.append(
            HeldFacts(
                grant_id=pk, starts_at=starts_at, part_id=part_id, part_withdrawn_at=withdrawn_at,
                release_id=facts[0], artist=facts[1], title=facts[2], number=facts[3],
            )
        )  # fmt: skip
    return found


def live_ids(holder_id: int) -> list[int]:
    """Return the ids of a listener's live grants. One query."""
    return list(Grant.objects.live().filter(holder_id=holder_id).values_list("pk", flat=True))


def live_grant(grant_id: int) -> Grant:
    """Return a live grant, whoever holds it: for the house, not for visitors.

    Raises
    ------
    Grant.DoesNotExist
        There is none of that id, or it is revoked.
    """
    return Grant.objects.live().select_related("holder").get(pk=grant_id)


def covering(holder_id: int, part_ids: Collection[int]) -> dict[int, Grant]:
    """Return the grant by which a listener may have each part; parts without one are left out.

    A grant of the part itself goes before one of its release.
    """
    wanted = list(part_ids)
    live = Grant.objects.live().filter(holder_id=holder_id)
    reach = live.filter(release__parts__in=wanted).values_list("release__parts", "pk")
    single = live.filter(part_id__in=wanted).values_list("part_id", "pk")
    by_part = dict(reach.order_by("pk")) | dict(single.order_by("pk"))
    grants = live.select_related("release", "part__release").in_bulk(set(by_part.values()))
    return {part_id: grants[pk] for part_id, pk in by_part.items() if pk in grants}


def single_parts(holder_id: int, release_ids: Collection[int]) -> dict[int, str]:
    """Return the parts of some releases that a listener holds by themselves, and where each comes from. One query."""
    return {grant.part_id: grant.source for grant in _singles(holder_id, sorted(release_ids)) if grant.part_id}


def owned(holder_id: int | None, *, release_ids: Collection[int], part_ids: Collection[int]) -> Owned:
    """Return which of these titles a listener owns; a visitor without account owns none."""
    if holder_id is None:
        return Owned(frozenset(), frozenset())
    if not release_ids and not part_ids:
        return Owned(frozenset(), frozenset())
    places = catalogue.places_of(part_ids) if part_ids else {}
    around = {place.release_id for place in places.values()}
    held = _held(holder_id, sorted({*release_ids, *around}), sorted(part_ids))
    releases = {grant.release_id for grant in held}
    parts = {grant.part_id for grant in held}
    return Owned(
        frozenset(pk for pk in release_ids if pk in releases),
        frozenset(pk for pk, place in places.items() if pk in parts or place.release_id in releases),
    )


def held(holder_id: int | None, titles: Sequence[tuple[int, int | None]]) -> list[bool]:
    """Return whether a listener owns each title: a release, or with its id a part of it, which may come with it.

    A visitor without account owns none. One query.
    """
    if holder_id is None or not titles:
        return [False] * len(titles)
    rows = _held(
        holder_id, sorted({release_id for release_id, _ in titles}), sorted({part for _, part in titles if part})
    )
    releases, parts = {grant.release_id for grant in rows}, {grant.part_id for grant in rows if grant.part_id}
    return [release_id in releases or part_id in parts for release_id, part_id in titles]


_singles = Prepared(
    lambda holder_id, release_ids: (
        Grant.objects.live()
        .filter(holder_id=holder_id, part__release_id__in=release_ids, use=Grant.Use.OWN)
        .only("part_id", "source")
    )
)


def owned_of(holder_id: int | None, *, release_id: int, part_ids: Collection[int]) -> Owned:
    """Return the same of one release and of parts that are known to be its own. One query; none without account."""
    if holder_id is None:
        return Owned(frozenset(), frozenset())
    held = _held(holder_id, [release_id], sorted(part_ids))
    if any(grant.release_id == release_id for grant in held):
        return Owned(frozenset([release_id]), frozenset(part_ids))
    return Owned(frozenset(), frozenset(grant.part_id for grant in held if grant.part_id is not None))


_held = Prepared(
    lambda holder_id, release_ids, part_ids: (
        Grant.objects.live()
        .filter(Q(release_id__in=release_ids) | Q(part_id__in=part_ids), holder_id=holder_id, use=Grant.Use.OWN)
        .only("release_id", "part_id")
    )
)


def membership(holder: AbstractBaseUser | AnonymousUser | None, series: object, now: datetime) -> bool:
    """Tell whether somebody is a member of a series: a claimed account is one, until subscriptions answer this."""
    return holder is not None and holder.is_authenticated and getattr(holder, "claimed_at", None) is not None


def personal(holder_id: int) -> dict[str, object]:
    """Return what is kept about a listener's rights, ready for JSON: the ended ones too."""
    rows = Grant.objects.filter(holder_id=holder_id).select_related("release", "part__release").order_by("pk")
    return {
        "grants": [
            {
                "title": str(row.release or row.part),
                "use": row.use,
                "source": row.source,
                "starts_at": row.starts_at.isoformat(),
                "ends_at": row.ends_at.isoformat() if row.ends_at else None,
                "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
                "revoked_why": row.revoked_why,
            }
            for row in rows
        ]
    }
