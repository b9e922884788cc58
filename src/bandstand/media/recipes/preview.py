"""The free excerpt: 30 seconds, all equally loud, in MP3, which plays everywhere."""

from __future__ import annotations

from bandstand.kernel.units import Decibels, Hz, Milliseconds
from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Excerpt, Kind, Recipe, any_sound


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    return ("-c:a", "libmp3lame", "-q:a", "2", "-joint_stereo", "1", "-id3v2_version", "0")


RECIPE = Recipe(
    slug="preview",
    title="Preview",
    kind=Kind.PREVIEW,
    suffix=".mp3",
    media_type="audio/mpeg",
    version=2,
    lossless=False,
    muxer="mp3",
    needs="libmp3lame",
    arguments=_arguments,
    applies=any_sound,
    excerpt=Excerpt(
        length_ms=Milliseconds(30_000),
        fade_in_ms=Milliseconds(300),
        fade_out_ms=Milliseconds(1_500),
        loudness=Decibels(-16.0),
        ceiling=Decibels(-1.0),
        rate=Hz(44_100),
    ),
)
