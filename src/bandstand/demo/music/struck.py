"""Instruments that are struck or plucked: they speak at once and die away.

Every function returns one note as mono (n,) or stereo (2, n), peak level about 0.5.
"""

from __future__ import annotations

import numpy as np

from bandstand.demo.music.signal import (
    RATE,
    SINE,
    Sound,
    Spectrum,
    decay,
    frames,
    harmonics_below,
    hertz,
    noise,
    oscillate,
    ramp_in,
    ramp_out,
    shaped_noise,
    swell,
    time_axis,
)


def piano(midi: int, seconds: float, *, soft: float = 0.5) -> Sound:
    """A felted upright: three groups of partials that die at their own speed, two strings, a hammer."""
    hz = hertz(midi)
    ring = 3.4 * 2 ** ((60 - midi) / 24)
    n = frames(min(seconds + 0.35, ring * 2.2 + 0.4))
    bright = 0.95 - 0.55 * soft
    sound = np.zeros((2, n), dtype=np.float32)
    groups = ((1, 2, 1.0, 0.50), (3, 5, 0.45, 0.26), (6, 12, 0.22, 0.11))
    for low, high, level, life in groups:
        count = harmonics_below(hz, high)
        if count < low:
            continue
        amplitude: Spectrum = tuple(
            0.0 if order < low else float(bright ** (order - 1) / order**0.55) for order in range(1, count + 1)
        )
        fall = decay(n, ring * life) * np.float32(0.62 * level)
        stretch = 1 + 0.00022 * low * low * hz / 262
        one = oscillate(amplitude, hz * stretch * 1.00022, n, start=0.1) * fall
        two = oscillate(amplitude, hz * stretch * 0.99978, n, start=0.22, turn=1) * fall
        sound[0] += one * np.float32(0.75) + two * np.float32(0.4)
        sound[1] += one * np.float32(0.4) + two * np.float32(0.75)
    knock = shaped_noise(midi, frames(0.05), 120, 900) * decay(frames(0.05), 0.008)
    sound[:, : knock.size] += knock[: sound.shape[1]] * np.float32(0.10 * (1 - soft * 0.5))
    ramp_in(sound, 0.004 + 0.006 * soft)
    return ramp_out(sound * np.float32(0.62), 0.3)


def electric_piano(midi: int, seconds: float, *, bite: float = 0.5) -> Sound:
    """A tine piano: a sine bent by a sine that dies fast, and the tine's bell above it."""
    hz = hertz(midi)
    n = frames(seconds + 0.25)
    body_life = 1.5 * 2 ** ((60 - midi) / 30)
    bend = oscillate(SINE, hz, n) * (decay(n, 0.35) * np.float32(0.17 * bite) + np.float32(0.035))
    sound = oscillate(SINE, hz, n, bend=bend) * decay(n, body_life)
    sound += oscillate((0.0, 0.22), hz, n, start=0.2) * decay(n, body_life * 0.5)
    bell = min(hz * 7.0, 6500.0)
    sound += oscillate(SINE, bell, n) * decay(n, 0.05) * np.float32(0.07 * bite)
    return ramp_out(ramp_in(sound * np.float32(0.5), 0.004), 0.16)


def plucked_string(midi: int, seconds: float, *, bright: float = 0.5, seed: int = 0) -> Sound:
    """A Karplus-Strong string (Karplus and Strong 1983), a period at a time."""
    hz = hertz(midi)
    period = max(8, int(RATE / hz))
    n = frames(seconds + 0.3)
    burst = noise(seed * 131 + midi, period * 2)
    smooth = int(1 + (1 - bright) * period / 7)
    burst = np.convolve(burst, np.hanning(smooth + 2)[1:-1] / smooth, mode="same").astype(np.float32)[:period]
    place = max(1, int(period * 0.19))  # plucked a fifth of the way along: a comb that hollows the tone
    burst = burst - np.roll(burst, place)
    burst -= burst.mean()
    burst /= np.abs(burst).max() + 1e-6
    rows = int(n * hz / RATE * 1.02) + 3
    bank = np.empty((rows, period), dtype=np.float32)
    bank[0] = burst
    loss = np.float32(0.5 ** (1 / (hz * 1.25 * 2 ** ((55 - midi) / 26))))
    blend = np.float32(0.16 + 0.24 * (1 - bright))
    for row in range(1, rows):
        before = bank[row - 1]
        bank[row, 1:] = before[1:] + blend * (before[:-1] - before[1:])
        bank[row, 0] = before[0] + blend * (bank[row - 2, -1] if row > 1 else np.float32(0.0)) - blend * before[0]
        bank[row] *= loss
    flat = bank.ravel()
    # the loop is `blend` of a frame longer than the period: read it at the pitch that was asked for
    at = np.arange(n) * (hz * (period + float(blend)) / RATE)
    index = np.minimum(at.astype(np.intp), flat.size - 2)
    part = (at - index).astype(np.float32)
    sound = flat[index] * (1 - part) + flat[index + 1] * part
    return ramp_out(ramp_in(sound * np.float32(0.5), 0.0025), 0.2)


def mallet(midi: int, seconds: float, *, hard: float = 0.4) -> Sound:
    """A vibraphone bar: the tone, its double octave, a breath of motor."""
    hz = hertz(midi)
    n = frames(min(seconds + 0.6, 3.4))
    sound = oscillate(SINE, hz, n) * decay(n, 0.85)
    if hz * 4 < 9000:
        sound += oscillate(SINE, hz * 4.0, n) * decay(n, 0.16) * np.float32(0.25 * hard)
    if hz * 9.6 < 9000:
        sound += oscillate(SINE, hz * 9.6, n) * decay(n, 0.03) * np.float32(0.10 * hard)
    motor = 1 + 0.16 * oscillate(SINE, 4.6, n)
    return ramp_out(ramp_in(sound * motor * np.float32(0.42), 0.003), 0.4)


def bell(midi: int, seconds: float, *, shine: float = 0.4) -> Sound:
    """A soft glass bell from two bent sines, wide."""
    hz = hertz(midi)
    n = frames(min(seconds + 1.0, 4.5))
    sides = []
    for detune, start in ((1.0012, 0.0), (0.9988, 0.4)):
        bend = oscillate(SINE, hz * 2.0 * detune, n) * decay(n, 0.3) * np.float32(0.2 * shine)
        sides.append(oscillate(SINE, hz * detune, n, start=start, bend=bend) * decay(n, 0.7))
    return ramp_out(ramp_in(np.stack(sides) * np.float32(0.4), 0.004), 0.5)


def nylon_chord_tone(midi: int, seconds: float) -> Sound:
    """A short, round nylon string for comping."""
    return plucked_string(midi, seconds, bright=0.28, seed=5)


def pluck_synth(midi: int, seconds: float, *, open_to: float = 2600.0) -> Sound:
    """A synth pluck: a bright table that hands over to a dark one, wide."""
    hz = hertz(midi)
    n = frames(seconds + 0.3)
    sides = []
    for detune, turn in ((1.0016, 0), (0.9984, 2)):
        tones = np.zeros(n, dtype=np.float32)
        for cutoff, level, life in ((open_to, 0.5, 0.07), (open_to * 0.45, 0.5, 0.16), (500.0, 0.6, 0.42)):
            count = harmonics_below(hz, 40)
            amplitude = tuple(
                float(1 / order / (1 + (order * hz / cutoff) ** 4) ** 0.5) for order in range(1, count + 1)
            )
            tones += oscillate(amplitude, hz * detune, n, turn=turn) * decay(n, life) * np.float32(level)
        sides.append(tones)
    return ramp_out(ramp_in(np.stack(sides) * np.float32(0.5), 0.004), 0.2)


def round_bass(midi: int, seconds: float, *, growl: float = 0.2) -> Sound:
    """A rounded bass: sine, a little second and third, a finger's thump."""
    hz = hertz(midi)
    n = frames(seconds + 0.08)
    tone = oscillate((1.0, 0.32 * growl * 2, 0.22 * growl, 0.1 * growl), hz, n)
    sound = tone * (np.float32(0.55) + np.float32(0.45) * decay(n, 0.35)) * decay(n, 2.4)
    sound += oscillate((0.0, 1.0, 0.6, 0.3), hz, n) * decay(n, 0.06) * np.float32(0.18)
    return ramp_out(ramp_in(sound * np.float32(0.55), 0.007), 0.07)


def upright_bass(midi: int, seconds: float) -> Sound:
    """A plucked double bass: string and a warm body."""
    string = plucked_string(midi, seconds, bright=0.1, seed=9)
    n = string.size
    body = oscillate((1.0, 0.35, 0.12), hertz(midi), n) * decay(n, 0.55) * np.float32(0.42)
    return ramp_out(ramp_in(string * np.float32(0.55) + body, 0.006), 0.12)


def sub_bass(midi: int, seconds: float) -> Sound:
    """A long deep tone with a hint of the octave, so that small speakers hear it."""
    n = frames(seconds + 0.05)
    tone = oscillate((1.0, 0.16, 0.07), hertz(midi), n)
    return tone * swell(n, 0.018, 0.09) * np.float32(0.5)


def dub_stab(midi: int, seconds: float) -> Sound:
    """A chord note for dub echoes: saw under a closing filter, slightly noisy."""
    hz = hertz(midi)
    n = frames(seconds)
    sound = np.zeros(n, dtype=np.float32)
    for cutoff, level, life in ((1500.0, 0.5, 0.035), (750.0, 0.8, 0.09), (380.0, 0.5, 0.2)):
        count = harmonics_below(hz, 24)
        amplitude = tuple(float(1 / order / (1 + (order * hz / cutoff) ** 4) ** 0.5) for order in range(1, count + 1))
        sound += oscillate(amplitude, hz * 1.0015, n) * decay(n, life) * np.float32(level)
        sound += oscillate(amplitude, hz * 0.9985, n, start=0.3, turn=1) * decay(n, life) * np.float32(level)
    wobble = 1 + 0.05 * np.sin(time_axis(n) * np.float32(29.0))
    return ramp_out(ramp_in(sound * wobble * np.float32(0.3), 0.005), 0.05)
