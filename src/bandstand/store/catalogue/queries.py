"""Releases, tracks, artists, labels, genres and series as pages show them; lists that may grow are paged by key."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Generic, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from bandstand.store.catalogue.models import Credit, Genre, Label, Part, Party, Release, Series
from bandstand.store.catalogue.paging import PAGE, Ids, Page, among, cut
from bandstand.webkit.prepared import Prepared

Owner = TypeVar("Owner", bound=Model)


@dataclass(frozen=True, slots=True)
class Listing(Generic[Owner]):
    """An artist, a label, a genre or a series with a page of its releases."""

    of: Owner
    page: Page


@dataclass(frozen=True, slots=True)
class Front:
    """What the front page shows."""

    new: list[Release]
    coming: list[Release]
    sessions: list[Release]


@dataclass(frozen=True, slots=True)
class CreditLine:
    """One role and the parties that have it, in the order they were given."""

    role: str  # empty for billed artists
    parties: list[Party]


@dataclass(frozen=True, slots=True)
class Track:
    """A part with its own billed artists and contributors."""

    part: Part
    billed: list[Party]
    credits: list[CreditLine]


@dataclass(frozen=True, slots=True)
class Disc:
    """The tracks of one disc."""

    number: int
    tracks: list[Track]


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """All that a release's page says about it."""

    release: Release
    billed: list[Party]
    credits: list[CreditLine]
    discs: list[Disc]
    tracks: list[Track] = field(default_factory=list)  # of all discs, in order


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part stands, and whether it or its release is withdrawn."""

    release_id: int
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a title is called, which release it is or is a part of, and whether it or its release is withdrawn."""

    name: str
    release_id: int
    withdrawn: bool


def release_by_slug(slug: str, *, with_withdrawn_parts: bool = False) -> ReleasePage:
    """Return a release with its tracks and credits, withdrawn or not: its owners may always see it. Three queries.

    Raises
    ------
    Release.DoesNotExist
        There is none of that name.

    """
    release = _named.first(slug)
    if release is None:
        raise Release.DoesNotExist
    parts = [part for part in _parts_in(release.pk) if with_withdrawn_parts or part.withdrawn_at is None]
    by_part: dict[int | None, list[Credit]] = {}
    for credit in _credits_in(release.pk):
        by_part.setdefault(credit.part_id, []).append(credit)
    tracks = [Track(part, _billed(by_part.get(part.pk, ())), _lines(by_part.get(part.pk, ()))) for part in parts]
    discs = [Disc(number, list(group)) for number, group in groupby(tracks, key=lambda track: track.part.disc)]
    own = by_part.get(None, [])
    return ReleasePage(release, _billed(own), _lines(own), discs, tracks)


def front(*, begun: Ids, ahead: Ids, listed: Ids, size: int = 12) -> Front:
    """Return the front page's sections: what has begun, what is coming, sessions. Three queries.

    Parameters
    ----------
    begun, ahead, listed
        Ids of the releases on sale now, of those that something is coming of, and of both (`deals.queries`).
    size
        How many releases a section shows at most.

    """
    cards, newest = _cards(), ("-original_date", "-pk")
    sessions = cards.filter(among(listed), kind=Release.Kind.SESSION)
    return Front(
        new=list(cards.filter(among(begun)).exclude(kind=Release.Kind.SESSION).order_by(*newest)[:size]),
        coming=list(cards.filter(~among(begun), pk__in=ahead).order_by("original_date", "pk")[:size]),
        sessions=list(sessions.order_by("-episode", *newest)[:size]),
    )


def by_artist(slug: str, *, listed: Ids, after: str = "", size: int = PAGE) -> Listing[Party]:
    """Return a party and the listed releases that credit it, or a track of it. Two queries, three at the end.

    Raises
    ------
    Party.DoesNotExist
        There is none of that name.
    CursorError
        `after` is no place in the list.

    """
    party = Party.objects.get(slug=slug)
    credited = Credit.objects.filter(party=party).values("release_id")
    return Listing(party, cut(_cards().filter(among(listed), pk__in=credited), after, size))


def by_label(slug: str, *, listed: Ids, after: str = "", size: int = PAGE) -> Listing[Label]:
    """Return a label and its listed releases; errors and queries as `by_artist`."""
    label = Label.objects.get(slug=slug)
    return Listing(label, cut(_cards().filter(among(listed), label=label), after, size))


def by_genre(slug: str, *, listed: Ids, after: str = "", size: int = PAGE) -> Listing[Genre]:
    """Return a genre and its listed releases; errors and queries as `by_artist`."""
    genre = Genre.objects.get(slug=slug)
    return Listing(genre, cut(_cards().filter(among(listed), genre=genre), after, size))


def by_series(slug: str, *, listed: Ids, after: str = "", size: int = PAGE) -> Listing[Series]:
    """Return a series and its listed releases; errors and queries as `by_artist`."""
    series = Series.objects.get(slug=slug)
    return Listing(series, cut(_cards().filter(among(listed), series=series), after, size))


def all_releases(*, listed: Ids, after: str = "", size: int = PAGE) -> Page:
    """Return a page of everything that is listed, newest first. One query, two at the end."""
    return cut(_cards().filter(among(listed)), after, size)


def genres(*, listed: Ids) -> list[Genre]:
    """Return the genres that have something listed. One query."""
    return list(Genre.objects.filter(Exists(Release.objects.filter(among(listed), genre=OuterRef("pk")))))


def artists(*, listed: Ids, size: int = 24) -> list[Party]:
    """Return parties that something listed is by, in the order of their names. One query."""
    billed = Credit.objects.filter(
        among(listed, of="release_id"), party=OuterRef("pk"), part=None, billing=Credit.Billing.MAIN
    )
    return list(Party.objects.filter(Exists(billed))[:size])


def all_series(*, listed: Ids) -> list[Series]:
    """Return the series that have something listed. One query."""
    return list(Series.objects.filter(Exists(Release.objects.filter(among(listed), series=OuterRef("pk")))))


def releases(release_ids: Collection[int]) -> dict[int, Release]:
    """Return releases by id, with label, genre and series. One query."""
    return {release.pk: release for release in _cards_of(list(release_ids))}


def releases_named(names: Collection[str]) -> dict[str, Release]:
    """Return releases by the house number or GTIN that somebody wrote; unknown ones are left out. One query."""
    wanted = list(names)
    rows = Release.objects.filter(Q(number__in=wanted) | Q(gtin__in=wanted)).select_related("label")
    return {name: row for row in rows for name in (row.number, row.gtin or "") if name in wanted}


def parts(part_ids: Collection[int]) -> dict[int, Part]:
    """Return parts by id, each with its release. One query."""
    return {part.pk: part for part in _parts_of(list(part_ids))}


def parts_with_isrcs(codes: Collection[str]) -> list[Part]:
    """Return the live parts that carry one of these ISRCs, each with its release. One query."""
    rows = Part.objects.filter(isrc__in=list(codes), withdrawn_at=None).select_related("release")
    return list(rows.order_by("pk"))


def live_parts(release_ids: Collection[int]) -> dict[int, list[Part]]:
    """Return the parts of each release that are not withdrawn, in order. One query."""
    found: dict[int, list[Part]] = {release_id: [] for release_id in release_ids}
    for part in Part.objects.filter(release_id__in=list(release_ids), withdrawn_at=None).order_by("disc", "number"):
        found[part.release_id].append(part)
    return found


def all_parts(release_ids: Collection[int]) -> dict[int, list[Part]]:
    """Return the parts of each release, withdrawn or not, in order: their owners keep them. One query."""
    found: dict[int, list[Part]] = {release_id: [] for release_id in release_ids}
    for part in Part.objects.filter(release_id__in=list(release_ids)).order_by("disc", "number", "pk"):
        found[part.release_id].append(part)
    return found


def covers_in_use(sha256s: Collection[str]) -> set[str]:
    """Return those of the covers that a release has. One query."""
    return set(Release.objects.filter(cover_sha256__in=list(sha256s)).values_list("cover_sha256", flat=True))


def preview_starts(part_ids: Collection[int]) -> dict[int, int]:
    """Return where each part's preview begins, in milliseconds; unknown ids are left out. One query."""
    return dict(Part.objects.filter(pk__in=list(part_ids)).values_list("pk", "preview_start_ms"))


def standing(*, release_id: int | None = None, part_id: int | None = None) -> Standing | None:
    """Return what a release, or else a part, is called and where it stands; None when there is none. One query."""
    if release_id is not None:
        release = _names_of.first(release_id)
        return Standing(str(release), release.pk, release.withdrawn_at is not None) if release else None
    part = _part_names_of.first(part_id or 0)
    if part is None:
        return None
    return Standing(part.title, part.release_id, bool(part.withdrawn_at or part.release.withdrawn_at))


def withdrawn_releases(release_ids: Collection[int]) -> dict[int, bool]:
    """Return whether each release is withdrawn; unknown ids are left out. One query."""
    return {release.pk: release.withdrawn_at is not None for release in _standings_of(list(release_ids))}


def places_of(part_ids: Collection[int]) -> dict[int, Place]:
    """Return where each part stands; unknown ids are left out. One query."""
    return {
        part.pk: Place(part.release_id, bool(part.withdrawn_at or part.release.withdrawn_at))
        for part in _places_of(list(part_ids))
    }


_cards_of = Prepared(lambda release_ids: _cards().filter(pk__in=release_ids))
_parts_of = Prepared(lambda part_ids: Part.objects.filter(pk__in=part_ids).select_related("release__label"))
_standings_of = Prepared(lambda release_ids: Release.objects.filter(pk__in=release_ids).only("withdrawn_at"))
_names_of = Prepared(lambda pk: Release.objects.filter(pk=pk).only("artist_line", "title", "withdrawn_at").order_by())
_part_names_of = Prepared(
    lambda pk: (
        Part.objects.filter(pk=pk)
        .select_related("release")
        .only("title", "release_id", "withdrawn_at", "release__withdrawn_at")
        .order_by()
    )
)
_places_of = Prepared(
    lambda part_ids: (
        Part.objects.filter(pk__in=part_ids)
        .select_related("release")
        .only("release_id", "withdrawn_at", "release__withdrawn_at")
    )
)


_named = Prepared(lambda slug: _cards().filter(slug=slug))
_parts_in = Prepared(lambda release_id: Part.objects.filter(release_id=release_id).order_by("disc", "number", "pk"))
_credits_in = Prepared(
    lambda release_id: Credit.objects.filter(release_id=release_id).select_related("party").order_by("position", "pk")
)


def _cards() -> QuerySet[Release]:
    return Release.objects.select_related("label", "genre", "series")


def _billed(rows: Iterable[Credit]) -> list[Party]:
    return [credit.party for credit in rows if credit.billing != Credit.Billing.CONTRIBUTOR]


def _lines(rows: Iterable[Credit]) -> list[CreditLine]:
    lines: dict[str, list[Party]] = {}
    for credit in rows:
        if credit.billing == Credit.Billing.CONTRIBUTOR:
            lines.setdefault(credit.role, []).append(credit.party)
    return [CreditLine(role, parties) for role, parties in lines.items()]
