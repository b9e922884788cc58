"""The last stage: tone, warmth, loudness, peaks, fades, 16 bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandstand.demo.music import space
from bandstand.demo.music.signal import RATE, Sound, ramp_in, ramp_out

GATE_BLOCK = 1 << 14
CHUNK = 1 << 15
CEILING = 10 ** (-2.0 / 20)  # sample peaks; leaves a decibel for what lies between the samples
BLOCK = 64

Pcm = npt.NDArray[np.int16]


def _weights(size: int) -> npt.NDArray[np.float64]:
    """Return the power gain of BS.1770's two filters at the bins of an FFT of this size."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size, 1 / RATE) / RATE)
    out = np.ones(z.size)
    # ITU-R BS.1770-4 annex 1, tables 1 and 2, in analogue form so that they fit 44.1 kHz: a 4 dB shelf at 1.68 kHz
    # (Q 0.707) and a high-pass at 38 Hz (Q 0.5).
    for f0, q, high, band, low in ((1681.97, 0.7072, 1.5849, 1.2587, 1.0), (38.135, 0.5003, 1.0, 0.0, 0.0)):
        k = np.tan(np.pi * f0 / RATE)
        over = 1 + k / q + k * k
        top = (
            (high + band * k / q + low * k * k) / over
            + 2 * (low * k * k - high) / over * z
            + (high - band * k / q + low * k * k) / over * z**2
        )
        bottom = 1 + 2 * (k * k - 1) / over * z + (1 - k / q + k * k) / over * z**2
        out = out * np.abs(top / bottom) ** 2
    return out


def loudness(sound: Sound) -> float:
    """Return the gated loudness of (2, n) in LUFS (ITU-R BS.1770-4), from blocks of 372 ms that don't overlap."""
    rows = sound.shape[1] // GATE_BLOCK
    weight = _weights(GATE_BLOCK)
    weight[1:-1] *= 2
    power = np.empty(rows)
    for row in range(rows):
        spectrum = np.fft.rfft(sound[:, row * GATE_BLOCK : (row + 1) * GATE_BLOCK], axis=1)
        power[row] = float(np.sum((spectrum.real**2 + spectrum.imag**2) @ weight)) / GATE_BLOCK**2
    loud = power[-0.691 + 10 * np.log10(power + 1e-12) > -70]
    if not loud.size:
        return -70.0
    gate = loud.mean() * 0.1
    return float(-0.691 + 10 * np.log10(loud[loud > gate].mean()))


def _rms(sound: Sound) -> float:
    return float(np.sqrt(np.vdot(sound, sound) / sound.size)) + 1e-9


def saturate(sound: Sound, drive: float) -> None:
    """Round the peaks off in place: a rational tanh, unity for small signals."""
    for start in range(0, sound.shape[1], CHUNK):
        x = np.clip(sound[:, start : start + CHUNK] * np.float32(drive), -3, 3)
        square = x * x
        sound[:, start : start + CHUNK] = x * (27 + square) / (27 + 9 * square) / np.float32(drive)


def limit(sound: Sound, ceiling: float = CEILING) -> Sound:
    """Keep the peaks of (2, n) under the ceiling; the gain moves smoothly and ahead of the peak."""
    n = sound.shape[1]
    rows = -(-n // BLOCK)
    padded = np.pad(np.abs(sound).max(axis=0), (0, rows * BLOCK - n))
    gain = np.minimum(1.0, ceiling / np.maximum(padded.reshape(rows, BLOCK).max(axis=1), 1e-6))
    if gain.min() >= 1.0:
        return sound
    reach = 12
    held = np.pad(gain, reach, mode="edge")
    low = np.min(np.lib.stride_tricks.sliding_window_view(held, 2 * reach + 1), axis=1)
    window = np.hanning(2 * reach + 1)
    window /= window.sum()
    smooth = np.convolve(np.pad(low, reach, mode="edge"), window, mode="valid")
    at = np.arange(rows) * BLOCK + BLOCK / 2
    curve = np.interp(np.arange(n), at, np.minimum(smooth, 1.0)).astype(np.float32)
    kept: Sound = np.clip(sound * curve, -ceiling, ceiling)
    return kept


def master(
    mix: Sound, kernel: npt.NDArray[np.float32], *, drive: float, fade_in: float, fade_out: float, target: float
) -> Pcm:
    """Return the finished track, (n, 2), at the target loudness."""
    sound = space.equalise(mix, kernel)
    sound *= np.float32(0.12 / _rms(sound))
    saturate(sound, drive)
    ramp_in(sound, fade_in)
    ramp_out(sound, fade_out)
    sound *= np.float32(10 ** ((target - loudness(sound)) / 20))
    wanted = _rms(sound)
    sound = limit(sound)
    sound = limit(sound * np.float32(wanted / _rms(sound)))  # the limiter takes a little loudness away: give it back
    return np.ascontiguousarray(np.round(sound.T * 32767).astype(np.int16))
