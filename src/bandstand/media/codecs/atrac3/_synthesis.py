"""From sound units to sound, block by block (docs/formats/atrac3.md, sections 3 to 6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3 import _gain, _spectrum, _transform
from bandstand.media.codecs.atrac3._filterbank import FilterBank
from bandstand.media.codecs.atrac3._joint import Unmix
from bandstand.media.codecs.atrac3._speed import sound_twins
from bandstand.media.codecs.atrac3._tables import BANDS, LINES, MOST_POINTS, SYNTHESIS_WINDOW
from bandstand.media.codecs.atrac3._transform import BLOCK
from bandstand.media.codecs.atrac3._units import Stereo, Units

Floats = NDArray[np.float32]
HALF = BLOCK // 2
WINDOW = SYNTHESIS_WINDOW.astype(np.float32)


class Synthesis:
    """Makes sound of sound units; keeps what the next block needs.

    Parameters
    ----------
    channels
        1 or 2.
    joint
        Two channels are carried as joint stereo.
    compiled
        Use the compiled twins where there are some; the sound agrees within 1e-6 of full scale.
    """

    def __init__(self, channels: int, *, joint: bool, compiled: bool = True) -> None:
        self._channels = [_Channel(compiled=compiled) for _ in range(channels)]
        self._unmix = Unmix() if joint else None

    def feed(self, units: Sequence[Units], stereo: Stereo | None = None) -> Floats:
        """Return sound [n, c] for the units of each channel, 1024 samples a frame."""
        blocks = [channel.blocks(part) for channel, part in zip(self._channels, units, strict=True)]
        if self._unmix is not None and stereo is not None:
            self._unmix.feed(blocks[0], blocks[1], stereo)
        sound: Floats = np.empty((LINES * len(units[0]), len(units)), np.float32)
        for place, (channel, block) in enumerate(zip(self._channels, blocks, strict=True)):
            sound[:, place] = channel.sound(block)
        return sound


class _Channel:
    """One channel: gain and overlap of its bands, and its filter bank."""

    def __init__(self, *, compiled: bool) -> None:
        self._compiled = compiled
        self._bank = FilterBank()
        self._tail = np.zeros((BANDS, BLOCK), np.float32)
        self._said = Units.silent(1)  # the frame before: its gain points act now

    def blocks(self, units: Units) -> Floats:
        """Return the samples of each band [4, f, 256]."""
        spectrum = _spectrum.lines(units, compiled=self._compiled)
        folded = _transform.folded(spectrum, compiled=self._compiled)
        counts, levels, places = (
            np.concatenate((getattr(self._said, name), getattr(units, name)[:-1]))
            for name in ("gain_counts", "gain_levels", "gain_places")
        )
        self._said = _last(units)
        frame, band_ = np.nonzero(counts)
        curves = _gain.curves(counts[frame, band_], levels[frame, band_], places[frame, band_])
        begin = _gain.starts(units.gain_counts, units.gain_levels)
        fast = sound_twins() if self._compiled else None
        overlap = _overlap if fast is None else fast.overlap
        out: Floats = np.empty_like(folded)
        overlap(folded, WINDOW, begin, self._tail, out)
        out[band_, frame] *= curves
        return out

    def sound(self, blocks: Floats) -> Floats:
        """Return the samples of the channel [n]."""
        return self._bank.feed(blocks.reshape(BANDS, -1), compiled=self._compiled)


def _last(units: Units) -> Units:
    last = Units.silent(1)
    last.gain_counts[:], last.gain_levels[:] = units.gain_counts[-1:], units.gain_levels[-1:]
    last.gain_places[:] = units.gain_places[-1:]
    assert last.gain_levels.shape[2] == MOST_POINTS
    return last


def _overlap(folded: Floats, window: Floats, begin: Floats, tail: Floats, out: Floats) -> None:
    """Unfold each block to 512 samples, window it, and add its first half to the half that was left over before.

    Parameters
    ----------
    folded
        [4, f, 256]
    begin
        What the first halves are multiplied by [f, 4].
    tail
        What was left over [4, 256]; changed to what is left over now.
    out
        The sums [4, f, 256].
    """
    first = np.concatenate((folded[:, :, HALF:], -folded[:, :, : HALF - 1 : -1]), axis=2) * window[:BLOCK]
    second = np.concatenate((-folded[:, :, HALF - 1 :: -1], -folded[:, :, :HALF]), axis=2) * window[BLOCK:]
    out[:] = first * begin.T[:, :, None]
    out[:, 0] += tail
    out[:, 1:] += second[:, :-1]
    tail[:] = second[:, -1]
