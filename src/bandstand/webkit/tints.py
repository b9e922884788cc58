"""The tint of a page: the nearest of a few quantised colours to its cover's palette.

The strict content security policy forbids inline style, so a page can't carry its own colours. It carries a class; what
a class looks like in each theme is in `static/webkit/css/tints.css`, where lightness is fixed, so text stays readable.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

HUES = 12
PLAIN = "tint-plain"
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")
_GREY = 0.025  # OKLCH chroma below which a colour has no hue that anyone would name
_VIVID = 0.085  # chroma from which on the lively variant is nearer than the quiet one


def nearest_tint(palette: Sequence[str]) -> str:
    """Return a class name: `tint-00` to `tint-11` (quiet), `tint-00-vivid` to `tint-11-vivid`, or `tint-plain`.

    The first colour with a hue counts; whatever is no "#rrggbb" is passed over.
    """
    for colour in palette:
        parsed = _HEX.fullmatch(colour)
        if not parsed:
            continue
        chroma, hue = _chroma_and_hue(int(parsed[1], 16))
        if chroma >= _GREY:
            step = round(hue / (360 / HUES)) % HUES
            return f"tint-{step:02}" + ("-vivid" if chroma >= _VIVID else "")
    return PLAIN


def _chroma_and_hue(rgb: int) -> tuple[float, float]:
    """Return OKLCH chroma and hue in degrees of an sRGB colour (CSS Color 4, section 10.2)."""
    red, green, blue = (_linear((rgb >> shift & 255) / 255) for shift in (16, 8, 0))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
