"""How loud sound is over time, and from that how loud an excerpt of it is; for the child process."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandstand.media._meter import SILENCE, STEPS
from bandstand.media._true_peak import FLOOR

WINDOW_MS = 400  # of one momentary value, which is the block that BS.1770 gates
STEP_MS = 1000 // STEPS
OFFSET = -0.691  # LUFS of a power of 1 (ITU-R BS.1770-5, annex 1)
GATE = 10 ** ((SILENCE - OFFSET) / 10)
RELATIVE_GATE = 0.1  # of the mean power: -10 LU
FINE = 16  # points in a window at which a fade is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where an excerpt begins, how long it is, and how long it fades at both ends; milliseconds."""

    start: int
    length: int
    fade_in: int
    fade_out: int


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a sound: momentary loudness of every 100 ms (LUFS), and true peaks of every block (dBTP)."""

    momentary: Sequence[float]
    peaks: Sequence[float]
    block_ms: float

    def loudness(self, cut: Cut) -> float:
        """Return the integrated loudness (LUFS) that a stretch has once it is cut out and faded."""
        ends = (np.arange(len(self.momentary)) + 1) * STEP_MS - cut.start
        inside = (ends >= WINDOW_MS) & (ends <= cut.length)
        if not inside.any():  # shorter than a window
            inside = (ends > 0) & (ends <= cut.length)
        at = ends[inside, None] - WINDOW_MS * (np.arange(FINE) + 0.5) / FINE
        gain = np.clip(at / max(cut.fade_in, 1), 0, 1) * np.clip((cut.length - at) / max(cut.fade_out, 1), 0, 1)
        share = (gain**2).sum(axis=1) / np.maximum((at > 0).sum(axis=1), 1)  # of the power that a fade leaves
        blocks = 10 ** ((np.asarray(self.momentary)[inside] - OFFSET) / 10) * share
        heard = blocks[blocks > GATE]
        if not heard.size:
            return SILENCE
        heard = heard[heard > heard.mean() * RELATIVE_GATE]
        return OFFSET + 10 * math.log10(float(heard.mean()))

    def true_peak(self, cut: Cut) -> float:
        """Return the highest true peak of the blocks that a cut touches: its own is no higher."""
        first = int(cut.start / self.block_ms)
        last = int((cut.start + cut.length) / self.block_ms) + 1  # what the filter held of a block comes with the next
        return max(self.peaks[first : last + 1], default=FLOOR)
