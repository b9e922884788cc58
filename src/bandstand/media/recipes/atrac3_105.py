"""ATRAC3 at 105 kbit/s: a little smaller than LP2."""

from __future__ import annotations

from bandstand.media.codecs.atrac3 import K105
from bandstand.media.recipes._recipe import Kind, Recipe, any_sound

RECIPE = Recipe(
    slug="atrac3-105",
    title="ATRAC3 105",
    kind=Kind.DOWNLOAD,
    suffix=".oma",
    media_type="audio/x-oma",
    version=1,
    lossless=False,
    mode=K105,
    applies=any_sound,
)
