"""Cover art drawn by code: every release has its own art direction, the sessions share one.

`draw(name)` returns the 1500 x 1500 picture of a motif; the same name gives the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from bandstand.demo.covers import fields, posters, rooms, scenes

MOTIFS: dict[str, Callable[[], Image.Image]] = {
    "ferry": scenes.ferry,
    "rain": scenes.rain,
    "cold-store": scenes.cold_store,
    "signals": fields.signals,
    "solstice": fields.solstice,
    "weather": fields.weather,
    "first-light": fields.first_light,
    "orchard": posters.orchard,
    "half-light": posters.half_light,
    "folds": posters.folds,
    **{f"room-{number}": rooms.drawer(number) for number in range(1, 7)},
}


def draw(name: str) -> Image.Image:
    """Draw a motif by its name."""
    return MOTIFS[name]()
