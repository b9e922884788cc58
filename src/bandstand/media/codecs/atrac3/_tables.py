"""The numbers of the format, from `tables.json`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_T = json.loads(Path(__file__).with_name("tables.json").read_text(encoding="utf-8"))

LINES = 1024  # of a frame
BANDS = 4  # of the filter bank
UNITS = 32  # stretches of lines that share selector and scale factor
MOST_POINTS = 7  # of gain in one band
MOST_TONES = 64  # components in one sound unit
MOST_GROUPS = 31
CELL = 64  # lines that tonal components are counted by
MOST_IN_CELL = 7
MOST_TONE_LINES = 8
UNITY = 4  # the level code of gain 1
NO_WEIGHT = 7
SUM_AND_DIFFERENCE = 3  # the matrix index


def _vlc(selector: int, place: int) -> NDArray[np.uint8]:
    """Return codes (place 1) or lengths (2) of a selector, indexed by mantissa + maximum, or by a pair of these."""
    most = _T["maxima"][selector]
    table = np.zeros((2 * most + 1,) * (2 if selector == 1 else 1), dtype=np.uint8)
    for entry in _T["vlc"][str(selector)]:
        table[tuple(np.atleast_1d(entry[0]) + most)] = entry[place]
    return table


def _floats(name: str) -> NDArray[np.float64]:
    return np.array(_T[name], dtype=np.float64)


BOUNDS: NDArray[np.int64] = np.array(_T["bounds"], dtype=np.int64)  # first lines [33]
WIDTHS: NDArray[np.int64] = np.diff(BOUNDS)
UNIT_OF_LINE: NDArray[np.int64] = np.repeat(np.arange(UNITS), WIDTHS)  # [1024]
SCALES = _floats("scales")  # [64], 2 ** ((s - 15) / 3)
MAXIMA: NDArray[np.int64] = np.array(_T["maxima"], dtype=np.int64)  # of the mantissas, per selector [8]
DIVISORS: NDArray[np.float64] = MAXIMA.astype(np.float64) + 0.5
CLC_BITS: NDArray[np.int64] = np.array(_T["clc_bits"], dtype=np.int64)  # per value, for selector 1 per pair [8]
VLC_CODES: tuple[NDArray[np.uint8], ...] = (np.zeros(0, np.uint8), *(_vlc(q, 1) for q in range(1, 8)))
VLC_LENGTHS: tuple[NDArray[np.uint8], ...] = (np.zeros(0, np.uint8), *(_vlc(q, 2) for q in range(1, 8)))
ANALYSIS_WINDOW = _floats("analysis_window")  # [512]
SYNTHESIS_WINDOW = _floats("synthesis_window")  # [512]
QMF = _floats("qmf")  # [48], its sum is 1
GAINS = _floats("gains")  # per level code [16], 2 ** (4 - code)
WEIGHTS = _floats("weights")  # per index [8, 2]
MATRICES = _floats("matrices")  # per index [4, 2]: left = a * c1 + b * c2, right = 2 * c1 - left
THRESHOLD = _floats("threshold_db_spl")  # of hearing, dB SPL at the middle of each unit [32]
CENTRES = _floats("centres_bark")  # of the units [32]
