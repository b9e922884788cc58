"""Colour arithmetic for tests: CSS text to sRGB, and the contrast of two colours (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import math
import re


def linear(css: str) -> tuple[float, float, float]:
    """Return linear-light sRGB of "#rrggbb" or "oklch(L C H)", clipped to what a screen shows."""
    if css.startswith("#"):
        red, green, blue = (_from_gamma(int(css[i : i + 2], 16) / 255) for i in (1, 3, 5))
        return red, green, blue
    lightness, chroma, hue = (float(part) for part in re.findall(r"[\d.]+", css))
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    exact = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    red, green, blue = (min(1.0, max(0.0, value)) for value in exact)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(css: str) -> float:
    red, green, blue = linear(css)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _from_gamma(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
