"""What a recipe is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bandstand.kernel.units import Decibels, Hz, Milliseconds
from bandstand.media.probe import AudioFacts


class Kind(StrEnum):
    """What a rendition is for."""

    DOWNLOAD = "download"
    PREVIEW = "preview"
    STREAM = "stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A part of a track, levelled so that all excerpts are equally loud."""

    length_ms: Milliseconds
    fade_in_ms: Milliseconds
    fade_out_ms: Milliseconds
    loudness: Decibels  # LUFS
    ceiling: Decibels  # dBTP
    rate: Hz


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A plug-in: how to make one kind of file from a master."""

    slug: str
    title: str  # what a listener reads
    kind: Kind
    suffix: str
    media_type: str
    version: int
    lossless: bool
    muxer: str
    arguments: Callable[[AudioFacts], tuple[str, ...]]  # of the encoder
    applies: Callable[[AudioFacts], bool]  # whether it makes sense for such a master
    excerpt: Excerpt | None = None


def any_sound(_facts: AudioFacts) -> bool:
    """Say yes: the recipe makes sense for every master."""
    return True


def lossy_rate(facts: AudioFacts) -> Hz:
    """Return the rate at which lossy coders keep a master: its own up to 48 kHz, else the one of its family."""
    known = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000)
    if facts.rate in known:
        return facts.rate
    if facts.rate < min(known):
        return Hz(16_000)
    return Hz(44_100 if facts.rate % 44_100 == 0 or facts.rate < 44_100 else 48_000)


def at_most_stereo(facts: AudioFacts) -> tuple[str, ...]:
    """Return the arguments that mix more than two channels down to two."""
    return ("-ac", str(min(facts.channels, 2)), "-ar", str(lossy_rate(facts)))
