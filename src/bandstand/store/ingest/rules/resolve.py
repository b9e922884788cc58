"""One release out of what release.toml, tags and names say, in this order of weight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bandstand.media.probe import Examination
from bandstand.media.tags import Tags
from bandstand.store.catalogue.rules import Billed, Contributor, PartFacts, ReleaseFacts, artist_line, base_slug
from bandstand.store.deals.rules import DealTerms
from bandstand.store.ingest.rules import codes, names
from bandstand.store.ingest.rules.manifest import Manifest, TrackTable
from bandstand.store.ingest.rules.places import Place, places_of
from bandstand.store.ingest.rules.report import Findings

VARIOUS = "Various Artists"
LONGEST_SINGLE, LONGEST_EP = 3, 6  # tracks
_TIERS = {"album": "album", "ep": "ep", "single": "single", "session": "session"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One audio file with all that was read from it and beside it."""

    file: str
    tags: Tags
    examination: Examination
    lyrics: str = ""  # of a file beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a delivery means."""

    release: ReleaseFacts
    deals: tuple[DealTerms, ...]
    files: dict[Place, str]  # which file each part is made from


def resolve(folder: str, delivered: Sequence[Delivered], manifest: Manifest, findings: Findings) -> Resolved:
    """Return the release that a folder of this name holds; what doesn't add up is noted in `findings`."""
    placed = places_of([(one.file, one.tags) for one in delivered], manifest.tracks, findings)
    billed = _release_billed(folder, delivered, manifest, findings)
    parts, files = [], {}
    for one in delivered:
        place, table = placed[one.file]
        files[place] = one.file
        parts.append(_part(one, place, table, manifest, billed, findings))
    parts.sort(key=lambda part: (part.disc, part.number))
    _check_isrcs(parts, files, findings)
    release = _release(folder, delivered, manifest, billed, tuple(parts), findings)
    return Resolved(release=release, deals=_deals(manifest, delivered, release), files=files)


def _release(
    folder: str,
    delivered: Sequence[Delivered],
    manifest: Manifest,
    billed: tuple[Billed, ...],
    parts: tuple[PartFacts, ...],
    findings: Findings,
) -> ReleaseFacts:
    def said(field: str, longest: int) -> str:
        return _most(getattr(one.tags, field) for one in delivered)[:longest].rstrip()

    number = manifest.number or said("catalogue_number", 60)
    return ReleaseFacts(
        number=number or base_slug(folder, fallback="release", longest=60),
        number_is_made=not number,
        gtin=manifest.gtin or _tagged_gtin(said("barcode", 40), findings),
        kind=manifest.kind or _kind(manifest, len(parts)),
        title=manifest.title or said("album", 300) or names.of_folder(folder)[1][:300] or folder[:300],
        label=manifest.label or said("label", 200) or artist_line(billed)[:200],
        billed=billed,
        contributors=manifest.contributors,
        parts=parts,
        genre=manifest.genre or said("genre", 100),
        series=manifest.series,
        language=manifest.language or codes.language(said("language", 40).lower()) or "",
        description=manifest.description or "",
        copyright=manifest.copyright or said("copyright", 300),
        phonogram=manifest.phonogram or "",
        explicit=any(part.explicit for part in parts) if manifest.explicit is None else manifest.explicit,
        original_date=manifest.day or _day(said("date", 40), year_is_enough=True),
    )


def _part(
    one: Delivered,
    place: Place,
    table: TrackTable | None,
    manifest: Manifest,
    release_billed: tuple[Billed, ...],
    findings: Findings,
) -> PartFacts:
    said, tags = table or TrackTable(at=""), one.tags
    duration = one.examination.facts.duration_ms
    billed = said.billed or _billed(tags.artists)
    start = one.examination.preview_start_ms if said.preview_start_ms is None else said.preview_start_ms
    if start >= duration and said.preview_start_ms is not None:
        findings.refuse(
            "track.preview_start",
            f"The preview can't start at {start / 1000:g} s: the track has {duration / 1000:.1f} s.",
            hint="Give an earlier start, or leave it out and it is found.",
            file="release.toml",
            key=f"{said.at}.preview_start",
        )
    return PartFacts(
        disc=place.disc,
        number=place.number,
        title=(said.title or tags.title or names.of_file(one.file).title or f"Track {place.number}")[:300],
        duration_ms=duration,
        billed=() if billed == release_billed else billed,
        contributors=_tagged_contributors(tags) if said.contributors is None else said.contributors,
        isrc=said.isrc or _tagged_isrc(one, findings),
        language=said.language or codes.language(tags.language.lower()) or manifest.language or "",
        explicit=bool(tags.explicit if said.explicit is None else said.explicit),
        lyrics=said.lyrics or one.lyrics or tags.lyrics,
        preview_start_ms=min(start, max(duration - 1, 0)),
    )


def _release_billed(
    folder: str, delivered: Sequence[Delivered], manifest: Manifest, findings: Findings
) -> tuple[Billed, ...]:
    if manifest.billed:
        return manifest.billed
    album = Counter(one.tags.album_artists for one in delivered if one.tags.album_artists)
    if album:
        return _billed(album.most_common(1)[0][0])
    artists = {_billed(one.tags.artists) for one in delivered if one.tags.artists}
    mains = {tuple(artist for artist in billed if artist.billing == "main") for billed in artists}
    if len(mains) == 1:
        return mains.pop()
    if mains:
        return (Billed(VARIOUS),)
    named = names.of_folder(folder)[0]
    if not named:
        findings.refuse(
            "release.artist",
            "Nothing says who the artist is.",
            hint="Tag the files, name the folder `Artist - Title`, or give `artists` in release.toml.",
            key="release.artists",
        )
    return (Billed((named or VARIOUS)[:300]),)


def _billed(artists: Iterable[str]) -> tuple[Billed, ...]:
    main: list[Billed] = []
    guests: list[Billed] = []
    for artist in artists:
        name, guest = names.featured(artist)
        main.append(Billed(name[:300]))
        if guest:
            guests.append(Billed(guest[:300], "featured"))
    return tuple(dict.fromkeys([*main, *guests]))


def _tagged_contributors(tags: Tags) -> tuple[Contributor, ...]:
    composers = [Contributor(name[:300], "composer") for name in tags.composers]
    others = [Contributor(name[:300], role[:100]) for role, name in tags.credits]
    return tuple(dict.fromkeys([*composers, *others]))


def _tagged_isrc(one: Delivered, findings: Findings) -> str:
    code = codes.isrc(one.tags.isrc)
    if one.tags.isrc and code is None:
        findings.remark(
            "track.isrc", f"The tag holds no valid ISRC: {one.tags.isrc[:40]}.", hint="It is left out.", file=one.file
        )
    return code or ""


def _tagged_gtin(text: str, findings: Findings) -> str | None:
    code = codes.gtin(text)
    if text and code is None:
        findings.remark("release.gtin", f"The tags hold no valid GTIN: {text}.", hint="It is left out.")
    return code


def _check_isrcs(parts: Sequence[PartFacts], files: dict[Place, str], findings: Findings) -> None:
    seen: dict[str, str] = {}
    for part in parts:
        file = files[Place(part.disc, part.number)]
        if part.isrc and (other := seen.setdefault(part.isrc, file)) != file:
            findings.refuse(
                "track.same_isrc",
                f"ISRC {part.isrc} is given to {other} and {file}.",
                hint="Each recording has an ISRC of its own: correct one.",
                file=file,
            )


def _kind(manifest: Manifest, tracks: int) -> str:
    if manifest.series is not None:
        return "session"
    return "single" if tracks <= LONGEST_SINGLE else "ep" if tracks <= LONGEST_EP else "album"


def _deals(manifest: Manifest, delivered: Sequence[Delivered], release: ReleaseFacts) -> tuple[DealTerms, ...]:
    if manifest.deals is not None:
        return manifest.deals
    day = manifest.day or _day(_most(one.tags.date for one in delivered), year_is_enough=False)
    return (replace(DealTerms(release_tier=_TIERS[release.kind], track_tier="track"), start_day=day),)


def _day(text: str, *, year_is_enough: bool) -> date | None:
    plain = text.strip()[:10].replace(".", "-").replace("/", "-")
    try:
        return date.fromisoformat(plain)
    except ValueError:
        year = plain[:4]
    known = year_is_enough and year.isascii() and year.isdigit() and 1860 <= int(year) <= 2200
    return date(int(year), 1, 1) if known else None


def _most(values: Iterable[str]) -> str:
    """Return the value that most files have; the first of several."""
    counted = Counter(value for value in values if value)
    return counted.most_common(1)[0][0] if counted else ""
