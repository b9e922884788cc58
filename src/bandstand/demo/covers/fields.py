"""Covers that are mathematics: interference, level lines, ridges, a ring of sound."""

from __future__ import annotations

import numpy as np
from PIL import Image

from bandstand.demo.covers.canvas import (
    SIZE,
    Plane,
    Sheet,
    blur,
    colour,
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


def _rings(cx: float, cy: float, pitch: float, share: float) -> Plane:
    """Return circles around a point as a mask; pitch is their distance, share how much of it is ink."""
    x, y = grid()
    wave = (np.hypot(x - cx, y - cy) / pitch) % 1.0
    soft = 1.3 / (pitch * SIZE)
    return step(-np.abs(wave - 0.5), -share / 2, soft)


def signals() -> Image.Image:
    """Two transmitters, one frequency: their rings beat against each other."""
    x, y = grid()
    picture = ramp(y * 0.8 + x * 0.35, [(0, "#1a1fd1"), (0.55, "#2a16a8"), (1.15, "#120a52")])
    one = _rings(0.36, 0.37, 0.0212, 0.5)
    two = _rings(0.64, 0.37, 0.0212, 0.5)
    round_one = step(-np.hypot(x - 0.40, y - 0.37), -0.335, 2 / SIZE)
    round_two = step(-np.hypot(x - 0.60, y - 0.37), -0.335, 2 / SIZE)
    warm = ramp(np.clip(x * 0.9 + y * 0.5 - 0.15, 0, 1), [(0, "#ff5a4e"), (0.5, "#ff8a5c"), (1, "#ffd166")])
    pale = ramp(np.clip(y, 0, 1), [(0, "#ffc9e0"), (0.7, "#ff6fa5")])
    picture = over(picture, warm, one * round_one)
    picture = over(picture, pale, two * round_two)
    both = one * two * round_one * round_two
    picture = over(picture, colour("#fff6e6"), both)
    image = finish(grain(picture, 4, 0.03))
    text(image, (90, 1236), "Northbound", grotesk(196, "Bold"), "#fff6e6", tracking=-30)
    text(image, (90, 1408), "Signals", grotesk(196, "Bold"), "#ff8a5c", tracking=-30)
    text(image, (1404, 1394), "Ines Paragon", grotesk(46, "Medium"), "#fff6e6", align="right")
    return image


def _levels(height: Plane, count: float, width: float) -> Plane:
    """Return the level lines of a height as a mask, of even width in pixels wherever the slope is."""
    scaled = height * np.float32(count)
    slope = np.hypot(*np.gradient(scaled)) + 1e-4
    away = np.abs(scaled - np.round(scaled)) / slope
    lines: Plane = np.clip(width / 2 + 0.5 - away, 0, 1).astype(np.float32)
    return lines


def solstice() -> Image.Image:
    """A map of an island at the longest day: the sun lies on it, and the lines change sides."""
    x, y = grid()
    height = noise(42, (4, 4), octaves=3) * 0.85 + np.exp(-(((x - 0.5) ** 2 + (y - 0.43) ** 2) / 0.10)) * 0.7
    thin = _levels(height, 30, 2.2)
    thick = _levels(height, 6, 4.6)
    night = ramp(y + noise(5, (3, 3)) * 0.2, [(0, "#0c1a3a"), (0.6, "#12254f"), (1.2, "#070f24")])
    gold = ramp(y, [(0, "#f4c95d"), (0.5, "#eeb043"), (1, "#c9812e")])
    lines = np.clip(thin * 0.62 + thick, 0, 1)
    sun = step(-np.hypot(x - 0.5, y - 0.43), -0.295, 2 / SIZE)
    glow = np.exp(-np.clip(np.hypot(x - 0.5, y - 0.43) - 0.295, 0, 1) * 9) * 0.32 * (1 - sun)
    picture = over(night, colour("#d98a3a"), glow)
    picture = over(picture, gold, lines * 0.85 * (1 - step(y, 0.86, 0.3)))
    picture = over(picture, over(gold, colour("#12254f"), lines * 0.9), sun)
    image = finish(grain(picture, 6, 0.028))
    text(image, (750, 1318), "Ηλιοστάσιο", serif(150, "Regular"), "#f7d88b", align="centre")
    text(image, (750, 1412), "ΔΑΦΝΗ ΚΟΡΕΛΛΗ", serif(38, "Semibold"), "#f7d88b", tracking=260, align="centre")
    return image


def weather() -> Image.Image:
    """Fronts that pass: ridge behind ridge, every line a minute of wind."""
    rows, across = 46, 300
    sheet = Sheet("#e9e2d3")
    wind = noise(70, (7, 30), octaves=3)[:, :: SIZE // across][:, :across]
    bumps = wind[((np.arange(rows) + 0.5) / rows * SIZE).astype(np.intp)]
    places = np.arange(across) / (across - 1)
    envelope = np.exp(-(((places - 0.52) / 0.20) ** 2))
    shades = ramp(
        np.linspace(0, 1, rows, dtype=np.float32)[None, :],
        [(0, "#7fa39b"), (0.35, "#e3b45c"), (0.7, "#d8633f"), (1, "#7c2d3d")],
    )[0]
    for row in range(rows):
        base = 0.332 + row * 0.0124
        shift = (
            np.interp(places, places, envelope)
            * np.clip((bumps[row] - 0.34) * 0.50, -0.01, 0.3)
            * (0.55 + 0.45 * np.sin(row / rows * np.pi))
        )
        top = base - shift - 0.004 * np.sin(places * 11 + row * 0.6)
        points = [(0.065 + 0.87 * float(place), float(value)) for place, value in zip(places, top, strict=True)]
        red, green, blue = (int(band * 255) for band in shades[row])
        sheet.polygon([*points, (0.935, base + 0.02), (0.065, base + 0.02)], "#e9e2d3")
        sheet.line(points, f"#{red:02x}{green:02x}{blue:02x}", 0.0029)
    picture = sheet.plane()
    picture *= (0.97 + 0.05 * noise(71, (200, 200)))[..., None]
    image = finish(grain(picture, 7, 0.028))
    text(image, (96, 200), "Slow", grotesk(150, "SemiBold"), "#2b2a33", tracking=-25)
    text(image, (96, 340), "Weather", grotesk(150, "SemiBold"), "#2b2a33", tracking=-25)
    text(image, (1404, 196), "Ottilie Brand", grotesk(40, "Medium"), "#2b2a33", align="right")
    text(image, (1404, 250), "Four pieces for electric piano", grotesk(30, "Regular"), "#6a6460", align="right")
    text(image, (96, 1420), "1013 hPa  ·  rising", grotesk(30, "Regular"), "#6a6460")
    text(image, (1404, 1420), "NB 012", grotesk(30, "Regular"), "#6a6460", align="right")
    return image


def first_light() -> Image.Image:
    """A song as a ring around the morning."""
    x, y = grid()
    warp = noise(80, (3, 3), octaves=2) * 0.55
    picture = ramp(
        y * 0.75 + warp, [(0.1, "#6a7bd8"), (0.4, "#b79be6"), (0.62, "#f4a9c0"), (0.85, "#ffc58f"), (1.15, "#fff0c2")]
    )
    picture = over(picture, colour("#fff4dc"), np.exp(-np.hypot(x - 0.5, y - 0.5) * 5.2) * 0.85)
    sheet = Sheet(0, "L")
    bumps = noise(81, (48, 1), octaves=3)[SIZE // 2]
    bars = 168
    for bar in range(bars):
        turn = bar / bars
        angle = turn * 2 * np.pi - np.pi / 2
        swell = 0.35 + 0.65 * np.sin(np.pi * turn) ** 2
        long = 0.012 + 0.20 * float(np.clip(bumps[int(turn * (SIZE - 1))] - 0.26, 0.02, 1)) * swell
        ends = (0.268 - long * 0.45, 0.268 + long)
        sheet.line([(0.5 + np.cos(angle) * r, 0.5 + np.sin(angle) * r) for r in ends], 255, 0.0046)
    mask = sheet.plane()
    picture = over(picture, colour("#7a3b6a"), blur(mask, 14) * 0.25)
    picture = over(picture, colour("#ffffff"), mask)
    image = finish(grain(picture, 8, 0.035))
    text(image, (750, 748), "First", serif(100, "LightIt"), "#5b2c5e", align="centre")
    text(image, (750, 838), "Light", serif(100, "LightIt"), "#5b2c5e", align="centre")
    text(image, (96, 140), "Ines Paragon", grotesk(40, "SemiBold"), "#ffffff")
    text(image, (1404, 140), "with Mara Linde", grotesk(40, "Regular"), "#ffffff", align="right")
    text(image, (96, 1410), "Single", grotesk(40, "Regular"), "#7a3b4e")
    text(image, (1404, 1410), "AL 019", grotesk(40, "Regular"), "#7a3b4e", align="right")
    return image
