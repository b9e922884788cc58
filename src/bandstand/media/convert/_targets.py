"""What can be asked for: recipes, under their own names and short ones."""

from __future__ import annotations

from bandstand.kernel.registry import UnknownPluginError
from bandstand.media.atrac3 import EFFORTS
from bandstand.media.recipes import RECIPES, Kind, Recipe

SHORT = {
    "lp2": "atrac3-lp2",
    "105": "atrac3-105",
    "lp4": "atrac3-lp4",
    "mp3": "mp3-320",
    "aac": "aac-256",
    "m4a": "aac-256",
    "opus": "opus-160",
    "ogg": "vorbis-q6",
    "vorbis": "vorbis-q6",
}


def target_named(name: str) -> Recipe:
    """Return the recipe that a name stands for.

    Raises
    ------
    UnknownPluginError
        There is none; the error lists all names.
    """
    known = {recipe.slug: recipe for recipe in RECIPES if recipe.kind is Kind.DOWNLOAD}
    wanted = name.lower()
    found = known.get(SHORT.get(wanted, wanted))
    if found is None:
        raise UnknownPluginError("format", name, [*SHORT, *known])
    return found


__all__ = ["EFFORTS", "SHORT", "target_named"]
