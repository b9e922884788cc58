"""ATRAC3 written: from samples to frames, block by block, in a fixed amount of memory (docs/formats/atrac3.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs._codec import Mode
from bandstand.media.codecs.atrac3 import DELAY, Effort, _attacks, _masking
from bandstand.media.codecs.atrac3._analysis import Analysis, lines
from bandstand.media.codecs.atrac3._choosing import Chosen, Search, choose
from bandstand.media.codecs.atrac3._pack import pack_joint, pack_units, unit_bits
from bandstand.media.codecs.atrac3._tables import BANDS, LINES, UNITS
from bandstand.media.codecs.atrac3._units import Stereo, Tones, Units

Floats = NDArray[np.float32]

BLOCK = 256  # frames that are made at once
CHANNELS = 2
_HEAD = 6 + 2 + 3 * BANDS + 5 + 5 + 1  # bits of a unit before its selectors, without points and tones
_JOINT_HEAD = 10  # how much longer the head of a second unit is
_SPARE = 3  # bits of the silent stretch that some decoders want behind the last one
_SPLIT = 7  # bits that are lost where two units share a frame
_SWALLOWED = (1, 19, 27, 31)  # counts of stretches whose last band ffmpeg 5.1 leaves out


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What an effort means for a mode. The figures were found by experiment (docs/formats/atrac3.md)."""

    by_mask: float
    by_energy: float
    search: Search


_ALONE, _TOGETHER = (1.5,), (10.0, 1.0)  # a hole in the difference of two channels is filled by their sum
_ALL = (1, 0, -1, -2, -3)
SETTINGS = {
    (Effort.FAST, False): Setting(by_mask=0.0, by_energy=0.2, search=Search(holes=_ALONE)),
    (Effort.BALANCED, False): Setting(
        by_mask=0.3, by_energy=0.0, search=Search(holes=_ALONE, offsets=(0, -2), tones=(1,))
    ),
    (Effort.BEST, False): Setting(
        by_mask=0.3, by_energy=0.0, search=Search(holes=_ALONE, offsets=_ALL, constant=True, tones=(1, 3))
    ),
    (Effort.FAST, True): Setting(by_mask=0.1, by_energy=0.2, search=Search(holes=_TOGETHER)),
    (Effort.BALANCED, True): Setting(
        by_mask=0.2, by_energy=0.1, search=Search(holes=_TOGETHER, offsets=(0, -2), tones=(1,))
    ),
    (Effort.BEST, True): Setting(
        by_mask=0.2, by_energy=0.1, search=Search(holes=_TOGETHER, offsets=_ALL, constant=True, tones=(1, 3))
    ),
}


class _Channel:
    """What one channel carries from block to block."""

    def __init__(self) -> None:
        self._analysis = Analysis()
        self._attacks = _attacks.none()

    def lines(self, samples: Floats) -> tuple[Floats, _attacks.Attacks]:
        blocks = self._analysis.bands(samples)
        attacks = _attacks.find(blocks, self._attacks)
        self._attacks = attacks.last
        return lines(blocks, attacks), attacks


class Encoder:
    """Makes the frames of one stream.

    Parameters
    ----------
    mode
        One of the modes of ATRAC3: what each frame weighs, and whether the channels share it.
    effort
        More effort takes longer and sounds better.
    """

    def __init__(self, mode: Mode, effort: Effort = Effort.BALANCED) -> None:
        self._mode, self._setting = mode, SETTINGS[effort, mode.joint]
        self._channels = tuple(_Channel() for _ in range(CHANNELS))
        self._lasting = np.zeros((CHANNELS, 1, UNITS))
        self._rest = np.zeros((0, CHANNELS), np.float32)
        self._samples = self._frames = 0

    def encode(self, samples: Floats) -> bytes:
        """Return the frames that samples [n, 2] at 44.1 kHz, full scale 1, complete; they must be finite."""
        if not np.isfinite(samples).all():
            raise ValueError("sound must be finite")
        self._samples += len(samples)
        whole = np.concatenate([self._rest, samples.astype(np.float32, copy=False)])
        count = len(whole) // LINES
        self._rest = whole[count * LINES :]
        return self._made(whole[: count * LINES])

    def finish(self) -> bytes:
        """Return the frames that are still wanted, so that a decoder gets out all that came in."""
        count = -(-(self._samples + DELAY) // LINES) - self._frames
        padded = np.zeros((count * LINES, CHANNELS), np.float32)
        padded[: len(self._rest)] = self._rest
        self._rest = self._rest[:0]
        return self._made(padded)

    def _made(self, samples: Floats) -> bytes:
        self._frames += len(samples) // LINES
        blocks = range(0, len(samples), BLOCK * LINES)
        return b"".join(self._block(samples[start : start + BLOCK * LINES]) for start in blocks)

    def _block(self, samples: Floats) -> bytes:
        if self._mode.joint:
            left, right = samples[:, 0], samples[:, 1]
            samples = np.stack([(left + right) / 2, (left - right) / 2], axis=1)
        made = [channel.lines(samples[:, at]) for at, channel in enumerate(self._channels)]
        spectra, attacks = np.stack([lines for lines, _ in made], axis=1), [attacks for _, attacks in made]
        weights = self._weights(spectra)
        if self._mode.joint:
            return self._joint(spectra, weights, attacks)
        size = self._mode.frame_bytes // CHANNELS
        packed = []
        for at in range(CHANNELS):
            room = 8 * size - _HEAD - _SPARE - attacks[at].bits
            found = choose(spectra[:, at : at + 1], weights[:, at : at + 1], room, self._setting.search)
            packed.append(pack_units(_units(found, 0, attacks[at]), size))
        return np.concatenate(packed, axis=1).tobytes()

    def _joint(self, spectra: Floats, weights: NDArray[np.float64], attacks: list[_attacks.Attacks]) -> bytes:
        size = self._mode.frame_bytes
        room = 8 * size - 2 * (_HEAD + _SPARE) - _JOINT_HEAD - _SPLIT - attacks[0].bits - attacks[1].bits
        found = choose(spectra, weights, room, self._setting.search)
        first, second = _units(found, 0, attacks[0]), _units(found, 1, attacks[1])
        split = -(-unit_bits(first) // 8)
        return pack_joint(first, second, Stereo.plain(len(first)), split, size).tobytes()

    def _weights(self, spectra: Floats) -> NDArray[np.float64]:
        """Return what noise counts in each stretch [f, u, 32]; sum and difference are heard together, so share it."""
        allowed, held = np.ones((CHANNELS, len(spectra), UNITS)), np.empty((CHANNELS, len(spectra), UNITS))
        for at in range(CHANNELS):
            if self._setting.by_mask:
                allowed[at], held[at], self._lasting[at] = _masking.threshold(spectra[:, at], self._lasting[at])
            else:
                held[at] = _masking.energy(spectra[:, at])
        if self._mode.joint:
            allowed[:], held[:] = allowed.sum(axis=0), held.sum(axis=0)
        made = _masking.weights(allowed, held, by_mask=self._setting.by_mask, by_energy=self._setting.by_energy)
        return made.transpose(1, 0, 2)


def encoded(blocks: Iterable[Floats], *, mode: Mode, effort: Effort = Effort.BALANCED) -> Iterator[bytes]:
    """Yield the frames of sound that comes in blocks [n, 2], in order; many frames at a time."""
    encoder = Encoder(mode, effort)
    for block in blocks:
        if made := encoder.encode(block):
            yield made
    yield encoder.finish()


def _units(found: Chosen, at: int, attacks: _attacks.Attacks) -> Units:
    selectors = found.allocation.selectors[:, at]
    last = UNITS - (selectors[:, ::-1] > 0).argmax(axis=1)
    coded = np.where(selectors.any(axis=1), last, 1)
    coded += np.isin(coded, _SWALLOWED)
    counts, levels, places = attacks.fields()
    return Units(
        bands=np.full(len(selectors), BANDS, np.uint8),
        gain_counts=counts,
        gain_levels=levels,
        gain_places=places,
        coded=coded.astype(np.uint8),
        constant=found.constant,
        selectors=selectors,
        scales=found.allocation.scales[:, at],
        mantissas=found.allocation.mantissas[:, at],
        tones=found.tones if at == 0 else Tones.none(),
    )


__all__ = ["Effort", "Encoder", "encoded"]
