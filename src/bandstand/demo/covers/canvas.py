"""What the covers are drawn with: colour ramps, noise, grain, shapes and type.

Pictures under work are float32 arrays (y, x, 3) from 0 to 1; `finish` makes an image of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = 1500

Plane = npt.NDArray[np.floating[Any]]  # Any: single or double precision
Colour = tuple[float, float, float]


def colour(code: str) -> Colour:
    """Read `#rrggbb` as three numbers from 0 to 1."""
    return (int(code[1:3], 16) / 255, int(code[3:5], 16) / 255, int(code[5:7], 16) / 255)


def dice(seed: int) -> np.random.Generator:
    """Return the dice of one picture."""
    return np.random.Generator(np.random.PCG64(seed))


@lru_cache(maxsize=1)
def grid() -> tuple[Plane, Plane]:
    """Return x and y of every pixel from 0 to 1."""
    line = ((np.arange(SIZE) + 0.5) / SIZE).astype(np.float32)
    return np.broadcast_to(line, (SIZE, SIZE)), np.broadcast_to(line[:, None], (SIZE, SIZE))


def ramp(field: Plane, stops: Sequence[tuple[float, str]]) -> Plane:
    """Colour a field: each stop is a value and a colour, between them it blends."""
    at = [value for value, _ in stops]
    return np.stack(
        [np.interp(field, at, [colour(code)[band] for _, code in stops]) for band in range(3)], axis=-1
    ).astype(np.float32)


def noise(seed: int, cells: tuple[int, int], *, octaves: int = 1) -> Plane:
    """Return smooth noise from 0 to 1; cells counts the bumps across and down."""
    rng, total, weight = dice(seed), np.zeros((SIZE, SIZE), dtype=np.float32), 0.0
    for octave in range(octaves):
        shape = (cells[1] * 2**octave + 3, cells[0] * 2**octave + 3)
        small = Image.fromarray(rng.random(shape, dtype=np.float32))
        total += np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC)) * np.float32(0.5**octave)
        weight += 0.5**octave
    return total / np.float32(weight)


def step(field: Plane, edge: float, soft: float) -> Plane:
    """Return 0 below the edge, 1 above, smooth across soft."""
    t: Plane = np.clip((field - np.float32(edge)) / np.float32(soft) + np.float32(0.5), 0, 1)
    return t * t * (3 - 2 * t)


def over(picture: Plane, paint: Plane | Colour, mask: Plane) -> Plane:
    """Lay paint on the picture where the mask is 1."""
    laid: Plane = picture + (np.asarray(paint, dtype=np.float32) - picture) * mask[..., None]
    return laid


def grain(picture: Plane, seed: int, amount: float) -> Plane:
    """Add film grain, stronger in the middle tones."""
    rng = dice(seed)
    dust = rng.standard_normal((SIZE, SIZE), dtype=np.float32)
    tone = picture.mean(axis=-1)
    share = np.float32(amount) * (0.4 + 1.2 * np.sqrt(np.clip(tone * (1 - tone), 0, 1)))
    grained: Plane = picture + (dust * share)[..., None]
    return grained


def finish(picture: Plane) -> Image.Image:
    """Return the picture as an RGB image."""
    return Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8), "RGB")


def plane(image: Image.Image) -> Plane:
    """Return an image, of any mode, as numbers from 0 to 1."""
    return np.asarray(image, dtype=np.float32) / 255


class Sheet:
    """A drawing of twice the size, made small at the end: smooth edges. Points are from 0 to 1."""

    def __init__(self, ground: str | int, mode: str = "RGB") -> None:
        self.image = Image.new(mode, (SIZE * 2, SIZE * 2), ground)
        self.pen = ImageDraw.Draw(self.image)

    def polygon(self, points: Sequence[tuple[float, float]], fill: str | int) -> None:
        """Fill a polygon."""
        self.pen.polygon([(x * SIZE * 2, y * SIZE * 2) for x, y in points], fill=fill)

    def box(self, x: float, y: float, w: float, h: float, fill: str | int, *, round_by: float = 0.0) -> None:
        """Fill a rectangle, its corners rounded."""
        edges = [x * SIZE * 2, y * SIZE * 2, (x + w) * SIZE * 2 - 1, (y + h) * SIZE * 2 - 1]
        self.pen.rounded_rectangle(edges, round_by * SIZE * 2, fill=fill)

    def disc(self, x: float, y: float, rx: float, fill: str | int, *, ry: float = 0.0) -> None:
        """Fill a circle or an ellipse around a point."""
        ry = ry or rx
        self.pen.ellipse(
            [(x - rx) * SIZE * 2, (y - ry) * SIZE * 2, (x + rx) * SIZE * 2, (y + ry) * SIZE * 2], fill=fill
        )

    def wedge(self, x: float, y: float, r: float, start: float, stop: float, fill: str | int) -> None:
        """Fill a slice of a circle; degrees run clockwise from three o'clock."""
        edges = [(x - r) * SIZE * 2, (y - r) * SIZE * 2, (x + r) * SIZE * 2, (y + r) * SIZE * 2]
        self.pen.pieslice(edges, start, stop, fill=fill)

    def line(self, points: Sequence[tuple[float, float]], fill: str | int, width: float) -> None:
        """Draw a line with round joints and ends."""
        self.pen.line(
            [(x * SIZE * 2, y * SIZE * 2) for x, y in points], fill=fill, width=round(width * SIZE * 2), joint="curve"
        )
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, fill)

    def small(self) -> Image.Image:
        """Return the drawing at its final size."""
        return self.image.resize((SIZE, SIZE), Image.Resampling.BOX)

    def plane(self) -> Plane:
        """Return the drawing at its final size as numbers."""
        return plane(self.small())


def blur(field: Plane, radius: float) -> Plane:
    """Blur a plane from 0 to 1; radius is in pixels. Wide blurs work on a smaller picture."""
    shrink = max(1, int(radius / 6))
    image = Image.fromarray((np.clip(field, 0, 1) * 255).astype(np.uint8))
    small = image.resize((SIZE // shrink, SIZE // shrink), Image.Resampling.BOX).filter(
        ImageFilter.GaussianBlur(radius / shrink)
    )
    return plane(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


@lru_cache(maxsize=64)
def grotesk(size: int, weight: str = "Regular") -> ImageFont.FreeTypeFont:
    """Return Hanken Grotesk: Light, Regular, Medium, SemiBold or Bold."""
    with resources.as_file(resources.files("font_hanken_grotesk") / "files" / f"HankenGrotesk-{weight}.otf") as path:
        return ImageFont.truetype(str(path), size)


@lru_cache(maxsize=64)
def serif(size: int, weight: str = "Regular") -> ImageFont.FreeTypeFont:
    """Return Source Serif Pro: ExtraLight, Light, Regular, Semibold, Bold, Black, each also with It."""
    with resources.as_file(resources.files("font_source_serif_pro") / "files" / f"SourceSerifPro-{weight}.otf") as path:
        return ImageFont.truetype(str(path), size)


def width_of(words: str, font: ImageFont.FreeTypeFont, tracking: float = 0.0) -> float:
    """Return the width of a line in pixels; tracking is in thousandths of the size."""
    return font.getlength(words) + tracking / 1000 * font.size * max(0, len(words) - 1)


def text(
    image: Image.Image,
    at: tuple[float, float],
    words: str,
    font: ImageFont.FreeTypeFont,
    fill: str,
    *,
    tracking: float = 0.0,
    align: str = "left",
) -> None:
    """Set a line of type on its baseline at a point in pixels, kerned, with tracking in thousandths of the size."""
    pen = ImageDraw.Draw(image)
    x = at[0] - {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * width_of(words, font, tracking)
    if not tracking:
        pen.text((x, at[1]), words, font=font, fill=fill, anchor="ls")
        return
    for index, letter in enumerate(words):
        pen.text(
            (x + font.getlength(words[:index]) + index * tracking / 1000 * font.size, at[1]),
            letter,
            font=font,
            fill=fill,
            anchor="ls",
        )
