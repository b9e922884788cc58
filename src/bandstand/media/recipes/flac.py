"""FLAC at its highest usual level: rate and channels of the master, its depth up to 24 bit."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe

DEEPEST = 24


def _applies(facts: AudioFacts) -> bool:
    """A lossy master is not made into something that looks lossless."""
    return facts.lossless


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    level = ("-c:a", "flac", "-compression_level", "8")
    if facts.bits is not None and facts.bits <= 16:
        return (*level, "-sample_fmt", "s16")
    return (*level, "-sample_fmt", "s32", "-bits_per_raw_sample", str(min(facts.bits or DEEPEST, DEEPEST)))


RECIPE = Recipe(
    slug="flac",
    title="FLAC, lossless",
    kind=Kind.DOWNLOAD,
    suffix=".flac",
    media_type="audio/flac",
    version=1,
    lossless=True,
    muxer="flac",
    arguments=_arguments,
    applies=_applies,
)
