"""The spectrogram as a picture of 256 colours, dark to light, so that it reads the same to everybody; child only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LOWEST, HIGHEST = -115.0, -15.0  # dBFS in one band: the ends of the scale
# From black over blue, violet and orange to pale yellow: light rises all the way, so it reads without colours too.
_ANCHORS = (
    (0, 0, 4),
    (30, 12, 70),
    (85, 15, 109),
    (136, 34, 106),
    (187, 55, 84),
    (229, 92, 48),
    (252, 165, 10),
    (252, 255, 164),
)


def write_spectrogram(levels: NDArray[np.float32], path: Path) -> None:
    """Write levels in dBFS, shape (rows, columns), as PNG; the same levels give the same bytes."""
    scaled = (levels - LOWEST) / (HIGHEST - LOWEST) * 255
    picture = Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8), mode=None).convert("P")
    picture.putpalette(_palette())
    picture.save(path, "PNG", optimize=True)


def _palette() -> bytes:
    at = np.linspace(0, len(_ANCHORS) - 1, 256)
    columns = [np.interp(at, np.arange(len(_ANCHORS)), [anchor[part] for anchor in _ANCHORS]) for part in range(3)]
    return bytes(np.rint(np.stack(columns, axis=1)).astype(np.uint8).tobytes())
