"""What a release is, as a delivery tells it, and how names become sort names, credits lines and addresses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.text import slugify

Billing = Literal["main", "featured"]
MAX_LINE = 500
_NUMBERED = re.compile(r"-(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Billed:
    """An artist as printed on the cover."""

    name: str
    billing: Billing = "main"


@dataclass(frozen=True, slots=True)
class Contributor:
    """Somebody with a role: composer, producer, double bass."""

    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFacts:
    """One track, as delivered."""

    disc: int
    number: int
    title: str
    duration_ms: int
    billed: tuple[Billed, ...] = ()  # none: those of the release
    contributors: tuple[Contributor, ...] = ()
    isrc: str = ""
    language: str = ""
    explicit: bool = False
    lyrics: str = ""
    preview_start_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFacts:
    """The series that a release is an episode of."""

    slug: str
    title: str
    episode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """One release, as delivered, whole: what is not in here is no longer part of it."""

    number: str
    number_is_made: bool = False  # from the folder's name, because the label gave none
    gtin: str | None = None
    kind: str
    title: str
    label: str
    billed: tuple[Billed, ...]
    contributors: tuple[Contributor, ...] = ()
    parts: tuple[PartFacts, ...]
    genre: str = ""
    series: SeriesFacts | None = None
    language: str = ""
    description: str = ""
    copyright: str = ""
    phonogram: str = ""
    explicit: bool = False
    original_date: date | None = None
    cover_sha256: str = ""
    palette: tuple[str, ...] = ()


def artist_line(billed: Sequence[Billed]) -> str:
    """Write billed artists as a cover does: `A, B & C feat. D`."""
    main = _listed([artist.name for artist in billed if artist.billing == "main"])
    featured = _listed([artist.name for artist in billed if artist.billing == "featured"])
    line = f"{main} feat. {featured}" if main and featured else main or featured
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1].rstrip()}…"


def sort_name(name: str, language: str = "") -> str:
    """Return the name to sort by: an English article goes to the end; names in other languages stay as they are."""
    article, blank, rest = name.partition(" ")
    if blank and article.casefold() == "the" and language.partition("-")[0] in ("", "en") and rest.strip():
        return f"{rest.strip()}, {article}"
    return name


def base_slug(text: str, *, fallback: str, longest: int) -> str:
    """Return an address made of a name in any script; `fallback` where no letter or digit is in it."""
    slug = slugify(unicodedata.normalize("NFC", text), allow_unicode=True)[: longest - 8].strip("-_")
    return slug or fallback


def free_slug(base: str, taken: Collection[str]) -> str:
    """Return `base`, or `base-2`, `base-3`... when it is taken."""
    if base not in taken:
        return base
    numbers = [int(found[1]) for slug in taken if (found := _NUMBERED.fullmatch(slug.removeprefix(base)))]
    return f"{base}-{max([1, *numbers]) + 1}"


def _listed(names: Sequence[str]) -> str:
    *others, last = dict.fromkeys(names) or [""]
    return f"{', '.join(others)} & {last}" if others else last
