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
    """Street lights out of focus over a wet street."""
    rng = dice(seed)
    _, y = grid()
    stops = [(0.0, "#0a1626"), (0.42, "#17354a"), (0.62, "#3a4650"), (0.8, "#4a3a3f"), (1.2, "#140f1a")]
    picture = ramp(y * 0.85 + noise(seed, (2, 3), octaves=2) * 0.28, stops)
    hues = ("#ffb347", "#ff8552", "#ffd27a", "#ffc26b", "#e8575f", "#5fc7bd", "#ffe3b0")
    lights = [
        (0.03 + 0.075 * float(rng.random()) ** 1.5, float(rng.random()), float(0.45 + 0.15 * rng.standard_normal()))
        for _ in range(58)
    ]
    for number, (radius, cx, cy) in enumerate(sorted(lights)):
        r = int(radius * SIZE)
        left, top = int(cx * SIZE) - r, int(cy * SIZE) - r
        x0, y0, x1, y1 = max(0, left), max(0, top), min(SIZE, left + 2 * r), min(SIZE, top + 2 * r)
        if x0 >= x1 or y0 >= y1:
            continue
        yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        away = np.hypot(xx - left - r, yy - top - r) / r
        disc = np.clip((0.97 - away) / 0.05, 0, 1) * (0.78 + 0.22 * np.clip((away - 0.8) / 0.15, 0, 1))
        power = 0.20 + 0.34 * float(rng.random()) * (1.2 - radius * 6)
        hue = np.asarray(colour(hues[number % len(hues)]), dtype=np.float32)
        window = picture[y0:y1, x0:x1]
        window += (
            (1 - np.clip(window, 0, 1)) * disc[..., None] * hue * np.float32(power)
        )  # light adds up as on a screen
    glow = np.exp(-(((y - 0.5) / 0.17) ** 2))
    seen: Plane = picture + glow[..., None] * np.asarray((0.16, 0.085, 0.03), dtype=np.float32)
    return seen


def _drops(picture: Plane, seed: int) -> Plane:
    """Rain drops: each a small lens that shows the street upside down."""
    rng = dice(seed)
    out = picture.copy()
    for number in range(900):
        r = int(2 + 9 * rng.random() ** 3) if number > 120 else int(11 + 21 * rng.random() ** 1.6)
        tall = 1.0 + (0.12 + 0.4 * float(rng.random()) if r > 8 else 0.1)
        h = int(r * tall)
        cx, cy = int(rng.integers(r + 1, SIZE - r - 1)), int(rng.integers(h + 1, SIZE - h - 1))
        if cy > SIZE * 0.77 and r > 5:
            continue  # the title needs a calm ground
        yy, xx = np.mgrid[-h : h + 1, -r : r + 1].astype(np.float32)
        u, v = xx / r, yy / h
        away = np.hypot(u * (1 + 0.22 * np.clip(-v, 0, 1)), v)
        inside = np.clip((1 - away) * r / 1.5, 0, 1)
        sx = np.clip(cx - u * 230, 0, SIZE - 1).astype(np.intp)
        sy = np.clip(SIZE * 0.47 + (cy - SIZE * 0.47) * 0.25 - v * 330, 0, SIZE - 1).astype(np.intp)
        lens = picture[sy, sx] * (1.12 + 0.22 * v - 0.62 * away**4)[..., None]
        shine = np.exp(-(((u + 0.30) ** 2 + (v + 0.45) ** 2) / 0.02)) * 0.42
        lens = lens + (shine + 0.10 * np.clip(v, 0, 1) * away**3)[..., None]
        window = out[cy - h : cy + h + 1, cx - r : cx + r + 1]
        window += (lens - window) * (inside * (0.95 if r > 8 else 0.7))[..., None]
    return out


def rain() -> Image.Image:
    """A café window in the rain, seen from inside."""
    x, _ = grid()
    picture = _bokeh(6)
    trails = step(noise(8, (110, 2)) * noise(12, (70, 4)), 0.50, 0.12)
    picture = picture * (1 + 0.35 * trails[..., None]) + trails[..., None] * 0.012
    picture = _drops(picture, 5)
    picture *= (1 - 0.72 * step(grid()[1], 0.82, 0.42))[..., None] * (1 - 0.25 * np.abs(x - 0.5) ** 2)[..., None]
    image = finish(grain(picture, 2, 0.03))
    text(image, (750, 1262), "ame no hi no kissaten", serif(104, "LightIt"), "#fff4e0", align="centre")
    text(image, (750, 1380), "NAMI HOSHINO", grotesk(34, "Medium"), "#ffd9a6", tracking=320, align="centre")
    return image


def cold_store() -> Image.Image:
    """A corridor of doors within doors, frost, and light under the last of them."""
    x, y = grid()
    cx, cy = 0.575, 0.47
    across, down = np.abs(x - cx) / 0.80, np.abs(y - cy) / 1.0
    deep = np.maximum(across, down)
    rings = np.log(np.maximum(deep, 0.022) / 0.022) * 2.1
    cell = rings % 1.0
    fall = np.exp(-deep * 3.1)
    floor = (down >= across) & (y > cy)
    ceiling = (down >= across) & (y <= cy)
    face = np.where(floor, 1.15, np.where(ceiling, 0.50, np.where(x < cx, 0.82, 0.66)))
    shade = fall * (0.34 + 0.50 * cell) * face
    edge = np.exp(-((cell / 0.03) ** 2)) + 0.5 * np.exp(-(((1 - cell) / 0.016) ** 2))
    shade = shade + edge * 0.30 * fall
    frost = noise(31, (150, 150), octaves=3) * 0.5 + noise(34, (9, 9), octaves=4) * 0.5
    shade = shade * (0.55 + 0.9 * frost)
    shade = shade + 1.1 * np.exp(-deep * 22) + 0.30 * np.exp(-deep * 5.5)
    spill = np.exp(-(((x - cx) / (0.02 + np.clip(y - cy, 0, 1) * 0.42)) ** 2)) * floor * np.exp(-down * 3.0)
    shade = shade + spill * 0.42 * (0.6 + 0.8 * frost)
    stops = [(0, "#04070a"), (0.12, "#0d1d26"), (0.34, "#2a5260"), (0.6, "#83b1b6"), (0.9, "#e2f2ee"), (1.2, "#ffffff")]
    image = finish(grain(ramp(np.clip(shade, 0, 1.2), stops), 3, 0.05))
    text(image, (96, 158), "KÜHLHAUS", grotesk(62, "SemiBold"), "#eef7f4", tracking=420)
    text(image, (96, 1410), "Jörn Tessmer", grotesk(42, "Medium"), "#cfe3e1")
    text(image, (1404, 1410), "KN–07", grotesk(42, "Medium"), "#cfe3e1", align="right")
    return image
