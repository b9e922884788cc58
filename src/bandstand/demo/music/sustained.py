"""Instruments that hold their tone: bowed strings, voices, pads, leads.

Every function returns one note, stereo (2, n) where players sit apart, peak level about 0.5.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bandstand.demo.music.signal import (
    SINE,
    Sound,
    Spectrum,
    breath,
    decay,
    frames,
    harmonics_below,
    hertz,
    oscillate,
    soft_saw,
    swell,
    vibrato,
)

# Formants in Hz, bandwidth in Hz, level: sung vowels, darker than speech.
VOWELS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "ah": ((680, 130, 1.0), (1080, 150, 0.5), (2550, 260, 0.10), (3300, 320, 0.05)),
    "oo": ((340, 110, 1.0), (760, 130, 0.32), (2400, 260, 0.03), (3200, 300, 0.012)),
    "oh": ((460, 120, 1.0), (830, 140, 0.45), (2450, 260, 0.05), (3200, 320, 0.02)),
    "eh": ((520, 120, 1.0), (1650, 190, 0.22), (2500, 260, 0.09), (3300, 320, 0.04)),
}


@lru_cache(maxsize=256)
def vowel(name: str, hz_key: int) -> Spectrum:
    """Return the harmonics of hz_key / 10 Hz sung on a vowel."""
    hz = hz_key / 10
    count = harmonics_below(hz, 60)
    order = np.arange(1, count + 1)
    shape = sum(level / (1 + ((order * hz - centre) / (width * 1.3)) ** 2) for centre, width, level in VOWELS[name])
    tone = (np.asarray(shape) + 0.05 / order) / order**0.6
    tone = tone / np.sqrt(np.sum(tone**2))
    return tuple(float(value) for value in tone[tone > 3e-4])


@lru_cache(maxsize=256)
def bowed(hz_key: int, dark: int) -> Spectrum:
    """Return the harmonics of a bowed string with a wooden body; dark is the low-pass in Hz."""
    hz = hz_key / 10
    count = harmonics_below(hz, 60)
    order = np.arange(1, count + 1)
    at = order * hz
    body = 0.55 + sum(
        gain / (1 + ((at - centre) / width) ** 2)
        for centre, width, gain in ((290, 60, 0.7), (460, 90, 0.6), (1150, 300, 0.35))
    )
    tone = np.asarray(body) / order / np.sqrt(1 + (at / dark) ** 4)
    tone = tone / np.sqrt(np.sum(tone**2))
    return tuple(float(value) for value in tone[tone > 3e-4])


def strings(midi: int, seconds: float, *, players: int = 3, attack: float = 0.22, dark: int = 2400) -> Sound:
    """A desk of bowed strings, each player a little off in pitch, time and place."""
    hz = hertz(midi)
    n = frames(seconds + 0.35)
    sound = np.zeros((2, n), dtype=np.float32)
    spectrum = bowed(round(hz * 10), dark)
    for player in range(players):
        place = 0.5 if players == 1 else player / (players - 1)
        off = 1 + (place - 0.5) * 0.0036 + 0.0005 * ((midi * 7 + player * 5) % 5 - 2)
        shake = vibrato(n, rate=4.9 + 0.35 * player, cents=9, hz=hz, delay=0.35, start=place)
        voice = oscillate(spectrum, hz * off, n, start=0.37 * player, bend=shake, turn=player % 2)
        sound[0] += voice * np.float32(0.9 - 0.6 * place)
        sound[1] += voice * np.float32(0.3 + 0.6 * place)
    rosin = breath(midi, n, 1500, 4200) * np.float32(0.018)
    sound += rosin
    return sound * swell(n, attack, 0.34) * np.float32(0.36 / np.sqrt(players))


def solo_string(midi: int, seconds: float, *, dark: int = 2600) -> Sound:
    """One bowed player with a speaking start and a growing vibrato."""
    hz = hertz(midi)
    n = frames(seconds + 0.16)
    shake = vibrato(n, rate=5.3, cents=13, hz=hz, delay=0.4, start=(midi % 7) / 7)
    tone = oscillate(bowed(round(hz * 10), dark), hz, n, bend=shake)
    tone += breath(midi + 900, n, 1200, 3800) * np.float32(0.02)
    accent = 1 + 0.25 * decay(n, 0.18)
    return tone * accent * swell(n, 0.07, 0.15) * np.float32(0.36)


def choir(midi: int, seconds: float, *, sung: str = "oo", singers: int = 4, attack: float = 0.5) -> Sound:
    """Singers in a half circle, moving from one vowel towards the open one and back."""
    hz = hertz(midi)
    n = frames(seconds + 0.6)
    sound = np.zeros((2, n), dtype=np.float32)
    closed, opened = vowel(sung, round(hz * 10)), vowel("ah", round(hz * 10))
    arch = swell(n, seconds * 0.5, seconds * 0.5) * np.float32(0.75)
    for singer in range(singers):
        place = singer / max(1, singers - 1)
        off = 1 + (place - 0.5) * 0.006
        shake = vibrato(n, rate=4.4 + 0.31 * singer, cents=14, hz=hz, delay=0.6, start=0.23 * singer)
        drift = oscillate(SINE, 0.37 + 0.11 * singer, n, start=place) * np.float32(hz * 0.0012)
        bend = shake + drift
        voice = oscillate(closed, hz * off, n, start=0.3 * singer, bend=bend, turn=singer % 2) * (1 - arch)
        if singer % 2 == 0:
            voice += oscillate(opened, hz * off, n, start=0.3 * singer, bend=bend, turn=singer % 2) * arch
        sound[0] += voice * np.float32(0.95 - 0.7 * place)
        sound[1] += voice * np.float32(0.25 + 0.7 * place)
    sound += breath(midi + 300, n, 900, 3600) * np.float32(0.012)
    return sound * swell(n, attack, 0.6) * np.float32(0.4 / np.sqrt(singers))


def voice_lead(midi: int, seconds: float, *, sung: str = "ah") -> Sound:
    """A close solo voice: scoops into the note, vibrato late, breath at the start."""
    hz = hertz(midi)
    n = frames(seconds + 0.14)
    shake = vibrato(n, rate=5.1, cents=16, hz=hz, delay=0.45, start=(midi % 5) / 5)
    scoop = decay(n, 0.035) * np.float32(hz * 0.0022)
    tone = oscillate(vowel(sung, round(hz * 10)), hz, n, bend=shake + scoop)
    double = oscillate(vowel(sung, round(hz * 10)), hz * 1.003, n, start=0.4, bend=shake, turn=1)
    air = breath(midi + 40, n, 1800, 5200) * (decay(n, 0.09) * np.float32(0.05) + np.float32(0.012))
    shape = swell(n, 0.06, 0.13)
    return np.stack([tone + 0.45 * double + air, 0.45 * tone + double + air]) * shape * np.float32(0.3)


def pad(midi: int, seconds: float, *, cutoff: int = 900, attack: float = 0.9, release: float = 1.2) -> Sound:
    """A wide pad of four soft saws that opens and closes slowly."""
    hz = hertz(midi)
    n = frames(seconds + release)
    dark, open_ = soft_saw(round(hz * 10), max(250, cutoff // 2), 1.6), soft_saw(round(hz * 10), cutoff, 1.4)
    arch = swell(n, seconds * 0.5, seconds * 0.5)
    sides = []
    for side in range(2):
        mix = np.zeros(n, dtype=np.float32)
        for voice in range(2):
            off = 1 + (0.0022 if voice else -0.0017) * (1 if side else -1.2)
            drift = oscillate(SINE, 0.21 + 0.13 * voice + 0.07 * side, n, start=0.5 * side) * np.float32(hz * 0.002)
            mix += oscillate(
                open_ if voice else dark, hz * off, n, start=0.29 * (voice + 2 * side), bend=drift, turn=voice + side
            ) * (arch if voice else np.float32(1.0))
        sides.append(mix)
    return np.stack(sides) * swell(n, attack, release) * np.float32(0.22)


def synth_lead(midi: int, seconds: float, *, cutoff: int = 2200) -> Sound:
    """A singing synth lead: two soft saws, late vibrato."""
    hz = hertz(midi)
    n = frames(seconds + 0.12)
    shake = vibrato(n, rate=5.4, cents=12, hz=hz, delay=0.3)
    tone = soft_saw(round(hz * 10), cutoff, 1.6)
    one = oscillate(tone, hz * 1.0018, n, bend=shake)
    two = oscillate(tone, hz * 0.9982, n, start=0.4, bend=shake, turn=1)
    accent = np.float32(0.75) + 0.25 * decay(n, 0.15)
    sound: Sound = np.stack([one + 0.4 * two, two + 0.4 * one]) * accent
    return sound * swell(n, 0.014, 0.11) * np.float32(0.26)


def synth_bass(midi: int, seconds: float, *, cutoff: int = 520) -> Sound:
    """A synth bass with a closing filter and a sine beneath."""
    hz = hertz(midi)
    n = frames(seconds + 0.05)
    sound = oscillate(soft_saw(round(hz * 10), cutoff * 2, 2.0), hz, n) * decay(n, 0.09) * np.float32(0.5)
    sound += oscillate(soft_saw(round(hz * 10), cutoff, 2.0), hz, n) * np.float32(0.5)
    sound += oscillate(SINE, hz, n, start=0.25) * np.float32(0.45)
    return sound * (np.float32(0.7) + 0.3 * decay(n, 0.2)) * swell(n, 0.006, 0.05) * np.float32(0.42)


def clarinet(midi: int, seconds: float) -> Sound:
    """A soft reed, mostly odd harmonics."""
    hz = hertz(midi)
    n = frames(seconds + 0.12)
    count = harmonics_below(hz, 14)
    tone = tuple(float((1.0 if order % 2 else 0.12) / order**1.35) for order in range(1, count + 1))
    shake = vibrato(n, rate=4.8, cents=7, hz=hz, delay=0.5)
    sound = oscillate(tone, hz, n, bend=shake) + breath(midi + 77, n, 1400, 4200) * np.float32(0.02)
    return sound * swell(n, 0.05, 0.11) * np.float32(0.4)
