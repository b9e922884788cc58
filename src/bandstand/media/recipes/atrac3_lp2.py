"""ATRAC3 at 132 kbit/s: what Network Walkman players take, at the quality their shops sold."""

from __future__ import annotations

from bandstand.media.codecs.atrac3 import LP2
from bandstand.media.recipes._recipe import Kind, Recipe, any_sound

RECIPE = Recipe(
    slug="atrac3-lp2",
    title="ATRAC3 LP2",
    kind=Kind.DOWNLOAD,
    suffix=".oma",
    media_type="audio/x-oma",
    version=1,
    lossless=False,
    mode=LP2,
    applies=any_sound,
)
