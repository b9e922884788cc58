"""Covers are square, alike each time, and differ from each other."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from bandstand.demo import covers
from bandstand.demo.covers import canvas


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """Return one cover, drawn once."""
    return covers.draw("room-3")


def test_the_same_motif_gives_the_same_pixels(picture):
    assert covers.draw("room-3").tobytes() == picture.tobytes()


def test_a_cover_is_square_and_has_contrast(picture):
    assert picture.size == (1500, 1500)
    assert picture.mode == "RGB"
    assert np.asarray(picture.convert("L")).std() > 25


@pytest.mark.parametrize("words", ["Ηλιοστάσιο", "Små sviter", "Tomás Réva", "KÜHLHAUS", "1013 hPa  ·  rising", "I–II"])
def test_the_fonts_have_every_letter_that_is_set(words):
    font = canvas.serif(60) if words[0] == "Η" else canvas.grotesk(60)
    missing = bytes(font.getmask("\U000f0000"))
    assert all(bytes(font.getmask(letter)) != missing for letter in words if letter != " ")


def test_type_is_aligned_by_its_width():
    image = Image.new("L", (400, 100))
    canvas.text(image, (390, 60), "right", canvas.grotesk(40), "#ffffff", align="right")
    columns = np.flatnonzero(np.asarray(image).max(axis=0) > 40)
    assert 380 < columns.max() <= 391
    assert columns.min() > 390 - canvas.width_of("right", canvas.grotesk(40)) - 3


def test_a_ramp_blends_between_its_stops():
    field = np.array([[0.0, 0.5, 1.0]], dtype=np.float32)
    assert canvas.ramp(field, [(0, "#000000"), (1, "#ff0000")])[0, :, 0] == pytest.approx([0, 0.5, 1], abs=0.01)
