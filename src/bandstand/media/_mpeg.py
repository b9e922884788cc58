"""Headers of MPEG audio frames (ISO/IEC 11172-3 and 13818-3), and the length that encoders write into the first one."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from bandstand.kernel.units import Bytes, Frames, Hz

HEADER = 4
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG-1 layer III
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG-2 and 2.5 layer III


@dataclass(frozen=True, slots=True)
class MpegFrame:
    """One layer III frame header."""

    version: int  # as in the header: 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5
    rate: Hz
    channels: int
    samples: Frames
    length: Bytes

    def continues(self, other: MpegFrame) -> bool:
        """Say whether `other` may follow in the same stream; bit rate and stereo mode may change, these may not."""
        return (self.version, self.rate) == (other.version, other.rate)


def read_header(body: bytes, at: int = 0) -> MpegFrame | None:
    """Read the layer III frame header at `at`; None when there is none."""
    if len(body) < at + HEADER:
        return None
    (word,) = struct.unpack_from(">I", body, at)
    version, layer = word >> 19 & 3, word >> 17 & 3
    kbit_index, rate_index, padding, mode = word >> 12 & 15, word >> 10 & 3, word >> 9 & 1, word >> 6 & 3
    if word >> 21 != 0x7FF or version == 1 or layer != 1 or rate_index == 3 or kbit_index in (0, 15):
        return None
    rate = _RATES[version][rate_index]
    kbits = (_KBITS_1 if version == 3 else _KBITS_2)[kbit_index]
    samples = 1152 if version == 3 else 576
    length = samples // 8 * kbits * 1000 // rate + padding
    return MpegFrame(version, Hz(rate), 1 if mode == 3 else 2, Frames(samples), Bytes(length))


def frames_in_a_row(body: bytes, at: int, *, wanted: int, last: bool) -> bool:
    """Say whether `wanted` frames follow one another from `at`; a shorter row counts when the file ends with it.

    Parameters
    ----------
    last
        `body` reaches to the end of the file.
    """
    first = frame = read_header(body, at)
    found = 0
    while first is not None and frame is not None and first.continues(frame):
        found += 1
        if found == wanted:
            return True
        at += frame.length
        if last and at >= len(body):
            return found >= 1
        frame = read_header(body, at)
    return False


def declared_frames(first: bytes) -> Frames | None:
    """Return how many frames of sound the encoder announced in the first MPEG frame, its own padding taken off.

    `first` starts with the first frame. None when it holds no count ("Xing" or "Info", and "VBRI").
    """
    header = read_header(first)
    if header is None:
        return None
    side = (32 if header.channels == 2 else 17) if header.version == 3 else (17 if header.channels == 2 else 9)
    at = HEADER + side
    if first[at : at + 4] in (b"Xing", b"Info") and len(first) >= at + 12:
        flags, count = struct.unpack_from(">II", first, at + 4)
        if not flags & 1:
            return None
        return Frames(max(count * header.samples - _padding(first, at, flags), 0))
    at = HEADER + 32
    if first[at : at + 4] == b"VBRI" and len(first) >= at + 18:
        return Frames(struct.unpack_from(">I", first, at + 14)[0] * header.samples)
    return None


def _padding(first: bytes, at: int, flags: int) -> int:
    """Return the frames the encoder put before and after the sound: two 12-bit numbers, 21 bytes into its own field."""
    lame = at + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    both = first[lame + 21 : lame + 24]
    if len(both) < 3 or not first[lame : lame + 4].isalnum():
        return 0
    number = int.from_bytes(both, "big")
    return (number >> 12) + (number & 0xFFF)
