"""How much a codec lost: measures of two sounds of shape (n, 2) that lie over each other, full scale 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATE = 44_100
_SIZE, _HOP = 2048, 1024
_WINDOW = np.hanning(_SIZE)
_BINS = np.fft.rfftfreq(_SIZE, 1 / RATE)
_HEARD = _BINS <= 16_000
_BARK = np.minimum((13 * np.arctan(0.00076 * _BINS) + 3.5 * np.arctan((_BINS / 7500) ** 2)).astype(int), 24)
_BANDS = 25
_COUNT = np.bincount(_BARK, minlength=_BANDS)
_MIDDLE = np.bincount(_BARK, _BINS, minlength=_BANDS) / _COUNT


@dataclass(frozen=True, slots=True)
class Loss:
    """What was lost, in dB."""

    snr: float  # of all
    segmental: float  # mean SNR of 20 ms, each within -10 and 35, silent ones (-60 dBFS) left out
    distance: float  # log-spectral: mean over frames of the RMS over bins of what their levels differ by, floor -100
    distance_heard: float  # the same up to 16 kHz
    mask: float  # noise to mask: mean over frames of the mean ratio over Bark bands up to 16 kHz


def lost(sound: Sound, heard: Sound) -> Loss:
    """Measure what `heard` has lost of `sound`."""
    error = heard - sound
    whole, upper = _distances(sound, heard)
    return Loss(
        _decibels((sound**2).sum(), (error**2).sum()), _segmental(sound, error), whole, upper, _mask(sound, error)
    )


def before_attacks(sound: Sound, heard: Sound, starts: Sequence[int]) -> float:
    """Return the noise from 20 to 1 ms before each attack, in dB below the attack's first 10 ms; the mean of all."""
    error = (heard - sound) ** 2
    found = [_decibels(error[at - 882 : at - 44].mean() + 1e-12, (sound[at : at + 441] ** 2).mean()) for at in starts]
    return float(np.mean(found))


def _decibels(one: float, other: float) -> float:
    return float(10 * np.log10(max(one, 1e-30) / max(other, 1e-30)))


def _segmental(sound: Sound, error: Sound) -> float:
    count = len(sound) // 882
    power, noise = ((part[: count * 882].reshape(count, -1) ** 2).mean(axis=1) for part in (sound, error))
    some = power > 1e-6
    if not some.any():
        return 0.0
    return float(np.clip(10 * np.log10(power[some] / np.maximum(noise[some], 1e-20)), -10, 35).mean())


def _power(channel: Sound) -> Sound:
    """Return the power of bins over frames; a sine of full scale has 0.25."""
    padded = np.pad(channel, (0, max(_SIZE - len(channel), 0)))
    frames = sliding_window_view(padded, _SIZE)[::_HOP]
    return np.asarray(np.abs(np.fft.rfft(frames * _WINDOW)) ** 2 / _WINDOW.sum() ** 2)


def _distances(sound: Sound, heard: Sound) -> tuple[float, float]:
    whole, upper = [], []
    for channel in range(2):
        one, other = (10 * np.log10(np.maximum(_power(part[:, channel]), 1e-10)) for part in (sound, heard))
        square = (one - other) ** 2
        whole.append(np.sqrt(square.mean(axis=1)).mean())
        upper.append(np.sqrt(square[:, _HEARD].mean(axis=1)).mean())
    return float(np.mean(whole)), float(np.mean(upper))


def _mask(sound: Sound, error: Sound) -> float:
    """Return the noise-to-mask ratio with the threshold of Johnston (IEEE JSAC 6, 1988).

    Power is summed over Bark bands, spread by Schroeder's function, lowered by 14.5 + band dB below tones and 5.5 dB
    below noise as spectral flatness tells them apart, and nowhere below the threshold of hearing (Terhardt), for which
    a sine of full scale is taken as 96 dB.
    """
    return float(np.mean([_ratio(4 * _power(sound[:, at]), 4 * _power(error[:, at])) for at in range(2)]))


def _ratio(power: Sound, noise: Sound) -> float:
    energy, wrong = _banded(power), _banded(noise)
    flat = 10 * (_banded(np.log10(power + 1e-20)) / _COUNT - np.log10(energy / _COUNT + 1e-20))
    tonal = np.minimum(flat / -60, 1)
    below = tonal * (14.5 + np.arange(_BANDS)) + (1 - tonal) * 5.5
    threshold = np.maximum(energy @ _SPREAD * 10 ** (-below / 10), 10 ** ((np.minimum(_QUIET, 60) - 96) / 10))
    ratios = (wrong / threshold)[:, _MIDDLE < 16_000].mean(axis=1)
    return float(10 * np.log10(np.maximum(ratios, 1e-10)).mean())


def _banded(bins: Sound) -> Sound:
    return np.stack([bins[:, band == _BARK].sum(axis=1) for band in range(_BANDS)], axis=1)


def _spread() -> Sound:
    away = np.arange(_BANDS)[None, :] - np.arange(_BANDS)[:, None] + 0.474  # [from, to]
    decibels = 15.81 + 7.5 * away - 17.5 * np.sqrt(1 + away**2)
    linear = 10 ** (decibels / 10)
    return np.asarray(linear / linear.sum(axis=0))


_SPREAD = _spread()
_KILO = _MIDDLE / 1000
_QUIET = 3.64 * _KILO**-0.8 - 6.5 * np.exp(-0.6 * (_KILO - 3.3) ** 2) + 1e-3 * _KILO**4
