"""Covers that are cut and printed: overprinted fruit, a wall of tiles, folded ribbons."""

from __future__ import annotations

import numpy as np
from PIL import Image

from bandstand.demo.covers.canvas import (
    SIZE,
    Plane,
    Sheet,
    blur,
    colour,
    dice,
    finish,
    grain,
    grid,
    grotesk,
    noise,
    over,
    serif,
    step,
    text,
)

CREAM = "#f5eddc"


def _dots(tone: Plane, angle: float, pitch: float) -> Plane:
    """Return a halftone screen of a tone; pitch is in pixels."""
    x, y = grid()
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    u, v = (x * c + y * s) * SIZE / pitch, (y * c - x * s) * SIZE / pitch
    away = np.hypot(u - np.round(u), v - np.round(v))
    dots: Plane = np.clip((np.sqrt(np.clip(tone, 0, 1)) * 0.74 - away) * pitch / 1.4 + 0.5, 0, 1).astype(np.float32)
    return dots


def _ink(picture: Plane, mask: Plane, ink: str, seed: int, shift: tuple[int, int]) -> Plane:
    """Print one drum of a stencil duplicator: it multiplies, a little off register, a little uneven."""
    uneven = 0.9 + 0.12 * noise(seed, (9, 9), octaves=3) - 0.10 * step(noise(seed + 1, (300, 300)), 0.78, 0.1)
    film = np.roll(mask, shift, axis=(0, 1)) * uneven
    return picture * (1 - film[..., None] * (1 - np.asarray(colour(ink), dtype=np.float32)))


def _leaf(sheet: Sheet, x: float, y: float, r: float, turn: float, wide: float) -> None:
    """Draw a pointed leaf around a point, turned by radians."""
    c, s = float(np.cos(turn)), float(np.sin(turn))
    points = []
    for t in (*np.linspace(0, 1, 40), *np.linspace(1, 2, 40)):
        u = wide * float(np.sin(np.pi * t)) * r
        v = float(1 - 2 * t if t <= 1 else 2 * t - 3) * r
        points.append((x + u * c - v * s, y + u * s + v * c))
    sheet.polygon(points, 255)


def _fruit(sheets: dict[str, Sheet], x: float, y: float, r: float, kind: int) -> None:
    """Draw one fruit on the drums: apple, pear, half apple, plum pair, leaf."""
    red, teal, sun = sheets["red"], sheets["teal"], sheets["sun"]
    if kind == 0:
        red.disc(x, y, r, 255)
        sun.disc(x - r * 0.18, y - r * 0.1, r * 0.82, 255)
    elif kind == 1:
        for sheet, k in ((sun, 1.0), (teal, 0.62)):
            sheet.disc(x, y + r * 0.28, r * 0.78 * k, 255)
            sheet.disc(x, y - r * 0.42, r * 0.46 * k, 255)
            sheet.polygon(
                [
                    (x - r * 0.45 * k, y - r * 0.5),
                    (x + r * 0.45 * k, y - r * 0.5),
                    (x + r * 0.74 * k, y + r * 0.1),
                    (x - r * 0.74 * k, y + r * 0.1),
                ],
                255,
            )
    elif kind == 2:
        red.disc(x, y, r, 255)
        red.disc(x, y, r * 0.86, 0)
        sun.disc(x, y, r * 0.84, 255)
        for side in (-1, 1):
            teal.disc(x + side * r * 0.2, y, r * 0.09, 255, ry=r * 0.2)
    elif kind == 3:
        teal.disc(x - r * 0.3, y + r * 0.12, r * 0.62, 255)
        red.disc(x + r * 0.3, y - r * 0.06, r * 0.62, 255)
    else:
        for turn, size in ((-0.62, 1.12), (0.35, 0.86)):
            _leaf(teal, x + turn * r * 0.75, y, r * size, turn, 0.36)
            _leaf(sun, x + turn * r * 0.75 + 0.006, y, r * size * 0.98, turn, 0.13)
    if kind in (0, 1, 2):
        top = y - r * (0.86 if kind == 1 else 0.98)
        teal.line([(x, top + r * 0.06), (x + r * 0.08, top - r * 0.2)], 255, 0.010)
        teal.disc(x + r * 0.30, top - r * 0.10, r * 0.22, 255, ry=r * 0.10)


def orchard() -> Image.Image:
    """Fruit in three inks, overprinted like a seed catalogue."""
    sheets = {ink: Sheet(0, "L") for ink in ("red", "teal", "sun")}
    kinds = ((0, 1, 4), (3, 2, 0), (1, 4, 3))
    for row in range(3):
        for column in range(3):
            _fruit(sheets, 0.2 + column * 0.3, 0.172 + row * 0.252, 0.1, kinds[row][column])
    x, _y = grid()
    red, teal, sun = (sheets[name].plane() for name in ("red", "teal", "sun"))
    shade = np.clip(((x - 0.05) * 3.4 % 1.0) * 0.9 + 0.12, 0, 1).astype(np.float32)
    picture = np.broadcast_to(np.asarray(colour(CREAM), dtype=np.float32), (SIZE, SIZE, 3)).copy()
    picture = _ink(picture, sun, "#ffc22e", 51, (3, -4))
    picture = _ink(picture, red * np.maximum(_dots(shade, 22, 11), step(shade, 0.8, 0.02)), "#ff4b4b", 53, (-3, 5))
    picture = _ink(picture, teal * np.maximum(_dots(1.05 - shade * 0.6, 67, 10), 0), "#00707d", 55, (5, 2))
    image = finish(grain(picture, 9, 0.022))
    text(image, (96, 1316), "Letters from the Orchard", serif(112, "Semibold"), "#1f3f45")
    text(image, (98, 1404), "Tomás Réva", serif(56, "It"), "#e0413f")
    text(image, (1404, 1404), "Slow Post 4", serif(56, "It"), "#1f3f45", align="right")
    return image


TILES = ("#f2e3c6", "#d9572b", "#0f5257", "#e8a532", "#5a1f3c")


def _tile(sheet: Sheet, x: float, y: float, edge: float, rng: np.random.Generator) -> None:
    """Glaze one tile: a quarter, two halves, a gap between arcs, a corner, or scales."""
    ground, figure, spark = (TILES[int(index)] for index in rng.permutation(5)[:3])
    sheet.box(x, y, edge, edge, ground)
    kind = int(rng.integers(5))
    if kind == 0:
        corner = int(rng.integers(4))
        cx, cy = x + edge * (corner in (1, 2)), y + edge * (corner in (2, 3))
        sheet.wedge(cx, cy, edge, corner * 90, corner * 90 + 90, figure)
        sheet.wedge(cx, cy, edge * 0.5, corner * 90, corner * 90 + 90, spark)
    elif kind == 1:
        turn = int(rng.integers(4)) * 90
        sheet.wedge(x + edge / 2, y + edge / 2, edge * 0.42, turn, turn + 180, figure)
        sheet.wedge(x + edge / 2, y + edge / 2, edge * 0.42, turn + 180, turn + 360, spark)
    elif kind == 2:
        sheet.wedge(x, y + edge / 2, edge / 2, -90, 90, figure)
        sheet.wedge(x + edge, y + edge / 2, edge / 2, 90, 270, spark)
    elif kind == 3:
        corners = [(x, y), (x + edge, y), (x + edge, y + edge), (x, y + edge)]
        skip = int(rng.integers(4))
        sheet.polygon([corner for index, corner in enumerate(corners) if index != skip], figure)
        sheet.disc(x + edge / 2, y + edge / 2, edge * 0.2, spark)
    else:
        for ring, fill in ((0.5, figure), (0.34, ground), (0.18, spark)):
            sheet.wedge(x + edge / 2, y + edge, edge * ring, 180, 360, fill)
            sheet.wedge(x + edge / 2, y + edge * 0.5, edge * ring, 180, 360, fill)


def half_light() -> Image.Image:
    """A wall of glazed tiles at the hour when half of each is lit."""
    rng = dice(91)
    sheet = Sheet("#f2e3c6")
    cells, edge = 5, 0.2
    for row in range(cells - 1):
        for column in range(cells):
            _tile(sheet, column * edge, row * edge, edge, rng)
    x, y = grid()
    picture = sheet.plane()
    lit = step(x * 0.8 - y * 0.62, 0.12, 0.02)
    picture = np.where((y < 0.8)[..., None], picture * (0.80 + 0.24 * lit)[..., None], picture)
    joint = np.minimum(np.abs((x * cells + 0.5) % 1 - 0.5), np.abs((y * cells + 0.5) % 1 - 0.5)) * SIZE / cells
    picture = over(picture, colour("#2a1a1d"), (np.clip(1.8 - joint, 0, 1) * 0.35 * (y < 0.797)).astype(np.float32))
    picture *= (0.965 + 0.06 * noise(92, (70, 70), octaves=2))[..., None]
    image = finish(grain(picture, 10, 0.02))
    text(image, (84, 1404), "Meia-luz", serif(210, "Black"), "#5a1f3c", tracking=-12)
    text(image, (1416, 1330), "Lúcia", serif(64, "It"), "#d9572b", align="right")
    text(image, (1416, 1404), "Amaral", serif(64, "It"), "#d9572b", align="right")
    return image


def _ribbon(picture: Plane, x: float, wide: float, ink: str, folds: tuple[float, ...], lean: float) -> Plane:
    """Lay one folded paper ribbon from top to bottom: each fold leans the other way and takes other light."""
    edges = np.asarray([-0.05, *folds, 1.05])
    lefts = x + np.concatenate([[0.0], np.cumsum(np.diff(edges) * lean * np.resize([1, -1], edges.size - 1))])
    outline = [*zip(lefts, edges, strict=True), *zip(lefts[::-1] + wide, edges[::-1], strict=True)]
    shadow, shape = Sheet(0, "L"), Sheet(0, "L")
    shadow.polygon([(px + 0.013, py + 0.015) for px, py in outline], 255)
    shape.polygon(outline, 255)
    picture = picture * (1 - 0.36 * blur(shadow.plane(), 18))[..., None]
    _, y = grid()
    fold = np.clip(np.searchsorted(edges, y[:, 0]) - 1, 0, edges.size - 2)
    along = (y[:, 0] - edges[fold]) / np.diff(edges)[fold]
    tone = np.where(fold % 2 == 0, 1.10 - 0.17 * along, 0.74 + 0.16 * along).astype(np.float32)
    paint = np.asarray(colour(ink), dtype=np.float32) * np.broadcast_to(tone[:, None, None], (SIZE, SIZE, 1))
    return over(picture, paint, shape.plane())


def folds() -> Image.Image:
    """Four paper ribbons, one for each player, folded at their entries."""
    picture = np.broadcast_to(np.asarray(colour("#efe6d6"), dtype=np.float32), (SIZE, SIZE, 3)).copy()
    picture = _ribbon(picture, 0.40, 0.125, "#d8412f", (0.22, 0.47, 0.66, 0.86), 0.42)
    picture = _ribbon(picture, 0.66, 0.110, "#e9a93a", (0.13, 0.36, 0.58, 0.80), -0.46)
    picture = _ribbon(picture, 0.585, 0.095, "#2d5d8a", (0.30, 0.52, 0.74, 0.92), 0.40)
    picture = _ribbon(picture, 0.80, 0.085, "#1f4d3f", (0.18, 0.42, 0.70, 0.88), -0.36)
    picture *= (0.97 + 0.05 * noise(95, (260, 260), octaves=2))[..., None]
    image = finish(grain(picture, 11, 0.02))
    text(image, (96, 232), "Små", serif(170, "Regular"), "#26221f", tracking=-10)
    text(image, (96, 392), "sviter", serif(170, "Regular"), "#26221f", tracking=-10)
    text(image, (100, 1322), "Åsa Öberg", grotesk(40, "SemiBold"), "#26221f")
    text(image, (100, 1372), "Kvartett", grotesk(40, "SemiBold"), "#26221f")
    text(image, (100, 1422), "I–II", grotesk(40, "Regular"), "#d8412f")
    return image
