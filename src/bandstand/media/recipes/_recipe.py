"""What a recipe is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bandstand.kernel.units import Decibels, Hz, Milliseconds
from bandstand.media.codecs import Mode
from bandstand.media.probe import AudioFacts

LONGEST = 4_200_000_000  # bytes of samples in WAV and AIFF; the rest of their 4 GiB is for tags


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


def no_arguments(_facts: AudioFacts) -> tuple[str, ...]:
    """Return nothing: ffmpeg has no part in it."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A plug-in: how to make one kind of file from a master, by ffmpeg or by an encoder of ours."""

    slug: str
    title: str  # what a listener reads
    kind: Kind
    suffix: str
    media_type: str
    version: int
    lossless: bool
    applies: Callable[[AudioFacts], bool]  # whether it makes sense for such a master
    muxer: str = ""
    arguments: Callable[[AudioFacts], tuple[str, ...]] = no_arguments  # of ffmpeg's encoder
    mode: Mode | None = None  # of our own encoder, which then makes it, and no ffmpeg
    excerpt: Excerpt | None = None
    needs: str = ""  # an encoder that not every ffmpeg was built with; without it the format is left out


def any_sound(_facts: AudioFacts) -> bool:
    """Say yes: the recipe makes sense for every master."""
    return True


def fits_lossless(facts: AudioFacts) -> bool:
    """Say yes for a lossless master whose plain samples fit into a file with 32-bit lengths.

    A lossy master is not made into something that looks lossless.
    """
    return facts.lossless and facts.frames * facts.channels * depth(facts) // 8 < LONGEST


def depth(facts: AudioFacts) -> int:
    """Return the bits of a sample that plain formats keep a master at: 16 or 24, as deep as itself, float as 24."""
    return 16 if facts.bits is not None and facts.bits <= 16 else 24


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
