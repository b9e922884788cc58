"""WAV: the plain samples of the master, for editors and everything else that takes nothing but these."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe, depth, fits_lossless


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    return ("-c:a", f"pcm_s{depth(facts)}le")


RECIPE = Recipe(
    slug="wav",
    title="WAV, lossless",
    kind=Kind.DOWNLOAD,
    suffix=".wav",
    media_type="audio/wav",
    version=1,
    lossless=True,
    muxer="wav",
    arguments=_arguments,
    applies=fits_lossless,
)
