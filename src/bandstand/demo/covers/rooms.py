"""The Living Room sessions: one grid, one light, six evenings in the same room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from bandstand.demo.covers.canvas import (
    SIZE,
    Sheet,
    blur,
    colour,
    finish,
    grain,
    grid,
    grotesk,
    noise,
    over,
    plane,
    serif,
    step,
    text,
)

FLOOR = 0.775


@dataclass(frozen=True, slots=True)
class Room:
    """The colours of an evening, who plays, where the window is."""

    artist: str
    wall: str
    floor: str
    dark: str
    accent: str
    light: str
    sky: str
    window: float
    thing: Callable[[Sheet, Room], None]


def _upright(sheet: Sheet, room: Room) -> None:
    """An upright piano with a stool and a sheet of music."""
    sheet.box(0.47, 0.475, 0.40, 0.30, room.dark, round_by=0.006)
    sheet.box(0.455, 0.462, 0.43, 0.022, room.accent, round_by=0.004)
    sheet.box(0.445, 0.605, 0.45, 0.040, room.accent, round_by=0.004)
    sheet.box(0.455, 0.596, 0.43, 0.016, "#fdf6e8")
    for key in range(30):
        if key % 7 not in (2, 6):
            sheet.box(0.4625 + key * 0.0141, 0.596, 0.0065, 0.010, room.dark)
    for leg in (0.47, 0.852):
        sheet.box(leg, 0.640, 0.018, 0.140, room.accent)
    sheet.polygon([(0.60, 0.592), (0.74, 0.592), (0.728, 0.505), (0.612, 0.505)], "#fdf6e8")
    for stave in range(4):
        sheet.line([(0.625, 0.525 + stave * 0.016), (0.715, 0.525 + stave * 0.016)], room.dark, 0.0016)
    sheet.box(0.60, 0.715, 0.14, 0.024, room.light, round_by=0.011)
    for leg in (0.615, 0.718):
        sheet.line([(leg, 0.735), (leg + (0.012 if leg > 0.66 else -0.012), 0.83)], room.dark, 0.008)


def _guitar(sheet: Sheet, room: Room) -> None:
    """A guitar that leans on an armchair."""
    sheet.box(0.50, 0.52, 0.36, 0.24, room.accent, round_by=0.05)
    sheet.box(0.46, 0.615, 0.085, 0.18, room.accent, round_by=0.036)
    sheet.box(0.815, 0.615, 0.085, 0.18, room.accent, round_by=0.036)
    sheet.box(0.53, 0.675, 0.30, 0.075, room.light, round_by=0.022)
    sheet.box(0.53, 0.735, 0.30, 0.055, room.accent)
    for leg in (0.50, 0.845):
        sheet.line([(leg, 0.79), (leg, 0.835)], room.dark, 0.011)
    lean = np.radians(14)
    c, s = float(np.cos(lean)), float(np.sin(lean))

    def at(u: float, v: float) -> tuple[float, float]:
        return (0.395 + u * c + v * s, 0.735 + u * s - v * c)

    for u, v, r in ((0.0, 0.0, 0.088), (0.0, 0.105, 0.066), (0.0, 0.055, 0.060)):
        sheet.disc(*at(u, v), r, room.dark)
    for u, v, r in ((0.0, 0.0, 0.080), (0.0, 0.105, 0.058), (0.0, 0.055, 0.052)):
        sheet.disc(*at(u, v), r, "#e9b872")
    sheet.disc(*at(0, 0.072), 0.025, room.dark)
    sheet.polygon([at(-0.011, 0.085), at(0.011, 0.085), at(0.009, 0.365), at(-0.009, 0.365)], room.dark)
    sheet.polygon([at(-0.015, 0.36), at(0.015, 0.36), at(0.019, 0.425), at(-0.019, 0.425)], room.dark)
    sheet.polygon([at(-0.03, -0.028), at(0.03, -0.028), at(0.03, -0.018), at(-0.03, -0.018)], room.dark)


def _stage_piano(sheet: Sheet, room: Room) -> None:
    """A stage piano on chrome legs beside a hanging lamp."""
    sheet.line([(0.49, 0.62), (0.45, 0.835)], room.dark, 0.009)
    sheet.line([(0.87, 0.62), (0.91, 0.835)], room.dark, 0.009)
    sheet.line([(0.47, 0.72), (0.66, 0.66)], room.dark, 0.005)
    sheet.line([(0.89, 0.72), (0.70, 0.66)], room.dark, 0.005)
    sheet.polygon([(0.45, 0.555), (0.91, 0.555), (0.925, 0.645), (0.435, 0.645)], room.dark)
    sheet.polygon([(0.46, 0.528), (0.90, 0.528), (0.91, 0.558), (0.45, 0.558)], room.accent)
    sheet.box(0.462, 0.598, 0.436, 0.032, "#fdf6e8", round_by=0.003)
    for key in range(34):
        if key % 7 not in (2, 6):
            sheet.box(0.4705 + key * 0.01275, 0.598, 0.006, 0.019, room.dark)
    for knob in range(4):
        sheet.disc(0.50 + knob * 0.028, 0.577, 0.007, room.light)
    sheet.line([(0.68, 0.16), (0.68, 0.36)], room.dark, 0.004)
    sheet.wedge(0.68, 0.418, 0.085, 180, 360, room.accent)
    sheet.disc(0.68, 0.420, 0.020, room.light)


def _voice(sheet: Sheet, room: Room) -> None:
    """A microphone, a stool with a glass, a big plant."""
    for lean in (-0.12, -0.05, 0.03, 0.11, 0.17):
        tip = (0.835 + lean * 1.02, 0.44 + abs(lean) * 0.75)
        sheet.line([(0.835, 0.70), (0.835 + lean * 0.35, 0.57), tip], room.dark, 0.006)
        sheet.disc(tip[0], tip[1], 0.052, room.accent if lean > 0 else room.dark, ry=0.080)
    sheet.polygon([(0.775, 0.695), (0.895, 0.695), (0.877, 0.825), (0.793, 0.825)], room.light)
    sheet.line([(0.44, 0.46), (0.44, 0.815)], room.dark, 0.007)
    sheet.disc(0.44, 0.822, 0.060, room.dark, ry=0.013)
    sheet.line([(0.44, 0.47), (0.505, 0.425)], room.dark, 0.007)
    sheet.line([(0.505, 0.425), (0.530, 0.408)], room.accent, 0.040)
    sheet.line([(0.538, 0.402), (0.546, 0.397)], "#fdf6e8", 0.050)
    sheet.box(0.565, 0.655, 0.135, 0.022, room.accent, round_by=0.008)
    for leg, out in ((0.583, -0.016), (0.682, 0.016)):
        sheet.line([(leg, 0.675), (leg + out, 0.83)], room.dark, 0.008)
    sheet.polygon([(0.613, 0.598), (0.655, 0.598), (0.650, 0.655), (0.618, 0.655)], "#fdf6e8")


def _quartet(sheet: Sheet, room: Room) -> None:
    """Four chairs in a half circle, a cello on its side of the rug."""
    for x, wide, fill in (
        (0.475, 0.088, room.accent),
        (0.585, 0.082, room.light),
        (0.692, 0.082, room.accent),
        (0.805, 0.088, room.light),
    ):
        low = 0.80 if x in (0.475, 0.805) else 0.775
        sheet.box(x, low - 0.255, 0.010, 0.150, room.dark)
        sheet.box(x + wide - 0.010, low - 0.255, 0.010, 0.150, room.dark)
        sheet.box(x, low - 0.255, wide, 0.036, fill, round_by=0.008)
        sheet.box(x, low - 0.195, wide, 0.018, fill, round_by=0.006)
        sheet.box(x - 0.006, low - 0.112, wide + 0.012, 0.026, fill, round_by=0.008)
        sheet.line([(x + 0.004, low - 0.09), (x - 0.004, low + 0.03)], room.dark, 0.007)
        sheet.line([(x + wide - 0.004, low - 0.09), (x + wide + 0.004, low + 0.03)], room.dark, 0.007)
    x, y = 0.355, 0.70
    for dx, dy, r in ((0, 0.035, 0.080), (0, -0.072, 0.060), (0, -0.02, 0.056)):
        sheet.disc(x + dx, y + dy, r, "#b5562b")
    for side in (-1, 1):
        sheet.disc(x + side * 0.082, y - 0.024, 0.027, room.wall)
        sheet.line([(x + side * 0.028, y - 0.035), (x + side * 0.031, y + 0.005)], room.dark, 0.0045)
    sheet.polygon(
        [(x - 0.010, y - 0.06), (x + 0.010, y - 0.06), (x + 0.007, y - 0.29), (x - 0.007, y - 0.29)], room.dark
    )
    sheet.disc(x, y - 0.30, 0.014, room.dark)
    sheet.box(x - 0.024, y + 0.020, 0.048, 0.009, room.dark)
    sheet.line([(x, y + 0.11), (x, y + 0.138)], room.dark, 0.005)


def _records(sheet: Sheet, room: Room) -> None:
    """A low shelf of records, a turntable, headphones and a cat."""
    sheet.box(0.44, 0.60, 0.46, 0.20, room.dark, round_by=0.006)
    for cell in range(3):
        sheet.box(0.452 + cell * 0.148, 0.625, 0.140, 0.160, room.wall)
        for sleeve in range(15):
            fill = (room.accent, room.light, room.sky, room.floor)[(sleeve * 7 + cell * 3) % 4]
            tall = 0.142 + 0.012 * ((sleeve * 5 + cell) % 3) / 2
            if cell == 2 and sleeve > 10:
                break
            sheet.box(0.455 + cell * 0.148 + sleeve * 0.0091, 0.785 - tall, 0.0076, tall, fill)
    sheet.box(0.475, 0.555, 0.185, 0.045, room.accent, round_by=0.008)
    sheet.disc(0.562, 0.553, 0.078, room.dark, ry=0.011)
    sheet.disc(0.562, 0.552, 0.020, room.light, ry=0.004)
    sheet.line([(0.648, 0.556), (0.648, 0.532), (0.610, 0.546)], "#fdf6e8", 0.005)
    x, y = 0.785, 0.600
    sheet.disc(x, y - 0.048, 0.058, room.dark, ry=0.052)
    sheet.box(x - 0.058, y - 0.050, 0.116, 0.050, room.dark, round_by=0.02)
    sheet.disc(x - 0.045, y - 0.105, 0.036, room.dark)
    for ear in (-0.074, -0.034):
        sheet.polygon(
            [
                (x + ear - 0.005, y - 0.122),
                (x + ear + 0.021, y - 0.128),
                (x + ear + (0.0 if ear < -0.05 else 0.016), y - 0.163),
            ],
            room.dark,
        )
    sheet.line([(x + 0.052, y - 0.02), (x + 0.085, y + 0.02), (x + 0.080, y + 0.075)], room.dark, 0.013)


ROOMS = (
    Room("Mara Linde", "#e8b7a0", "#b8694f", "#33203a", "#7b3550", "#f6d9a8", "#f7e3c0", 0.10, _upright),
    Room("Tomás Réva", "#a9bf9f", "#5f7d62", "#23332f", "#c9603a", "#f2d69a", "#eef2d4", 0.10, _guitar),
    Room("Ottilie Brand", "#e6c165", "#b97f34", "#2d2a3f", "#3f5f8f", "#fff0c4", "#fff3d0", 0.10, _stage_piano),
    Room("Lúcia Amaral", "#e39a8b", "#a94f4d", "#1f3d3a", "#2f7d6a", "#f9d7a6", "#ffe6cb", 0.10, _voice),
    Room("Åsa Öberg Kvartett", "#a8bdd0", "#5d7591", "#1d2742", "#274a7a", "#f0cf8e", "#eaf2f5", 0.10, _quartet),
    Room("Nami Hoshino", "#7c7fb0", "#474a7d", "#1a1a38", "#d0668a", "#ffd08a", "#b9c4ea", 0.10, _records),
)


def _window(sheet: Sheet, room: Room) -> None:
    """A tall window with four panes and a curtain."""
    x, y, w, h = room.window, 0.245, 0.225, 0.36
    sheet.box(x - 0.014, y - 0.014, w + 0.028, h + 0.028, "#fdf6e8")
    sheet.box(x, y, w, h, room.sky)
    high = 0.22 + 0.07 * ROOMS.index(room)
    sheet.disc(x + w * 0.70, y + h * high, 0.036, room.light)
    sheet.polygon(
        [
            (x, y + h),
            (x, y + h * 0.78),
            (x + w * 0.4, y + h * 0.66),
            (x + w * 0.72, y + h * 0.8),
            (x + w, y + h * 0.7),
            (x + w, y + h),
        ],
        room.floor,
    )
    sheet.box(x + w / 2 - 0.004, y, 0.008, h, "#fdf6e8")
    sheet.box(x, y + h * 0.5 - 0.004, w, 0.008, "#fdf6e8")
    sheet.box(x - 0.026, y + h + 0.012, w + 0.052, 0.016, "#fdf6e8", round_by=0.003)


def _picture(sheet: Sheet, room: Room, number: int) -> None:
    """A framed print: sun and hills, moved a little every evening."""
    x, y, w, h = (0.60, 0.265, 0.15, 0.15) if number != 4 else (0.63, 0.25, 0.13, 0.13)
    sheet.box(x - 0.010, y - 0.010, w + 0.020, h + 0.020, room.dark)
    sheet.box(x, y, w, h, "#fdf6e8")
    sheet.box(x + 0.016, y + 0.016, w - 0.032, h - 0.032, room.light)
    sheet.disc(x + w * (0.3 + 0.07 * number), y + h * 0.44, w * 0.15, room.accent)
    ridge = [(0.016, 0.70), (0.3, 0.52 + 0.03 * (number % 3)), (0.55, 0.72), (0.75, 0.60)]
    low = y + h - 0.016
    outline = [(x + max(u * w, 0.016), y + v * h) for u, v in ridge]
    sheet.polygon([*outline, (x + w - 0.016, y + h * 0.72), (x + w - 0.016, low), (x + 0.016, low)], room.floor)


def _light(room: Room) -> Image.Image:
    """Draw where the window's light falls: over the wall and onto the floor."""
    sheet = Sheet(0, "L")
    x, w = room.window, 0.225
    for pane in range(2):
        left = x + 0.20 + pane * 0.122
        sheet.polygon(
            [(left, FLOOR + 0.012), (left + 0.105, FLOOR + 0.012), (left + 0.205, 0.905), (left + 0.075, 0.905)], 255
        )
    sheet.polygon([(x, 0.245), (x + w, 0.245), (x + w + 0.43, FLOOR), (x + 0.18, FLOOR)], 70)
    return sheet.small()


def _drawing(number: int) -> Image.Image:
    room = ROOMS[number - 1]
    sheet = Sheet(room.wall)
    sheet.box(0, FLOOR, 1, 1 - FLOOR, room.floor)
    sheet.box(0, FLOOR - 0.014, 1, 0.014, "#fdf6e8")
    sheet.disc(0.62, 0.842, 0.35, room.accent, ry=0.040)
    sheet.disc(0.62, 0.842, 0.325, room.light, ry=0.0345)
    sheet.disc(0.62, 0.842, 0.300, room.accent, ry=0.029)
    _window(sheet, room)
    if number != 3:
        _picture(sheet, room, number)
    room.thing(sheet, room)
    picture = sheet.plane()
    x, y = grid()
    beam = blur(plane(_light(room)), 7)
    picture = picture + (np.asarray(colour(room.light), dtype=np.float32) - picture) * (beam * 0.42)[..., None]
    picture = picture * (1 - 0.20 * step(np.abs(x - 0.45) + np.abs(y - 0.5) * 0.6, 0.62, 0.7))[..., None]
    band = step(-y, -0.178, 2 / SIZE)
    picture = over(picture, colour(room.dark), band)
    foot = step(y, 0.918, 2 / SIZE)
    picture = over(picture, colour(room.dark), foot)
    picture *= (0.975 + 0.05 * noise(100 + number, (220, 220), octaves=2))[..., None]
    image = finish(grain(picture, 100 + number, 0.022))
    text(image, (84, 190), "Living Room", serif(132, "LightIt"), "#fdf6e8")
    text(image, (1416, 190), f"{number}", serif(168, "Light"), room.light, align="right")
    text(image, (86, 1452), room.artist, grotesk(48, "SemiBold"), "#fdf6e8")
    text(image, (1416, 1452), "live, one take", grotesk(38, "Regular"), room.light, align="right")
    return image


def drawer(number: int) -> Callable[[], Image.Image]:
    """Return the function that draws a session's cover, 1 to 6."""

    def draw() -> Image.Image:
        return _drawing(number)

    return draw
