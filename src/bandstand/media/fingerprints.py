"""Acoustic fingerprints: the same recording is found again, whatever its codec, level or start.

Chromaprint, by the pinned ffmpeg: one number of 32 bits for each eighth of a second, in which neighbours in time and
pitch are compared. Two steps find a recording among many: few numbers that both chose by themselves (`marks`), then
all of them (`compare`). docs/decisions/0029 says why, docs/measured.md how well.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from bandstand.kernel.units import Seconds
from bandstand.media import child, demuxers, encoders
from bandstand.media.sniff import sniff

ALGORITHM = "chromaprint-1"
SECONDS = 120  # from the start
ITEM_MS = 4096 / 3 / 11_025 * 1000  # chromaprint's own rate and step: 123.8 ms
SHORTEST = 40  # items, 5 s: less tells nothing
PLAINEST = 20  # different items: a tone or a hum is like any other
MARKS = 64
SAME = 0.15  # share of bits that differ: the same recording stays below 0.05, other music above 0.27
_MIX = 0x9E3779B97F4A7C15  # spreads numbers that lie together (Knuth, 6.4: the golden ratio)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two fingerprints compare where they fit best."""

    error: float  # share of bits that differ, 0 to 1; noise gives 0.5
    offset: int  # items by which the second one lies later in the first
    overlap: int  # items

    @property
    def same(self) -> bool:
        """Whether both are one recording."""
        return self.error <= SAME

    @property
    def offset_ms(self) -> int:
        """The offset in milliseconds."""
        return round(self.offset * ITEM_MS)


def fingerprint(path: Path) -> bytes:
    """Return the fingerprint of the first two minutes: items of 4 bytes, the least one first. Empty: it is too short.

    Raises
    ------
    UnsupportedMediaError
        It is no sound we take.
    child.MediaToolError, child.MediaTimeoutError
        The program failed or went over its limits.
    """
    container = sniff(path)
    sound = ["-map", "0:a:0", "-t", str(SECONDS), "-threads", "1"]
    command = [str(encoders.ffmpeg()), "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"]
    target = ["-f", "chromaprint", "-algorithm", "1", "-fp_format", "raw", "pipe:1"]
    done = child.run([*command, *demuxers.arguments(container, path), *sound, *target], seconds=Seconds(120))
    return done.output[: len(done.output) // 4 * 4]


def comparable(items: bytes) -> bool:
    """Whether a fingerprint is long and rich enough to tell recordings apart."""
    return len(items) >= 4 * SHORTEST and len(set(_numbers(items))) >= PLAINEST


def marks(items: bytes) -> list[int]:
    """Return at most MARKS numbers (28 bits) that stand for a fingerprint in an index.

    The items choose themselves: those whose mixed value is lowest. So two recordings choose mostly the same ones of
    those they have in common, wherever these stand. The lowest four bits are the least steady ones and are left out.
    """
    if not comparable(items):
        return []
    values = {item >> 4 for item in _numbers(items)}
    return sorted(values, key=lambda value: (value * _MIX) % 2**64)[:MARKS]


def compare(one: bytes, other: bytes) -> Likeness | None:
    """Return how two fingerprints compare at their best offset; none when either tells too little."""
    if not comparable(one) or not comparable(other):
        return None
    import numpy as np  # only workers compare, so only they load it

    first, second = np.frombuffer(one, "<u4"), np.frombuffer(other, "<u4")
    least = max(SHORTEST, min(first.size, second.size) // 2)
    best = Likeness(1.0, 0, 0)
    for offset in range(least - second.size, first.size - least + 1):
        here = first[max(offset, 0) : offset + second.size]
        there = second[max(-offset, 0) :][: here.size]
        error = float(np.bitwise_count(here ^ there).sum()) / (32 * here.size)
        if error < best.error:
            best = Likeness(round(error, 4), offset, here.size)
    return best


def _numbers(items: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(items) // 4}I", items)
