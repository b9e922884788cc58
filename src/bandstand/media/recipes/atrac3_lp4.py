"""ATRAC3 at 66 kbit/s in joint stereo: twice as long as LP2 on the same player."""

from __future__ import annotations

from bandstand.media.codecs.atrac3 import LP4
from bandstand.media.recipes._recipe import Kind, Recipe, any_sound

RECIPE = Recipe(
    slug="atrac3-lp4",
    title="ATRAC3 LP4",
    kind=Kind.DOWNLOAD,
    suffix=".oma",
    media_type="audio/x-oma",
    version=1,
    lossless=False,
    mode=LP4,
    applies=any_sound,
)
