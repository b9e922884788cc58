"""Ogg Vorbis at quality 6, about 192 kbit/s: only where the ffmpeg at hand has the reference encoder."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe, any_sound, at_most_stereo


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    return ("-c:a", "libvorbis", "-q:a", "6", *at_most_stereo(facts))


RECIPE = Recipe(
    slug="vorbis-q6",
    title="Ogg Vorbis",
    kind=Kind.DOWNLOAD,
    suffix=".ogg",
    media_type="audio/ogg",
    version=1,
    lossless=False,
    muxer="ogg",
    needs="libvorbis",
    arguments=_arguments,
    applies=any_sound,
)
