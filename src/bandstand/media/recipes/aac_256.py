"""AAC at 256 kbit/s in an M4A file that can start before all of it is there."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe, any_sound, at_most_stereo


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    kbits = 128 if facts.channels == 1 else 256
    return ("-c:a", "aac", "-b:a", f"{kbits}k", "-movflags", "+faststart", *at_most_stereo(facts))


RECIPE = Recipe(
    slug="aac-256",
    title="AAC 256",
    kind=Kind.DOWNLOAD,
    suffix=".m4a",
    media_type="audio/mp4",
    version=1,
    lossless=False,
    muxer="ipod",
    arguments=_arguments,
    applies=any_sound,
)
