"""Rooms and echoes as impulse responses, and the convolution that puts a sound into them.

Rooms and echoes are dull by nature: their responses are kept, and convolved, at half the rate.
"""

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
            tail += (
                shaped_noise(seed * 100 + side * 10 + number, n, low, high)
                * decay(n, life)
                * np.float32(1.0 / dark ** (number * 0.7))
            )
        start = frames(early)
        late = np.zeros(n, dtype=np.float32)
        late[start:] = ramp_in(tail, 0.018)[: n - start]
        rng = np.random.Generator(np.random.PCG64(seed + side))
        for _ in range(6):
            at = frames(early * (0.7 + 3.4 * float(rng.random())))
            late[at : at + 24] += np.hanning(24).astype(np.float32) * np.float32(0.10 * (float(rng.random()) + 0.4))
        sides.append(late / np.sqrt(np.sum(late.astype(np.float64) ** 2)))
    return halve(ramp_out(np.stack(sides).astype(np.float32), seconds * 0.2)) * np.float32(2.0)


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
    half: Sound = halve(response) * np.float32(2.0)
    return half


def halve(sound: Sound) -> Sound:
    """Return (..., n) at half the rate; a short low-pass keeps the top from folding down."""
    even = sound[..., : sound.shape[-1] // 2 * 2].reshape(*sound.shape[:-1], -1, 2)
    pair = even.mean(axis=-1)
    out: Sound = pair * np.float32(0.5)
    out[..., 1:] += pair[..., :-1] * np.float32(0.25)
    out[..., :-1] += pair[..., 1:] * np.float32(0.25)
    return out


def double(sound: Sound, n: int) -> Sound:
    """Return (2, n) at the full rate again, new samples halfway between the old."""
    out = np.zeros((2, n), dtype=np.float32)
    half = min(sound.shape[1], n // 2)
    out[:, 0 : half * 2 : 2] = sound[:, :half]
    out[:, 1 : half * 2 - 1 : 2] = (sound[:, : half - 1] + sound[:, 1:half]) * np.float32(0.5)
    return out


def convolve(sound: Sound, response: Sound) -> Sound:
    """Convolve (n,) with a response (2, m), or (2, n) with (1, m); returns (2, n), the tail beyond n is dropped.

    Overlap-add in blocks of a power of two.
    """
    m = response.shape[1]
    size = 1 << max(15, (2 * m - 1).bit_length())
    hop = size - m + 1
    n = sound.shape[-1]
    spectra = np.fft.rfft(response, size, axis=1)
    out = np.zeros((2, -(-n // hop) * hop + size), dtype=np.float32)
    for start in range(0, n, hop):
        block = np.fft.rfft(sound[..., start : start + hop], size)
        out[:, start : start + size] += np.fft.irfft(block * spectra, size, axis=1)
    kept: Sound = out[:, :n]
    return kept


@lru_cache(maxsize=16)
def tone_control(
    highpass: float, lowpass: float, *, low_shelf: float = 0.0, high_shelf: float = 0.0
) -> npt.NDArray[np.float32]:
    """Return a linear-phase filter (1, n): cuts in Hz, shelves in dB at 180 Hz and 2.2 kHz."""
    taps = 4095
    hz = np.fft.rfftfreq(8192, 1 / RATE) + 1e-3
    gain = 1 / np.sqrt((1 + (highpass / hz) ** 6) * (1 + (hz / lowpass) ** 4))
    gain *= 10 ** (low_shelf / 20 / (1 + (hz / 180) ** 2)) * 10 ** (high_shelf / 20 / (1 + (2200 / hz) ** 2))
    gain[0] = 0.0
    window = np.hanning(taps)
    kernel = np.roll(np.fft.irfft(gain, 8192), taps // 2)[:taps] * window
    kernel -= window * (kernel.sum() / window.sum())  # the sum is the gain at 0 Hz
    row: npt.NDArray[np.float32] = kernel.astype(np.float32)[None, :]
    return row


def equalise(sound: Sound, kernel: npt.NDArray[np.float32]) -> Sound:
    """Apply a linear-phase filter to (2, n) without moving it in time."""
    late = kernel.shape[1] // 2
    return convolve(np.pad(sound, ((0, 0), (0, late))), kernel)[:, late:]
