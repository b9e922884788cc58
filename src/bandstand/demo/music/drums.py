"""Drums from sines and noise. Every function returns one hit, mono (n,) or stereo (2, n)."""

from __future__ import annotations

import numpy as np

from bandstand.demo.music.signal import (
    RATE,
    SINE,
    Sound,
    decay,
    frames,
    oscillate,
    ramp_in,
    ramp_out,
    shaped_noise,
    time_axis,
)


def _glide(low: float, high: float, speed: float, seconds: float) -> Sound:
    """Return a sine that falls from high to low Hz."""
    n = frames(seconds)
    cycles = low * time_axis(n).astype(np.float64) + (high - low) * speed * (1 - np.exp(-time_axis(n) / speed))
    index = ((cycles % 1.0) * 65536).astype(np.intp) & 0xFFFF
    sound: Sound = oscillate(SINE, RATE / 65536, 65536)[index]
    return sound


def kick(*, deep: float = 50.0, hard: float = 0.5, length: float = 0.32) -> Sound:
    """A kick drum; deep is its last pitch in Hz."""
    body = _glide(deep, deep * (2.2 + 2 * hard), 0.028, length)
    n = body.size
    sound = body * decay(n, length * 0.3)
    click = shaped_noise(3, frames(0.012), 900, 3800) * decay(frames(0.012), 0.003)
    sound[: click.size] += click * np.float32(0.25 * hard)
    return ramp_out(ramp_in(sound * np.float32(0.8), 0.002), length * 0.4)


def snare(*, seed: int = 1, tone: float = 185.0, length: float = 0.2, bright: float = 5200.0) -> Sound:
    """A snare: two drum modes and the wires."""
    n = frames(length)
    wires = shaped_noise(seed, n, 900, bright) * decay(n, length * 0.22)
    skin = _glide(tone, tone * 1.3, 0.02, length) * decay(n, 0.035) + 0.5 * oscillate(SINE, tone * 1.72, n) * decay(
        n, 0.025
    )
    return ramp_out(ramp_in((wires * 0.55 + skin * 0.4).astype(np.float32), 0.0015), length * 0.4)


def clap(*, seed: int = 2) -> Sound:
    """Several hands, not quite together, wide."""
    n = frames(0.26)
    sides = []
    for side in range(2):
        sound = shaped_noise(seed + side * 17, n, 800, 3600) * decay(n, 0.05) * np.float32(0.4)
        for late in (0.0, 0.011 + 0.002 * side, 0.021):
            start, burst = frames(late), frames(0.02)
            sound[start : start + burst] += (
                shaped_noise(seed + side + int(late * 1e4), burst, 900, 3800) * decay(burst, 0.004) * np.float32(0.5)
            )
        sides.append(ramp_in(sound, 0.001))
    return ramp_out(np.stack(sides) * np.float32(0.8), 0.1)


def hat(*, seed: int = 4, length: float = 0.05, bright: float = 9500.0) -> Sound:
    """A hi-hat; longer is more open."""
    n = frames(length)
    return ramp_out(
        ramp_in(shaped_noise(seed, n, 5600, bright, slope=3) * decay(n, length * 0.28) * np.float32(0.45), 0.001),
        length * 0.5,
    )


def shaker(*, seed: int = 6, length: float = 0.09) -> Sound:
    """A shaker that comes in softly."""
    n = frames(length)
    return ramp_out(
        ramp_in(shaped_noise(seed, n, 3800, 8200) * decay(n, length * 0.4) * np.float32(0.4), length * 0.35),
        length * 0.5,
    )


def rim(*, seed: int = 8) -> Sound:
    """A cross stick: wood and a tick."""
    n = frames(0.07)
    wood = oscillate(SINE, 820.0, n) * decay(n, 0.009) + 0.6 * oscillate(SINE, 1480.0, n) * decay(n, 0.006)
    return ramp_out(
        ramp_in((wood * 0.4 + shaped_noise(seed, n, 1200, 4200) * decay(n, 0.004) * 0.3).astype(np.float32), 0.001),
        0.03,
    )


def brush(*, seed: int = 9, length: float = 0.28) -> Sound:
    """A brush sweep on a snare head."""
    n = frames(length)
    swept = shaped_noise(seed, n, 1400, 6200)
    shape = np.minimum(time_axis(n) / np.float32(length * 0.45), 1) ** 2
    return ramp_out(swept * shape * np.float32(0.22), length * 0.5)


def crackle(seed: int, seconds: float) -> Sound:
    """Vinyl dust, stereo: sparse ticks and a soft floor, length as asked."""
    rng = np.random.Generator(np.random.PCG64(seed))
    n = frames(seconds)
    sound = np.zeros((2, n + 400), dtype=np.float32)
    tick = shaped_noise(21, 160, 1500, 6000) * decay(160, 0.0006)
    for at, level, side in zip(
        rng.integers(0, n, int(seconds * 7)),
        rng.random(int(seconds * 7)) ** 3,
        rng.integers(0, 2, int(seconds * 7)),
        strict=True,
    ):
        sound[side, at : at + 160] += tick * np.float32(0.18 * level)
    return sound[:, :n]
