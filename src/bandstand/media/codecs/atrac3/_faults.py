"""What can be wrong with a sound unit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from bandstand.kernel.errors import FormatError, TruncatedError


class Fault(IntEnum):
    """Why a frame can't be read."""

    NONE = 0
    SIGN = 1
    PLACES = 2
    TONE_MODE = 3
    TONE_SELECTOR = 4
    TONES = 5
    FILLING = 6
    END = 7


_WORDS = {
    Fault.SIGN: ("sign of the sound unit", "0x28, or 3 in the second unit of a joint frame"),
    Fault.PLACES: ("place of a gain point", "places that rise"),
    Fault.TONE_MODE: ("mode of tones", "0, 1 or 3"),
    Fault.TONE_SELECTOR: ("selector of tones", "2 to 7"),
    Fault.TONES: ("number of tones", "at most 64"),
    Fault.FILLING: ("bytes 0xF8 before the second unit", "at least 4 bytes fewer than the frame"),
}


@dataclass(frozen=True, slots=True)
class Faults:
    """The first fault of each unit [f]; where there is none `code` is 0."""

    code: NDArray[np.uint8]
    bit: NDArray[np.int64]  # where in the unit
    found: NDArray[np.int64]

    def error(self, frame: int, *, start: int, size: int, backward: bool = False) -> FormatError:
        """Return the error of a frame whose unit lies at file offset `start` and has `size` bytes."""
        code, found = Fault(int(self.code[frame])), int(self.found[frame])
        byte = min(int(self.bit[frame]) >> 3, size)
        at = start + (max(size - 1 - byte, 0) if backward else byte)
        if code is Fault.END:
            return TruncatedError("sound unit", at=at, found=f"{found} bits", allowed=f"{size} bytes")
        what, allowed = _WORDS[code]
        return FormatError(what, at=at, found=found, allowed=allowed)
