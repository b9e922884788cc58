"""FLAC at its highest usual level: rate and channels of the master, its depth up to 24 bit."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe

DEEPEST = 24
BLOCK = 4096  # samples up to 48 kHz (4608 is the most that RFC 9639, section 7, allows there), and as long above


def _applies(facts: AudioFacts) -> bool:
    """A lossy master is not made into something that looks lossless."""
    return facts.lossless


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    level = ("-c:a", "flac", "-compression_level", "8", "-frame_size", str(_block(facts.rate)))
    if facts.bits is not None and facts.bits <= 16:
        return (*level, "-sample_fmt", "s16")
    return (*level, "-sample_fmt", "s32", "-bits_per_raw_sample", str(min(facts.bits or DEEPEST, DEEPEST)))


def _block(rate: int) -> int:
    """Return how many samples a block has; unasked, ffmpeg takes as many as the master's first packet holds."""
    return BLOCK if rate <= 48_000 else 2 * BLOCK if rate <= 96_000 else 4 * BLOCK


RECIPE = Recipe(
    slug="flac",
    title="FLAC, lossless",
    kind=Kind.DOWNLOAD,
    suffix=".flac",
    media_type="audio/flac",
    version=2,
    lossless=True,
    muxer="flac",
    arguments=_arguments,
    applies=_applies,
)
