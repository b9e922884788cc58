"""Sound for benchmarks of codecs, made by formula: 44.1 kHz, stereo, full scale 1, shape (n, 2), float64.

`music` and `sweep` give sample for sample what the reference figures in `docs/formats/atrac3.md` were measured with,
so the order in which they draw random numbers must not change.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATE = 44_100
BEAT = 60 / 112  # seconds
_SCALE = np.array([0, 2, 3, 5, 7, 8, 10])
_ROOTS = (45, 41, 48, 43)  # MIDI notes of the bars


def music(seconds: float = 300, seed: int = 7) -> Sound:
    """Return bass, chords and a tune over drums, with soft noise around."""
    rng = np.random.default_rng(seed)
    sound = np.zeros((int(seconds * RATE), 2))
    for beat in range(int(np.ceil(seconds / BEAT)) + 1):
        at = _added(BEAT, beat)
        if at < seconds:
            _beat(sound, rng, beat, at)
    for channel in range(2):
        sound[:, channel] += _ambience(rng, len(sound), channel)
    return np.asarray(sound * (0.85 / np.abs(sound).max()))


def sweep(seconds: float = 20, low: float = 20, high: float = 20_000) -> Sound:
    """Return a tone that rises by as many octaves each second, softer on the right."""
    time, rise = np.arange(int(seconds * RATE)) / RATE, np.log(high / low)
    left = 0.5 * np.sin(2 * np.pi * low * seconds / rise * (np.exp(time / seconds * rise) - 1))
    return np.stack([left, 0.7 * left], axis=1)


def castanets(seconds: float = 20, seed: int = 1) -> tuple[Sound, list[int]]:
    """Return sharp clacks out of near silence, and the samples at which they begin."""
    rng = np.random.default_rng(seed)
    sound = 1e-4 * rng.standard_normal((int(seconds * RATE), 2))
    time, starts, at = np.arange(2600) / RATE, [], 0.3
    while at < seconds - 0.2:
        start = int(at * RATE)
        for channel in range(2):
            clack = rng.standard_normal(len(time)) * np.exp(-90 * time)
            clack += 0.8 * np.sin(2 * np.pi * rng.uniform(1500, 2400) * time) * np.exp(-120 * time)
            sound[start : start + len(time), channel] += 0.25 * clack
        starts.append(start)
        at += rng.uniform(0.13, 0.33)
    return sound, starts


def speech(seconds: float = 30, seed: int = 1) -> Sound:
    """Return something like speech: pulses of a voice through moving resonances, breaths of noise, and pauses."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    time = np.arange(count) / RATE
    pitch = 120 * 2 ** (0.3 * np.sin(2 * np.pi * 0.4 * time) + 0.05 * np.sin(2 * np.pi * 5 * time))
    turns = np.cumsum(pitch) / RATE
    voice = np.diff(np.floor(turns), prepend=0.0)
    kinds = np.repeat(rng.integers(0, 4, count // 4410 + 1), 4410)[:count]  # 0 pause, 1 and 2 vowels, 3 breath
    driven = np.where(kinds == 3, 0.08 * rng.standard_normal(count), np.where(kinds == 0, 0, voice))
    spoken = np.zeros(count)
    for middle, width, gain in ((600, 90, 1.0), (1400, 120, 0.5), (2600, 160, 0.3), (6500, 900, 0.15)):
        spoken += gain * _resonance(driven, middle * rng.uniform(0.8, 1.2), width)
    spoken *= 0.5 / np.abs(spoken).max()
    return np.stack([spoken, np.roll(spoken, 11) * 0.9], axis=1) + 1e-4 * rng.standard_normal((count, 2))


def _added(step: float, times: int) -> float:
    """Return a step added to itself, rounded as a running sum is."""
    total = 0.0
    for _ in range(times):
        total += step
    return total


def _beat(sound: Sound, rng: np.random.Generator, beat: int, at: float) -> None:
    bar, root = beat // 4, _ROOTS[beat // 4 % 4]
    if beat % 2 == 0:
        _put(sound, at, _kick(), 0, 0.35)
    else:
        time = np.arange(int(0.18 * RATE)) / RATE
        snare = (rng.standard_normal(len(time)) * 0.6 + np.sin(2 * np.pi * 190 * time)) * np.exp(-time * 22)
        _put(sound, at, snare, 0.1, 0.22)
    for half in range(2):
        count = int(0.06 * RATE)
        hat = np.diff(rng.standard_normal(count + 1)) * np.exp(-np.arange(count) / RATE * 70)
        _put(sound, at + half * BEAT / 2, hat, 0.4, 0.09)
    _put(sound, at, _tone(_hertz(root - 12), BEAT * 0.95, 10, 2.0, 1.3), -0.05, 0.22)
    if beat % 4 == 0:
        for third in (0, 3, 7, 10):
            chord = _tone(_hertz(root + 12 + third), BEAT * 3.9, 12, 0.6, 1.6, 0.3)
            _put(sound, at, chord, -0.6 + 0.12 * third, 0.055)
    for half in range(2):
        if rng.random() < 0.75:
            note = root + 24 + _SCALE[rng.integers(7)]
            tune = _tone(_hertz(note), BEAT * 0.55, 16, 3.0, 1.1, 0.8)
            _put(sound, at + half * BEAT / 2, tune, 0.55 * np.sin(beat * 0.37), 0.11)
    if bar % 8 >= 6:
        _put(sound, at + BEAT * 0.75, _tone(_hertz(root + 43), 0.4, 6, 9, 0.7), 0.7, 0.07)


def _put(sound: Sound, at: float, made: Sound, pan: float, gain: float) -> None:
    start = int(at * RATE)
    count = min(len(made), len(sound) - start)
    if count > 0:
        angle = (pan + 1) * np.pi / 4
        sound[start : start + count, 0] += gain * np.cos(angle) * made[:count]
        sound[start : start + count, 1] += gain * np.sin(angle) * made[:count]


def _tone(hertz: float, seconds: float, partials: int, decay: float, bright: float, vibrato: float = 0.0) -> Sound:
    time = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * hertz * time + vibrato * np.sin(2 * np.pi * 5.3 * time)
    made = np.zeros(len(time))
    for partial in range(1, partials + 1):
        if hertz * partial > 18_000:
            break
        ring = np.exp(-time * decay * (1 + 0.15 * partial))
        made += np.sin(partial * phase + partial * partial * 0.7) / partial**bright * ring
    edge = int(0.008 * RATE)
    made[:edge] *= np.linspace(0, 1, edge)
    made[-edge:] *= np.linspace(1, 0, edge)
    return made


def _kick() -> Sound:
    time = np.arange(int(0.25 * RATE)) / RATE
    return np.asarray(np.sin(2 * np.pi * (45 * time + 40 * (1 - np.exp(-time * 30)) / 30 * 4)) * np.exp(-time * 16))


def _hertz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _ambience(rng: np.random.Generator, count: int, channel: int) -> Sound:
    bins = np.fft.rfft(rng.standard_normal(count))
    bins *= 1 / np.sqrt(np.maximum(np.fft.rfftfreq(count, 1 / RATE), 40) / 40)
    noise = np.fft.irfft(bins, count)
    swell = 1 + 0.7 * np.sin(2 * np.pi * np.arange(count) / RATE / 17 + channel)
    return np.asarray(0.006 * noise / noise.std() * swell)


def _resonance(driven: Sound, middle: float, width: float) -> Sound:
    """Return sound through a resonance, by its decaying answer."""
    time = np.arange(int(RATE * 6 / width)) / RATE
    answer = np.exp(-np.pi * width * time) * np.sin(2 * np.pi * middle * time)
    size = 1 << int(np.ceil(np.log2(len(driven) + len(answer))))
    return np.asarray(np.fft.irfft(np.fft.rfft(driven, size) * np.fft.rfft(answer, size), size)[: len(driven)])
