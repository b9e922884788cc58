"""Covers that are places: the sea at dusk, a window in the rain, a cold store at night."""

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
    ramp,
    serif,
    step,
    text,
)

HORIZON = 0.60


def _sea(picture: Plane, sun: tuple[float, float]) -> Plane:
    """Lay the water in: long ripples that grow towards the shore, and the sun's road."""
    x, y = grid()
    depth = np.clip((y - HORIZON) / (1 - HORIZON), 0, 1)
    water = ramp(depth, [(0, "#d98f7c"), (0.08, "#a9687a"), (0.4, "#553f68"), (1, "#17193b")])
    rows = np.log1p(depth * 14) * 26
    drift = noise(3, (5, 5), octaves=3) * 2.4 + noise(4, (26, 5)) * 0.9
    ripple = (
        np.sin(rows * 2 * np.pi * 0.62 + drift * 5) * 0.5 + np.sin(rows * 2 * np.pi * 1.4 - drift * 8 + x * 9) * 0.5
    )
    water = over(water, colour("#f3b48f"), step(ripple, 0.62, 0.3) * 0.30 * (1 - depth * 0.55))
    water = over(water, colour("#0d1030"), step(-ripple, 0.5, 0.5) * 0.30)
    road = np.exp(-(((x - sun[0]) / (0.045 + 0.16 * depth + 0.02 * ripple)) ** 2))
    glitter = step(ripple * 0.6 + noise(9, (60, 90)) * 0.9, 0.55, 0.35) * road
    water = over(water, colour("#ffd9a0"), glitter * (0.95 - 0.35 * depth))
    return over(picture, water, step(y, HORIZON, 2.2 / SIZE))


def ferry() -> Image.Image:
    """The last ferry, the sun on the water behind it."""
    x, y = grid()
    sun = (0.62, HORIZON - 0.045)
    sky = ramp(y / HORIZON, [(0, "#1c2450"), (0.35, "#4b4679"), (0.62, "#a8627f"), (0.84, "#ee9a76"), (1, "#ffd19a")])
    cloud = noise(21, (3, 14), octaves=4)
    sky = over(sky, colour("#f7b38c"), step(cloud, 0.60, 0.16) * 0.35 * np.clip((y - 0.12) * 3, 0, 1))
    sky = over(sky, colour("#352f63"), step(cloud, 0.42, -0.14) * 0.22)
    away = np.hypot(x - sun[0], y - sun[1])
    sky = over(sky, colour("#ffdf9f"), np.exp(-away * 5.5) * 0.75)
    sky = over(sky, colour("#fff3d6"), step(-away, -0.098, 2.5 / SIZE))
    picture = _sea(sky, sun)
    boat = Sheet(0, "L")
    boat.polygon([(0.225, 0.590), (0.405, 0.590), (0.392, 0.6065), (0.243, 0.6065)], 255)
    boat.box(0.258, 0.574, 0.118, 0.018, 255, round_by=0.003)
    boat.box(0.282, 0.560, 0.070, 0.016, 255, round_by=0.003)
    boat.box(0.327, 0.541, 0.012, 0.022, 255)
    boat.line([(0.268, 0.576), (0.268, 0.548)], 255, 0.0016)
    picture = over(picture, colour("#1a1838"), boat.plane())
    lights = Sheet(0, "L")
    for number in range(9):
        lights.box(0.266 + number * 0.0118, 0.580, 0.005, 0.005, 255)
    for number in range(5):
        lights.box(0.290 + number * 0.0118, 0.5655, 0.005, 0.004, 255)
    mask = lights.plane()
    picture = over(picture, colour("#ffe2a1"), np.clip(mask + blur(mask, 10) * 1.6, 0, 1))
    image = finish(grain(picture, 1, 0.035))
    text(image, (96, 238), "Evening", serif(190, "LightIt"), "#fff1dc")
    text(image, (96, 412), "Ferry", serif(190, "LightIt"), "#fff1dc")
    text(image, (100, 1414), "MARA LINDE", grotesk(34, "Medium"), "#ffe7cc", tracking=240)
    text(image, (1404, 1414), "HL–001", grotesk(34, "Medium"), "#ffe7cc", tracking=120, align="right")
    return image


def _bokeh(seed: int) -> Plane:
    """Street lights out of focus."""
    rng = dice(seed)
    x, y = grid()
    picture = ramp(
        y * 0.8 + noise(seed, (3, 3)) * 0.35, [(0, "#0b1a2b"), (0.5, "#12354a"), (0.85, "#1e3038"), (1.2, "#0a141f")]
    )
    hues = ("#ffb454", "#ff7a59", "#ffd98a", "#63d2c6", "#f05d7a", "#ffe9c4")
    for number in range(46):
        cx, cy = float(rng.random()), float(0.42 + 0.2 * rng.standard_normal())
        r = float(0.022 + 0.05 * rng.random() ** 1.6)
        away = np.hypot(x - cx, y - cy)
        disc = step(-away, -r, 0.010) * (0.55 + 0.45 * step(away, r * 0.86, r * 0.22))
        picture += (
            disc[..., None]
            * np.asarray(colour(hues[number % len(hues)]), dtype=np.float32)
            * np.float32(0.16 + 0.38 * rng.random())
        )
    return picture


def _drops(picture: Plane, seed: int) -> Plane:
    """Rain drops: each a small lens that shows the street upside down."""
    rng = dice(seed)
    out = picture.copy()
    for number in range(560):
        r = int(4 + 34 * rng.random() ** 5.0) if number > 40 else int(18 + 22 * rng.random())
        cx, cy = int(rng.integers(r + 1, SIZE - r - 1)), int(rng.integers(r * 2 + 1, SIZE - r * 2 - 1))
        tall = 1.0 + 0.35 * float(rng.random())
        yy, xx = np.mgrid[-int(r * tall) : int(r * tall) + 1, -r : r + 1].astype(np.float32)
        away = np.hypot(xx / r, yy / (r * tall))
        inside = np.clip((1 - away) * r / 1.6, 0, 1)
        sx = np.clip(cx - xx * 5.5 * (0.3 + away), 0, SIZE - 1).astype(np.intp)
        sy = np.clip(cy * 0.4 + SIZE * 0.24 - yy * 6.5 * (0.3 + away), 0, SIZE - 1).astype(np.intp)
        lens = picture[sy, sx] * (1.18 - 0.75 * away[..., None] ** 3)
        shine = np.exp(-(((xx / r + 0.34) ** 2 + (yy / (r * tall) + 0.42) ** 2) / 0.035))
        lens = lens + shine[..., None] * 0.75
        window = out[cy - int(r * tall) : cy + int(r * tall) + 1, cx - r : cx + r + 1]
        window += (lens - window) * inside[..., None]
    return out


def rain() -> Image.Image:
    """A café window in the rain, seen from inside."""
    x, _ = grid()
    picture = _bokeh(6)
    trails = step(noise(8, (90, 2)) * noise(12, (120, 5)), 0.53, 0.08)
    picture = picture * (1 + 0.5 * trails[..., None]) + trails[..., None] * 0.03
    picture = _drops(picture, 5)
    picture *= (1 - 0.55 * step(grid()[1], 0.86, 0.5))[..., None] * (1 - 0.25 * np.abs(x - 0.5) ** 2)[..., None]
    image = finish(grain(picture, 2, 0.03))
    text(image, (750, 1262), "ame no hi no kissaten", serif(104, "LightIt"), "#fff4e0", align="centre")
    text(image, (750, 1380), "NAMI HOSHINO", grotesk(34, "Medium"), "#ffd9a6", tracking=320, align="centre")
    return image


def cold_store() -> Image.Image:
    """A corridor of doors within doors, frost and one cold lamp."""
    x, y = grid()
    deep = np.maximum(np.abs(x - 0.56) / 0.86, np.abs(y - 0.46))
    rings = np.log(np.maximum(deep, 0.012) / 0.012) * 2.35
    cell = rings % 1.0
    wall = np.abs(x - 0.56) / 0.86 > np.abs(y - 0.46)
    light = np.exp(-deep * 4.6) * 0.9 + 0.035
    shade = light * (0.5 + 0.5 * cell) * np.where(wall, 0.78, 1.0) * np.where(y < 0.46, 0.82, 1.12)
    frost = noise(31, (40, 40), octaves=4)
    shade = shade * (0.66 + 0.62 * frost) + 0.25 * np.exp(-deep * 16)
    edge = np.exp(-((cell / 0.035) ** 2)) + np.exp(-(((1 - cell) / 0.02) ** 2)) * 0.6
    shade += edge * 0.22 * light
    haze = noise(33, (4, 4), octaves=3)
    shade = shade + step(haze, 0.5, 0.6) * 0.08 * np.exp(-deep * 2.0)
    picture = ramp(
        np.clip(shade, 0, 1.2),
        [(0, "#05080b"), (0.14, "#10212a"), (0.36, "#2f5560"), (0.62, "#8fb6b8"), (0.9, "#e4f1ea"), (1.2, "#ffffff")],
    )
    image = finish(grain(picture, 3, 0.05))
    text(image, (96, 150), "KÜHLHAUS", grotesk(54, "SemiBold"), "#e6f2ee", tracking=420)
    text(image, (96, 1410), "Jörn Tessmer", grotesk(38, "Regular"), "#b9d2d0")
    text(image, (1404, 1410), "KN 07", grotesk(38, "Regular"), "#b9d2d0", align="right")
    return image
