"""The ATRAC3 decoder: frames in, sound out, in blocks (docs/formats/atrac3.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bandstand.kernel.errors import FormatError, TruncatedError
from bandstand.media.codecs.atrac3 import DELAY, FRAME
from bandstand.media.codecs.atrac3._parse import Scan, scan_units
from bandstand.media.codecs.atrac3._synthesis import Synthesis

UInt8 = NDArray[np.uint8]
Floats = NDArray[np.float32]

BLOCK = 128  # frames that are decoded together
_SILENT, _SILENT_SECOND = (
    np.frombuffer(unit, np.uint8) for unit in (bytes.fromhex("a00008"), bytes.fromhex("7ffc000800"))
)
SIZES = range(16, 4097)  # bytes of a frame that can be


class Broken(StrEnum):
    """What happens to a frame that can't be read."""

    RAISE = "raise"
    CONCEAL = "conceal"  # it is silent; the sound before and after fades


class Decoder:
    """Decodes one stream from its start. Sound comes out DELAY samples late.

    Parameters
    ----------
    frame_bytes
        Bytes of a frame, of all channels together.
    joint
        The two channels share the frame.
    channels
        1 or 2.
    broken
        What happens to a frame that can't be read; those concealed are counted in `concealed`.
    start
        File offset of the first frame, for errors.
    compiled
        Use the compiled twins where there are some.
    """

    def __init__(
        self,
        frame_bytes: int,
        *,
        joint: bool,
        channels: int = 2,
        broken: Broken | str = Broken.RAISE,
        start: int = 0,
        compiled: bool = True,
    ) -> None:
        if channels not in {1, 2} or (joint and channels != 2):
            raise FormatError("channels", at=start, found=channels, allowed="2 in joint stereo, else 1 or 2")
        if frame_bytes not in SIZES or frame_bytes % channels:
            raise FormatError("bytes of a frame", at=start, found=frame_bytes, allowed="16 to 4096, equal for channels")
        self.frame_bytes, self.joint, self.channels = frame_bytes, joint, channels
        self.broken, self._at, self._compiled = Broken(broken), start, compiled
        self.concealed = 0
        self._synthesis = Synthesis(channels, joint=joint, compiled=compiled)

    def decode(self, frames: bytes | UInt8) -> Floats:
        """Return the sound [n, c] of whole frames, 1024 samples each, full scale 1.

        Raises
        ------
        FormatError
            A frame breaks the syntax, or the last one is cut off (TruncatedError). The decoder stays where it was
            before the block of frames that holds it.
        """
        data = np.frombuffer(frames, np.uint8) if isinstance(frames, bytes | bytearray | memoryview) else frames.ravel()
        count, rest = divmod(len(data), self.frame_bytes)
        if rest:
            at = self._at + count * self.frame_bytes
            raise TruncatedError("frame", at=at, found=rest, allowed=f"{self.frame_bytes} bytes")
        rows = data.reshape(count, self.frame_bytes)
        parts = [self._block(rows[first : first + BLOCK]) for first in range(0, count, BLOCK)]
        return np.concatenate(parts) if parts else np.zeros((0, self.channels), np.float32)

    def _block(self, rows: UInt8) -> Floats:
        scans = self._scans(rows)
        faulty = np.flatnonzero(np.any([scan.faults.code for scan in scans], axis=0))
        if len(faulty):
            if self.broken is Broken.RAISE:
                raise self._error(scans, int(faulty[0]))
            rows = rows.copy()
            rows[faulty] = self._silent()
            scans = self._scans(rows)
            self.concealed += len(faulty)
        self._at += rows.size
        return self._synthesis.feed([scan.units for scan in scans], scans[-1].stereo if self.joint else None)

    def _scans(self, rows: UInt8) -> list[Scan]:
        if self.joint:
            first = scan_units(rows, compiled=self._compiled)
            return [first, scan_units(rows[:, ::-1], second=True, compiled=self._compiled)]
        size = self.frame_bytes // self.channels
        parts = [rows[:, place * size : (place + 1) * size] for place in range(self.channels)]
        return [scan_units(part, compiled=self._compiled) for part in parts]

    def _error(self, scans: list[Scan], frame: int) -> FormatError:
        start = self._at + frame * self.frame_bytes
        size = self.frame_bytes if self.joint else self.frame_bytes // self.channels
        place = next(place for place, scan in enumerate(scans) if scan.faults.code[frame])
        if self.joint:
            return scans[place].faults.error(frame, start=start, size=size, backward=place == 1)
        return scans[place].faults.error(frame, start=start + place * size, size=size)

    def _silent(self) -> UInt8:
        """Return a frame that carries nothing."""
        parts = 1 if self.joint else self.channels
        units = np.zeros((parts, self.frame_bytes // parts), np.uint8)
        units[:, : len(_SILENT)] = _SILENT
        frame = units.reshape(-1)
        if self.joint:
            frame[-len(_SILENT_SECOND) :] = _SILENT_SECOND[::-1]
        return frame


def decoded(
    frames: Iterable[bytes],
    *,
    frame_bytes: int,
    joint: bool,
    samples: int | None = None,
    channels: int = 2,
    broken: Broken | str = Broken.RAISE,
    start: int = 0,
) -> Iterator[Floats]:
    """Yield the sound [n, c] of a whole stream, without the codec's delay.

    Parameters
    ----------
    frames
        The stream in pieces of any size. What comes out does not depend on how it was cut.
    samples
        The true length where it is known: what follows is padding and left out. Where it is not known, all that comes
        after the delay is yielded.

    Raises as `Decoder` does.
    """
    decoder = Decoder(frame_bytes, joint=joint, channels=channels, broken=broken, start=start)
    skip, left = int(DELAY), samples
    for block in _regrouped(frames, BLOCK * frame_bytes):
        sound = decoder.decode(block)
        skipped = min(skip, len(sound))
        skip -= skipped
        sound = sound[skipped : None if left is None else skipped + left]
        if left is not None:
            left -= len(sound)
        if len(sound):
            yield sound


def _regrouped(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield pieces of one size, the last one shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        whole = len(held) // size * size
        for start in range(0, whole, size):
            yield bytes(held[start : start + size])
        del held[:whole]
    if held:
        yield bytes(held)


__all__ = ["BLOCK", "DELAY", "FRAME", "Broken", "Decoder", "decoded"]
