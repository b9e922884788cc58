"""MP3 at the highest constant rate: for players that stumble over variable ones."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe, any_sound, at_most_stereo


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    return ("-c:a", "libmp3lame", "-b:a", "320k", "-id3v2_version", "0", *at_most_stereo(facts))


RECIPE = Recipe(
    slug="mp3-320",
    title="MP3 320",
    kind=Kind.DOWNLOAD,
    suffix=".mp3",
    media_type="audio/mpeg",
    version=1,
    lossless=False,
    muxer="mp3",
    needs="libmp3lame",
    arguments=_arguments,
    applies=any_sound,
)
