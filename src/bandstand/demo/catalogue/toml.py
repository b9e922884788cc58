"""Writes a `release.toml`: what a label says about a release beyond its tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from bandstand.demo.catalogue.facts import Artist, Credit, Release, Track

Value = str | int | float | bool | date | Sequence["Value"] | Mapping[str, "Value"]
BAD_NAMES = '<>:"/\\|?*'


def file_name(number: int, track: Track) -> str:
    """Return the track's file name without folder, fit for any file system."""
    title = "".join("-" if letter in BAD_NAMES else letter for letter in track.title).rstrip(". ")
    return f"{number:02} {title}.flac"


def track_path(release: Release, number: int, track: Track) -> str:
    """Return where a track lies in its delivery folder."""
    name = file_name(number, track)
    return f"CD{track.disc}/{name}" if release.discs > 1 else name


def write_toml(release: Release, folder: Path, *, today: date) -> Path:
    """Write the `release.toml` of a release into its folder and return its path."""
    path = folder / "release.toml"
    path.write_text(document(release, today=today), encoding="utf-8", newline="\n")
    return path


def document(release: Release, *, today: date) -> str:
    """Return the `release.toml` of a release, as delivered on a day."""
    parts = [_table("[release]", _release(release, today))]
    parts += [_table("[[release.credits]]", {"name": credit.name, "role": credit.role}) for credit in release.credits]
    parts.append(_table("[[deal]]", _deal(release, today)))
    parts += [_table("[[track]]", _track(release, number, track)) for number, track in release.numbered()]
    return "\n".join(parts)


def _release(release: Release, today: date) -> dict[str, Value]:
    day = release.day(today)
    facts: dict[str, Value] = {
        "title": release.title,
        "kind": release.kind,
        "artists": _artists(release.artists),
        "label": release.label,
        "genre": release.genre,
        "gtin": release.gtin,
        "number": release.number,
        "date": day,
        "language": release.language,
        "description": release.description,
        "copyright": f"© {day.year} {release.label}",
        "phonogram": f"℗ {day.year} {release.label}",
        "explicit": release.explicit,
    }
    if release.series:
        facts["series"] = {
            "slug": release.series.slug,
            "title": release.series.title,
            "episode": release.series.episode,
        }
    return facts


def _deal(release: Release, today: date) -> dict[str, Value]:
    deal = release.deal
    ahead: dict[str, Value] = {"preorder_from": release.day(today) - deal.ahead} if deal.ahead else {}
    return {
        "territories": list(deal.territories),
        "uses": ["download", "stream"],
        "from": release.day(today),
        "release_tier": deal.release_tier,
        "track_tier": deal.track_tier,
        "members_only": deal.members_only,
        **ahead,
    }


def _track(release: Release, number: int, track: Track) -> dict[str, Value]:
    facts: dict[str, Value] = {
        "file": track_path(release, number, track),
        "disc": track.disc,
        "number": number,
        "title": track.title,
        "isrc": track.isrc,
        "artists": _artists(track.artists or release.artists),
        "explicit": track.explicit,
        "language": track.language,
        "credits": _credits(track.credits),
    }
    if track.preview_start is not None:
        facts["preview_start"] = track.preview_start
    return facts


def _artists(artists: tuple[Artist, ...]) -> list[Value]:
    return [{"name": artist.name, "role": artist.role} for artist in artists]


def _credits(credits_: tuple[Credit, ...]) -> list[Value]:
    return [{"name": credit.name, "role": credit.role} for credit in credits_]


def _table(head: str, facts: Mapping[str, Value]) -> str:
    rows = [f"{key} = {_value(value)}\n" for key, value in facts.items() if value not in ("", [])]
    return head + "\n" + "".join(rows)


def _value(value: Value) -> str:
    """Write one value as TOML 1.0 does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    return "[" + ", ".join(_value(item) for item in value) + "]"


def _string(text: str) -> str:
    """Write a basic string: backslash, quote and control characters escaped."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return (
        '"'
        + "".join(
            escapes.get(letter) or (f"\\u{ord(letter):04x}" if ord(letter) < 32 or ord(letter) == 127 else letter)
            for letter in text
        )
        + '"'
    )
