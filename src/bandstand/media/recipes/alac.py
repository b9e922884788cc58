"""ALAC in an M4A file: lossless where FLAC is not understood. Rate, channels and depth of the master, up to 24 bit."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe, depth, fits_lossless

_LAYOUTS = (1, 2, 3, 4, 5, 6, 7, 8)  # channels that ALAC has an order for


def _applies(facts: AudioFacts) -> bool:
    return fits_lossless(facts) and facts.channels in _LAYOUTS


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    whole = ("-c:a", "alac", "-movflags", "+faststart")
    if depth(facts) == 16:
        return (*whole, "-sample_fmt", "s16p")
    return (*whole, "-sample_fmt", "s32p", "-bits_per_raw_sample", "24")


RECIPE = Recipe(
    slug="alac",
    title="ALAC, lossless",
    kind=Kind.DOWNLOAD,
    suffix=".m4a",
    media_type="audio/mp4",
    version=1,
    lossless=True,
    muxer="ipod",
    arguments=_arguments,
    applies=_applies,
)
