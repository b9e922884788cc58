"""What somebody owns, title by title; each title once, by whichever grants."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from bandstand.store.grants import queries as grants
from bandstand.store.takeout import rules
from bandstand.store.takeout.models import Takeout
from bandstand.webkit.jobs import queries as jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One grant: of the whole release, or of one part."""

    grant_id: int
    part_id: int | None
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """One release of which somebody owns all or some, and the folder it goes to."""

    release_id: int
    artist: str
    title: str
    number: str
    folder: str
    held: tuple[Held, ...]  # one of the release, or some of parts; those that the release covers are left out

    @property
    def first(self) -> int:
        """The place among all titles: the first grant of it."""
        return min(held.grant_id for held in self.held)

    @property
    def whole(self) -> Held | None:
        """The grant of the whole release, when there is one."""
        return next((held for held in self.held if held.part_id is None), None)


def titles(holder_id: int, *, now: datetime) -> list[Title]:
    """Return all that somebody owns, in the order in which it was bought. One query, however much it is.

    A track that is owned by itself and with its release is there once. What was delisted or withdrawn stays. What is
    still to come, as a release that was ordered before its day, is not there yet.
    """
    rows = grants.held_facts(holder_id, now=now)
    ordered = sorted(rows, key=lambda row: row.release_id)
    by_release = {release_id: list(found) for release_id, found in groupby(ordered, key=lambda row: row.release_id)}
    first = sorted(by_release.values(), key=lambda found: min(row.grant_id for row in found))
    named = rules.folders((found[0].release_id, found[0].artist, found[0].title, found[0].number) for found in first)
    return [
        Title(
            release_id=found[0].release_id,
            artist=found[0].artist,
            title=found[0].title,
            number=found[0].number,
            folder=named[found[0].release_id],
            held=_needed(found),
        )
        for found in first
    ]


def _needed(rows: list[grants.HeldFacts]) -> tuple[Held, ...]:
    """Leave out the grants of parts that the grant of the release covers."""
    whole = min((row for row in rows if row.part_id is None), key=lambda row: row.grant_id, default=None)
    needed = [
        row
        for row in sorted(rows, key=lambda row: row.grant_id)
        if row.part_id is not None
        and (whole is None or (row.part_withdrawn_at is not None and row.part_withdrawn_at <= whole.starts_at))
    ]
    chosen = [whole, *needed] if whole is not None else needed
    return tuple(Held(grant_id=row.grant_id, part_id=row.part_id, starts_at=row.starts_at) for row in chosen)


def page(found: list[Title], *, after: int, limit: int) -> tuple[list[Title], int]:
    """Return the titles behind the place `after`, at most `limit`, and the place of the last (0: there are no more)."""
    rest = sorted((title for title in found if title.first > after), key=lambda title: title.first)
    shown = rest[:limit]
    return shown, shown[-1].first if len(rest) > len(shown) else 0


def revoked(grant_ids: Collection[int], *, holder_id: int) -> bool:
    """Tell whether any of these grants of a holder has ended. One query, however many they are."""
    return bool(set(grant_ids) - set(grants.live_ids(holder_id)))


def is_asked(holder_id: int, recipe: str) -> bool:
    """Tell whether somebody's wish to have all of it in a format waits to be read."""
    return jobs.alive(name="takeout.ask").filter(key=ask_key(holder_id, recipe)).exists()


def ask_key(holder_id: int, recipe: str) -> str:
    """Return the key of the job that asks for all of it in a format."""
    return f"{holder_id}:{recipe}"


def personal(holder_id: int) -> dict[str, object]:
    """Return what is known about somebody's bundles."""
    rows = Takeout.objects.filter(holder_id=holder_id).order_by("pk")
    return {
        "takeouts": [
            {
                "name": row.name,
                "size": row.size,
                "made_at": row.made_at.isoformat(),
                "asked_at": row.asked_at.isoformat(),
            }
            for row in rows
        ]
    }
