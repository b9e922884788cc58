"""Sound to encode, from our own formulas; 44.1 kHz, stereo, full scale 1."""

import numpy as np

RATE = 44_100


def chords(seconds=2.0, seed=1):
    """Return decaying tones over soft noise, not the same left and right."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    sound = 0.002 * rng.standard_normal((len(time), 2))
    for start in np.arange(0, seconds, 0.25):
        since = np.maximum(time - start, 0)
        ring = np.exp(-6 * since) * (time >= start)
        for partial in (1, 2, 3, 5, 8):
            tone = 0.12 / partial * ring * np.sin(2 * np.pi * 220 * partial * 1.2 ** rng.integers(5) * since)
            sound += tone[:, None] * rng.uniform(0.3, 1, 2)
    return sound.astype(np.float32)


def sweep(seconds=4.0, low=50, high=18_000):
    """Return a tone that rises, softer on the right."""
    time = np.arange(int(seconds * RATE)) / RATE
    rise = np.log(high / low)
    left = 0.5 * np.sin(2 * np.pi * low * seconds / rise * (np.exp(time / seconds * rise) - 1))
    return np.stack([left, 0.7 * left], axis=1).astype(np.float32)


def claps(seconds=3.0, seed=2):
    """Return bursts of noise out of near silence, and where they begin."""
    rng = np.random.default_rng(seed)
    sound = 1e-4 * rng.standard_normal((int(seconds * RATE), 2))
    starts = np.arange(0.2, seconds - 0.2, 0.21) * RATE + rng.integers(
        0, 1024, len(np.arange(0.2, seconds - 0.2, 0.21))
    )
    time = np.arange(2600) / RATE
    for start in starts.astype(int):
        sound[start : start + 2600] += 0.25 * rng.standard_normal((2600, 2)) * np.exp(-90 * time)[:, None]
    return sound.astype(np.float32), starts.astype(int)


def snr(sound, other):
    """Return how many dB the difference lies below the sound."""
    sound = sound.astype(np.float64)
    return 10 * np.log10((sound**2).sum() / ((other - sound) ** 2).sum())
