"""Every pair of colours that carries text is readable in every theme (WCAG AA; 7:1 in high contrast)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.webkit_look.colours import contrast

import bandstand.webkit

CSS = Path(bandstand.webkit.__file__).parent / "static/webkit/css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")
GROUNDS = ["paper", "raised", "sunken"]
TEXTS = ["ink", "ink-soft", "ink-faint", "accent", "good", "warn", "bad"]


def themes() -> dict[str, dict[str, str]]:
    tokens = (CSS / "tokens.css").read_text(encoding="utf-8")
    usual, _, rest = tokens.partition(':root[data-theme="contrast"]')
    strong = rest.partition("}")[0]
    found = {}
    for side, name in enumerate(("light", "dark")):
        colours = {match[1]: match[2 + side] for match in PAIR.finditer(usual)}
        found[name] = colours
        found[f"contrast-{name}"] = colours | {match[1]: match[2 + side] for match in PAIR.finditer(strong)}
    return found


@pytest.mark.parametrize("theme", ["light", "dark", "contrast-light", "contrast-dark"])
def test_text_is_readable_on_every_ground(theme):
    colours = themes()[theme]
    least = 7 if theme.startswith("contrast") else 4.5
    poor = {
        (text, ground): round(contrast(colours[text], colours[ground]), 2)
        for text in TEXTS
        for ground in GROUNDS
        if contrast(colours[text], colours[ground]) < least
    }
    assert poor == {}


@pytest.mark.parametrize("theme", ["light", "dark", "contrast-light", "contrast-dark"])
def test_edges_of_controls_and_the_focus_ring_are_visible(theme):
    colours = themes()[theme]
    assert min(contrast(colours["edge"], colours[ground]) for ground in GROUNDS) >= 3
    assert min(contrast(colours["focus"], colours[ground]) for ground in GROUNDS) >= 3
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    assert contrast(colours["on-accent"], colours["accent-strong"]) >= 4.5


@pytest.mark.parametrize("tone", ["good", "warn", "bad"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_notices_are_readable(theme, tone):
    colours = themes()[theme]
    assert contrast(colours["ink"], colours[f"{tone}-wash"]) >= 4.5
    assert contrast(colours[tone], colours[f"{tone}-wash"]) >= 4.5


def tints() -> dict[str, list[str]]:
    """The declarations of both kinds of tint, each value as (light, dark)."""
    css = (CSS / "tints.css").read_text(encoding="utf-8")
    found = {}
    for kind, selector in (("quiet", '[class*="tint-"] {'), ("vivid", '[class*="-vivid"] {')):
        block = css.partition(selector)[2].partition("}")[0]
        for name, value in re.findall(r"--tint-(wash|ink|soft): (.+);", block):
            found[f"{kind}-{name}"] = re.findall(r"oklch\([\d. ]+ var\(--tint-hue\)\)", value)
    return found


@pytest.mark.parametrize("kind", ["quiet", "vivid"])
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("text", ["ink", "soft"])
def test_text_on_every_tint_is_readable(kind, side, text):
    values = tints()
    for hue in range(0, 360, 30):
        ground, ink = (
            values[f"{kind}-{name}"][min(side, len(values[f"{kind}-{name}"]) - 1)].replace("var(--tint-hue)", str(hue))
            for name in ("wash", text)
        )
        assert contrast(ground, ink) >= 4.5, (hue, ground, ink)


def test_every_tint_has_its_class():
    css = (CSS / "tints.css").read_text(encoding="utf-8")
    for hue in range(12):
        assert f".tint-{hue:02}, .tint-{hue:02}-vivid {{ --tint-hue: {hue * 30}; }}" in css
