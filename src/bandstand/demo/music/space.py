"""Rooms and echoes as impulse responses, and the convolution that puts a sound into them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bandstand.demo.music.signal import RATE, Sound, decay, frames, ramp_in, ramp_out, shaped_noise

BANDS = ((120.0, 500.0, 1.0), (500.0, 1800.0, 0.85), (1800.0, 6000.0, 0.42))  # low Hz, high Hz, share of the length


@lru_cache(maxsize=16)
def room(seconds: float, *, dark: float = 1.0, early: float = 0.012, seed: int = 11) -> Sound:
    """Return the response (2, n) of a room whose lows ring for seconds (RT60), energy 1 a side.

    Highs die sooner, more so when dark is above 1; the first reflections stand apart.
    """
    n = frames(seconds * 1.05)
    sides = []
    for side in range(2):
        tail = np.zeros(n, dtype=np.float32)
        for number, (low, high, share) in enumerate(BANDS):
            life = seconds * share ** (dark**0.7) * 0.1  # RT60 is ten halvings of the amplitude
            tail += shaped_noise(seed * 100 + side * 10 + number, n, low, high) * decay(n, life) * np.float32(1.0 / dark ** (number * 0.7))
        start = frames(early)
        late = np.zeros(n, dtype=np.float32)
        late[start:] = ramp_in(tail, 0.018)[: n - start]
        rng = np.random.Generator(np.random.PCG64(seed + side))
        for _ in range(6):
            at = frames(early * (0.7 + 3.4 * float(rng.random())))
            late[at : at + 24] += np.hanning(24).astype(np.float32) * np.float32(0.10 * (float(rng.random()) + 0.4))
        sides.append(late / np.sqrt(np.sum(late.astype(np.float64) ** 2)))
    return ramp_out(np.stack(sides).astype(np.float32), seconds * 0.2)


@lru_cache(maxsize=16)
def echo(seconds: float, *, feedback: float = 0.55, taps: int = 6, dark: float = 0.6) -> Sound:
    """Return the response (2, n) of a ping-pong echo; every repeat is duller."""
    n = frames(seconds * (taps + 0.6))
    response = np.zeros((2, n), dtype=np.float32)
    for tap in range(1, taps + 1):
        blur = int(10 + dark * 16 * tap)
        pulse = np.hanning(blur + 2)[1:-1]
        pulse = (pulse / pulse.sum()).astype(np.float32) * np.float32(feedback ** (tap - 1))
        at = frames(seconds * tap)
        response[tap % 2, at : at + blur] += pulse * np.float32(0.9)
        response[1 - tap % 2, at : at + blur] += pulse * np.float32(0.35)
    return response


def convolve(sound: Sound, response: Sound) -> Sound:
    """Convolve mono sound (n,) with response (2, m); returns (2, n), the tail beyond n is dropped.

    Blocks of a power of two (overlap-add): the FFTs stay in the cache.
    """
    m = response.shape[1]
    size = 1 << max(12, (2 * m - 1).bit_length())
    hop = size - m + 1
    n = sound.shape[0]
    rows = -(-n // hop)
    spectra = np.fft.rfft(response, size, axis=1).astype(np.complex64)
    out = np.zeros((2, rows * hop + size), dtype=np.float32)
    for row in range(rows):
        block = np.fft.rfft(sound[row * hop : (row + 1) * hop], size)
        out[:, row * hop : row * hop + size] += np.fft.irfft(block[None, :] * spectra, size, axis=1)
    return out[:, :n]


@lru_cache(maxsize=16)
def tone_control(highpass: float, lowpass: float, *, low_shelf: float = 0.0, high_shelf: float = 0.0) -> npt.NDArray[np.float32]:
    """Return a linear-phase filter (1, n): cuts in Hz, shelves in dB at 180 Hz and 4 kHz."""
    taps = 4095
    hz = np.fft.rfftfreq(8192, 1 / RATE) + 1e-3
    gain = 1 / np.sqrt((1 + (highpass / hz) ** 6) * (1 + (hz / lowpass) ** 4))
    gain *= 10 ** (low_shelf / 20 / (1 + (hz / 180) ** 2)) * 10 ** (high_shelf / 20 / (1 + (4000 / hz) ** 2))
    gain[0] = 0.0
    kernel = np.roll(np.fft.irfft(gain, 8192), taps // 2)[:taps] * np.hanning(taps)
    return (kernel - np.hanning(taps) * (kernel.sum() / np.hanning(taps).sum())).astype(np.float32)[None, :]


def equalise(sound: Sound, kernel: npt.NDArray[np.float32]) -> Sound:
    """Apply a linear-phase filter to (2, n) without moving it in time."""
    late = kernel.shape[1] // 2
    padded = np.pad(sound, ((0, 0), (0, late)))
    twice = np.concatenate([kernel, kernel])
    return np.stack([convolve(side, twice)[0, late:] for side in padded])
