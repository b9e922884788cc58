"""AIFF: the plain samples of the master, in the form that has always carried tags and a cover."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe, depth, fits_lossless


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    return ("-c:a", f"pcm_s{depth(facts)}be")


RECIPE = Recipe(
    slug="aiff",
    title="AIFF, lossless",
    kind=Kind.DOWNLOAD,
    suffix=".aiff",
    media_type="audio/aiff",
    version=1,
    lossless=True,
    muxer="aiff",
    arguments=_arguments,
    applies=fits_lossless,
)
