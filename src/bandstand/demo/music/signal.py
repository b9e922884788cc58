"""The raw stuff of sound: rates, oscillator tables, envelopes and small filters.

Arrays are float32. A tone is `(n,)` (mono) or `(2, n)` (left, right), n sample.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

RATE = 44_100
TABLE_BITS = 16
TABLE = 1 << TABLE_BITS
LONGEST = RATE * 30
BED = 1 << 18
NYQUIST_GUARD = 15_000.0  # harmonics above this are left out: nothing aliases, nothing screeches

Sound = npt.NDArray[np.float32]
Spectrum = tuple[float, ...]

_RAMP = np.arange(LONGEST, dtype=np.uint32)
_TIME = _RAMP.astype(np.float32) / np.float32(RATE)


def frames(seconds: float) -> int:
    """Return the number of sample frames nearest to a time."""
    return round(seconds * RATE)


def time_axis(n: int) -> Sound:
    """Return the times in seconds of n samples; a shared array, not to be written to."""
    return _TIME[:n]


def hertz(midi: float) -> float:
    """Return the frequency of a MIDI note number in equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


@lru_cache(maxsize=160)
def table(harmonics: Spectrum, turn: int = 0) -> Sound:
    """Return one cycle with the given harmonic amplitudes; `turn` picks another set of phases.

    The phases are spread (Schroeder 1970) so that many harmonics don't pile up to a spike.
    """
    spectrum = np.zeros(TABLE // 2 + 1, dtype=np.complex64)
    count = np.arange(1, len(harmonics) + 1)
    phase = -np.pi * count * (count - 1) / max(len(harmonics), 1) + turn * 1.7 * count
    spectrum[1 : len(harmonics) + 1] = np.asarray(harmonics) * np.exp(1j * phase) * -1j
    return (np.fft.irfft(spectrum, TABLE) * (TABLE / 2)).astype(np.float32)


SINE: Spectrum = (1.0,)


def oscillate(
    harmonics: Spectrum, hz: float, n: int, *, start: float = 0.0, bend: Sound | None = None, turn: int = 0
) -> Sound:
    """Return n samples of a table oscillator.

    Parameters
    ----------
    start
        First phase in cycles.
    bend
        Phase offset in cycles for each sample: vibrato and frequency modulation.
    """
    step = np.uint32(round(hz * 2**32 / RATE))
    phase = _RAMP[:n] * step + np.uint32(int(start * 2**32) & 0xFFFFFFFF)
    if bend is not None:
        phase += (bend * np.float32(2**24)).astype(np.int32).astype(np.uint32) << np.uint32(8)
    sound: Sound = table(harmonics, turn)[(phase >> np.uint32(32 - TABLE_BITS)).astype(np.intp)]
    return sound


def harmonics_below(hz: float, count: int) -> int:
    """Return how many harmonics of hz, at most count, stay below the guard."""
    return max(1, min(count, int(NYQUIST_GUARD / hz)))


@lru_cache(maxsize=512)
def soft_saw(hz_key: int, cutoff: int, slope: float = 2.0) -> Spectrum:
    """Return the harmonics of a saw of hz_key / 10 Hz under a low-pass at cutoff Hz."""
    hz = hz_key / 10
    count = harmonics_below(hz, 120)
    order = np.arange(1, count + 1)
    level = (1 / order) / np.sqrt(1 + (order * hz / cutoff) ** (2 * slope))
    return tuple(float(value) for value in level[level > 2e-4])


def decay(n: int, half_life: float) -> Sound:
    """Return an exponential decay that halves every half_life seconds."""
    fall: Sound = np.exp(time_axis(n) * np.float32(-0.6931472 / half_life))
    return fall


@lru_cache(maxsize=128)
def _rise(n: int) -> Sound:
    return (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, n))).astype(np.float32)


def ramp_in(sound: Sound, seconds: float) -> Sound:
    """Fade the start in place with a raised cosine and return it."""
    n = min(frames(seconds), sound.shape[-1])
    if n > 1:
        sound[..., :n] *= _rise(n)
    return sound


def ramp_out(sound: Sound, seconds: float) -> Sound:
    """Fade the end in place with a raised cosine and return it."""
    n = min(frames(seconds), sound.shape[-1])
    if n > 1:
        sound[..., -n:] *= _rise(n)[::-1]
    return sound


def swell(n: int, attack: float, release: float) -> Sound:
    """Return a smooth envelope that rises in attack and falls in release seconds, flat between."""
    shape = np.ones(n, dtype=np.float32)
    return ramp_out(ramp_in(shape, min(attack, n / RATE * 0.6)), min(release, n / RATE * 0.6))


def vibrato(n: int, *, rate: float, cents: float, hz: float, delay: float = 0.3, start: float = 0.0) -> Sound:
    """Return the phase offset in cycles of a vibrato that grows after delay seconds."""
    depth = hz * (2 ** (cents / 1200) - 1) / (2 * np.pi * rate)
    grow = np.clip((time_axis(n) - np.float32(delay * 0.4)) / np.float32(delay), 0, 1)
    shake: Sound = grow * oscillate(SINE, rate, n, start=start) * np.float32(depth)
    return shake


def noise(seed: int, n: int) -> Sound:
    """Return white noise with unit variance; the same seed gives the same noise."""
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(n, dtype=np.float32)


@lru_cache(maxsize=32)
def _bed(low: float, high: float) -> Sound:
    """Return a long stretch of shaped noise whose end meets its beginning."""
    return shaped_noise(7, BED, low, high)


def breath(midi: int, n: int, low: float, high: float) -> Sound:
    """Return the breath or rosin of one note: a piece of a shared bed of noise, from a place of its own."""
    start = midi * 7919 % BED
    return np.take(_bed(low, high), np.arange(start, start + n), mode="wrap")


def shaped_noise(seed: int, n: int, low: float, high: float, *, slope: float = 2.0) -> Sound:
    """Return noise between two frequencies in Hz, peak level about 1."""
    size = 1 << max(8, (n - 1).bit_length())
    spectrum = np.fft.rfft(noise(seed, size))
    hz = np.fft.rfftfreq(size, 1 / RATE) + 1e-3
    spectrum *= 1 / np.sqrt((1 + (low / hz) ** (2 * slope)) * (1 + (hz / high) ** (2 * slope)))
    sound: Sound = np.fft.irfft(spectrum, size)[:n].astype(np.float32)
    return sound / np.float32(4 * np.std(sound) + 1e-9)
