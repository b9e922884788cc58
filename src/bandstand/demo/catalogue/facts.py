"""What the demo says about its releases: frozen values, and the numbers that identify them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bandstand.demo.music.form import Piece, section_starts

REGISTRANT = "QZB3T"  # ISRC prefix code of the demo's labels (ISO 3901: two letters, three characters)
IN_STORE = "29"  # GS1 keeps prefixes 20 to 29 for restricted circulation: no product anywhere has these numbers
TUESDAY = 1


@dataclass(frozen=True, slots=True)
class Credit:
    """A name and what it did."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Artist:
    """A billed artist."""

    name: str
    role: str = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One track of a release."""

    title: str
    piece: Piece
    isrc: str
    disc: int = 1
    artists: tuple[Artist, ...] = ()  # empty: those of the release
    credits: tuple[Credit, ...] = ()
    lines: tuple[tuple[int, tuple[str, ...]], ...] = ()  # (number of the section, its lines)
    language: str = ""
    explicit: bool = False
    preview: str = "B"  # the section that the preview starts with; empty: let the store find it

    @property
    def preview_start(self) -> float | None:
        """Where the preview starts in seconds; None when the store shall find it."""
        starts = [at for name, at in section_starts(self.piece) if name == self.preview]
        return round(starts[0], 2) if starts else None

    @property
    def lyrics(self) -> str:
        """The words as synced lyrics (LRC), a line every two bars of its section; empty without words."""
        starts, two_bars = section_starts(self.piece), 2 * self.piece.beats * self.piece.beat
        rows = [
            (starts[section][1] + number * two_bars, line)
            for section, lines in self.lines
            for number, line in enumerate(lines)
        ]
        return "".join(f"[{int(at // 60):02}:{at % 60:05.2f}]{line}\n" for at, line in sorted(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """Where, from when and at what tiers a release is sold."""

    territories: tuple[str, ...] = ("ww",)
    next_tuesday: bool = False
    release_tier: str = ""
    track_tier: str = ""
    members_only: bool = False
    ahead: timedelta | None = None  # how long before it comes it may be ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The place of a release in a series."""

    slug: str
    title: str
    episode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release as its label describes it."""

    slug: str
    title: str
    kind: str
    artists: tuple[Artist, ...]
    label: str
    genre: str
    serial: int  # the number within the demo that the GTIN is made from
    number: str
    released: date
    description: str
    motif: str
    tracks: tuple[Track, ...]
    deal: Deal
    language: str = ""
    credits: tuple[Credit, ...] = ()
    series: Series | None = None
    booklet: bool = False  # whether it comes with one: only in Latin script

    @property
    def gtin(self) -> str:
        """The GTIN-13, check digit included."""
        return gtin(self.serial)

    @property
    def explicit(self) -> bool:
        """Whether any track is explicit."""
        return any(track.explicit for track in self.tracks)

    @property
    def is_dated(self) -> bool:
        """Whether its delivery depends on the day it is made."""
        return self.deal.next_tuesday

    @property
    def discs(self) -> int:
        """How many discs it has."""
        return max(track.disc for track in self.tracks)

    def day(self, today: date) -> date:
        """Return the release date as seen from a day."""
        return next_tuesday(today) if self.is_dated else self.released

    def numbered(self) -> tuple[tuple[int, Track], ...]:
        """Return the tracks with their numbers on their discs."""
        counts: dict[int, int] = {}
        pairs = []
        for track in self.tracks:
            counts[track.disc] = counts.get(track.disc, 0) + 1
            pairs.append((counts[track.disc], track))
        return tuple(pairs)


def check_digit(first: str) -> str:
    """Return the check digit of a GTIN without it (GS1 General Specifications, section 7.9)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(first)))
    return str(-total % 10)


def gtin(serial: int) -> str:
    """Return the GTIN-13 of the demo's release with this serial number."""
    first = f"{IN_STORE}{serial:010}"
    return first + check_digit(first)


def isrc(year: int, designation: int) -> str:
    """Return an ISRC of the demo's registrant."""
    return f"{REGISTRANT}{year % 100:02}{designation:05}"


def next_tuesday(today: date) -> date:
    """Return the Tuesday strictly after a day."""
    return today + timedelta(days=(TUESDAY - today.weekday() - 1) % 7 + 1)
