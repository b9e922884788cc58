"""Opus at about 160 kbit/s: the smallest file that nobody tells from the master."""

from __future__ import annotations

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes._recipe import Kind, Recipe, any_sound


def _arguments(facts: AudioFacts) -> tuple[str, ...]:
    """Opus works at 48 kHz whatever the master has (RFC 6716, section 2)."""
    kbits = 96 if facts.channels == 1 else 160
    return ("-c:a", "libopus", "-b:a", f"{kbits}k", "-ac", str(min(facts.channels, 2)), "-ar", "48000")


RECIPE = Recipe(
    slug="opus-160",
    title="Opus 160",
    kind=Kind.DOWNLOAD,
    suffix=".opus",
    media_type="audio/ogg",
    version=1,
    lossless=False,
    muxer="opus",
    needs="libopus",
    arguments=_arguments,
    applies=any_sound,
)
