"""release.toml: what tags can't say (docs/formats/delivery-folder.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from bandstand.store.catalogue.rules import Billed, Contributor, SeriesFacts
from bandstand.store.deals.rules import WORLD, DealTerms
from bandstand.store.ingest.rules import codes
from bandstand.store.ingest.rules.report import Findings
from bandstand.store.ingest.rules.table import FILE, Table

KINDS = ("album", "single", "ep", "session")
MAX_TRACKS = 1_000
MAX_PEOPLE = 100
MAX_DEALS = 50
NAME = 300
LYRICS = 50_000
DESCRIPTION = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackTable:
    """One `[[track]]`; None: not said."""

    at: str  # "track[2]"
    file: str | None = None
    disc: int | None = None
    number: int | None = None
    title: str | None = None
    isrc: str | None = None
    billed: tuple[Billed, ...] | None = None
    contributors: tuple[Contributor, ...] | None = None
    preview_start_ms: int | None = None
    explicit: bool | None = None
    lyrics: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What release.toml says; None: not said."""

    title: str | None = None
    kind: str | None = None
    billed: tuple[Billed, ...] | None = None
    contributors: tuple[Contributor, ...] = ()
    label: str | None = None
    genre: str | None = None
    gtin: str | None = None
    number: str | None = None
    day: date | None = None
    language: str | None = None
    description: str | None = None
    copyright: str | None = None
    phonogram: str | None = None
    explicit: bool | None = None
    series: SeriesFacts | None = None
    deals: tuple[DealTerms, ...] | None = None
    tracks: tuple[TrackTable, ...] = ()


def parse(text: str, *, tiers: frozenset[str], findings: Findings) -> Manifest:
    """Read release.toml; what is wrong with it is noted in `findings`, all of it."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        findings.refuse(
            "toml.syntax", f"{FILE} is no TOML: {error}.", hint="Correct the line that is named.", file=FILE
        )
        return Manifest()
    return from_values(values, tiers=tiers, findings=findings)


def from_values(values: Mapping[str, object], *, tiers: frozenset[str], findings: Findings) -> Manifest:
    """Read the tables of a release.toml; faults as in `parse`."""
    whole = Table(values, name="", findings=findings)
    release = whole.table("release") or Table({}, name="release", findings=findings)
    deals = whole.tables("deal", most=MAX_DEALS)
    facts = Manifest(
        title=release.text("title", longest=NAME),
        kind=release.choice("kind", KINDS),
        billed=_billed(release),
        contributors=_contributors(release) or (),
        label=release.text("label", longest=200),
        genre=release.text("genre", longest=100),
        gtin=_code(release, "gtin", codes.gtin, "GTIN", "Check its digits: the last one is computed from the others."),
        number=release.text("number", longest=60),
        day=release.day("date"),
        language=_code(release, "language", codes.language, "language tag", "Write it as en, ja or pt-BR."),
        description=release.text("description", longest=DESCRIPTION, lines=True),
        copyright=release.text("copyright", longest=300),
        phonogram=release.text("phonogram", longest=300),
        explicit=release.boolean("explicit"),
        series=_series(release),
        deals=tuple(_deal(deal, tiers) for deal in deals) if deals else None,
        tracks=tuple(_track(track) for track in whole.tables("track", most=MAX_TRACKS)),
    )
    release.close()
    whole.close()
    return facts


def _billed(table: Table) -> tuple[Billed, ...] | None:
    people = table.tables("artists", most=MAX_PEOPLE)
    found: list[Billed] = []
    for person in people:
        name, role = person.text("name", longest=NAME), person.choice("role", ("main", "featured"))
        person.close()
        if name:
            found.append(Billed(name, "featured" if role == "featured" else "main"))
    if found and all(artist.billing == "featured" for artist in found):
        table.fault("artists", "release.main_artist", "names no main artist", 'Give one of them role = "main".')
    return tuple(found) or None


def _contributors(table: Table) -> tuple[Contributor, ...] | None:
    found: list[Contributor] = []
    people = table.tables("credits", most=MAX_PEOPLE)
    for person in people:
        name, role = person.text("name", longest=NAME), person.text("role", longest=100)
        person.close()
        if name and role:
            found.append(Contributor(name, role))
        elif name:
            person.fault("role", "toml.missing", "is missing", "Say what they did: composer, producer, double bass.")
    return tuple(found) if people else None


def _code(table: Table, key: str, read: Callable[[str], str | None], what: str, hint: str) -> str | None:
    text = table.text(key, longest=40)
    code = read(text) if text else None
    if text and code is None:
        table.fault(key, f"{table.name.partition('[')[0]}.{key}", f"is no valid {what}: {text}", hint)
    return code


def _series(release: Table) -> SeriesFacts | None:
    table = release.table("series")
    if table is None:
        return None
    slug, title = table.text("slug", longest=100), table.text("title", longest=200)
    episode = table.whole("episode", low=1, high=100_000)
    table.close()
    if slug and not codes.is_slug(slug):
        table.fault("slug", "release.series", f"is {slug!r}", "Use small letters, digits and hyphens: living-room.")
        return None
    if not slug:
        table.fault("slug", "toml.missing", "is missing", "Name the series by a short word: living-room.")
        return None
    return SeriesFacts(slug=slug, title=title or slug.replace("-", " ").title(), episode=episode)


def _deal(table: Table, tiers: frozenset[str]) -> DealTerms:
    say = 'Use ISO 3166-1 codes in capitals, such as "DE", or "ww".'
    start, end, ahead = table.edge("from"), table.edge("until"), table.edge("preorder_from")
    facts = DealTerms(
        territories=table.words("territories", codes.TERRITORIES | {WORLD}, say=say) or (WORLD,),
        excluded=table.words("except", codes.TERRITORIES, say='Use ISO 3166-1 codes in capitals, such as "DE".') or (),
        uses=table.words("uses", ("download", "stream")) or ("download", "stream"),
        start_day=start[0],
        start_at=start[1],
        end_day=end[0],
        end_at=end[1],
        release_tier=table.choice("release_tier", tiers),
        track_tier=table.choice("track_tier", tiers),
        members_only=table.boolean("members_only") or False,
        preorder_day=ahead[0],
    )
    begins = start[0] or (start[1].date() if start[1] else None)
    if ahead[1] is not None or (ahead[0] is not None and (begins is None or ahead[0] >= begins)):
        hint = "Give a day before `from`, or leave it out."
        table.fault("preorder_from", "deal.preorder", "is no day before `from`", hint)
    in_order = (facts.start_day is None or facts.end_day is None or facts.start_day < facts.end_day) and (
        facts.start_at is None or facts.end_at is None or facts.start_at < facts.end_at
    )
    if not in_order:
        table.fault("until", "deal.window", "is not after `from`", "Give a later end, or leave it out.")
    table.close()
    return facts


def _track(table: Table) -> TrackTable:
    start = table.number("preview_start", low=0, high=86_400)
    facts = TrackTable(
        at=table.name,
        file=table.text("file", longest=1_000),
        disc=table.whole("disc", low=1, high=999),
        number=table.whole("number", low=1, high=9_999),
        title=table.text("title", longest=NAME),
        isrc=_code(table, "isrc", codes.isrc, "ISRC", "It has twelve characters: DE-XX1-26-00001."),
        billed=_billed(table),
        contributors=_contributors(table),
        preview_start_ms=None if start is None else round(start * 1000),
        explicit=table.boolean("explicit"),
        lyrics=table.text("lyrics", longest=LYRICS, lines=True),
        language=_code(table, "language", codes.language, "language tag", "Write it as en, ja or pt-BR."),
    )
    table.close()
    if facts.file is None and facts.number is None:
        table.fault("file", "track.which", "is missing", "Name the `file`, or give `disc` and `number`.")
    return facts
