"""Chords, scales and voice leading, in MIDI note numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, product

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

# Intervals above the root, the most telling tones first: a small voicing takes them from the left.
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (4, 9, 0, 7),
    "m6": (3, 9, 0, 7),
    "7": (4, 10, 0, 7),
    "m7": (3, 10, 7, 0),
    "maj7": (4, 11, 7, 0),
    "9": (4, 10, 2, 7),
    "m9": (3, 10, 2, 7),
    "maj9": (4, 11, 2, 7),
    "add9": (4, 2, 7, 0),
    "madd9": (3, 2, 7, 0),
    "69": (4, 9, 2, 7),
    "11": (5, 10, 2, 7),
    "m11": (3, 5, 10, 7),
    "13": (4, 10, 9, 2),
    "7b9": (4, 10, 1, 7),
    "7alt": (4, 10, 8, 1),
    "sus2": (2, 7, 0),
    "sus4": (5, 7, 0),
    "9sus4": (5, 10, 2, 7),
    "dim7": (3, 6, 9, 0),
    "m7b5": (3, 6, 10, 0),
    "maj7#11": (4, 11, 6, 7),
}

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
}

_CHORD = re.compile(r"([A-G])([#b]?)([^/]*)(?:/([A-G])([#b]?))?")


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: pitch classes of root and bass, and its tones in order of weight."""

    root: int
    bass: int
    tones: tuple[int, ...]


def _pitch_class(letter: str, sign: str) -> int:
    return (LETTERS[letter] + {"#": 1, "b": -1, "": 0}[sign]) % 12


def chord(symbol: str, *, up: int = 0) -> Chord:
    """Read a symbol such as `Bbmaj9` or `Am7/G`, moved up by semitones."""
    match = _CHORD.fullmatch(symbol)
    if match is None or match[3] not in QUALITIES:
        raise ValueError(symbol)
    root = (_pitch_class(match[1], match[2]) + up) % 12
    bass = (_pitch_class(match[4], match[5] or "") + up) % 12 if match[4] else root
    return Chord(root, bass, tuple((root + step) % 12 for step in QUALITIES[match[3]]))


def progression(text: str, *, up: int = 0) -> tuple[Chord, ...]:
    """Read chord symbols separated by spaces, one for each bar."""
    return tuple(chord(symbol, up=up) for symbol in text.split())


def voicing(tones: tuple[int, ...], before: tuple[int, ...], *, low: int, high: int) -> tuple[int, ...]:
    """Return the notes between low and high that move least from the chord before.

    Voices stay at least two semitones apart, so that nothing growls.
    """
    choices = [[note for note in range(low, high + 1) if note % 12 == tone] for tone in tones]
    middle = (low + high) / 2
    best: tuple[float, tuple[int, ...]] | None = None
    for pick in product(*choices):
        notes = tuple(sorted(pick))
        gaps = [b - a for a, b in pairwise(notes)]
        if any(gap < 2 for gap in gaps) and len(set(tones)) > 1 and min(gaps) < 1:
            continue
        if before and len(before) == len(notes):
            cost = float(sum(abs(a - b) for a, b in zip(notes, before, strict=True)))
        else:
            cost = abs(sum(notes) / len(notes) - middle)
        cost += 3.0 * sum(gap < 2 for gap in gaps) + 0.05 * abs(sum(notes) / len(notes) - middle) * len(notes)
        cost += 0.4 * max(0, max(gaps, default=0) - 9)
        if best is None or (cost, notes) < best:
            best = (cost, notes)
    return best[1] if best else ()


def nearest(note: float, classes: set[int], *, low: int, high: int) -> int:
    """Return the note of the given pitch classes that lies nearest, within the range."""
    pool = [value for value in range(low, high + 1) if value % 12 in classes]
    return min(pool, key=lambda value: (abs(value - note), value))


def friendly(scale: set[int], harmony: Chord) -> set[int]:
    """Return the chord's tones and the tones of the scale that don't rub against them."""
    tones = set(harmony.tones) | {harmony.root}
    return tones | {tone for tone in scale if (tone - 1) % 12 not in tones and (tone + 1) % 12 not in tones}


def bass_note(harmony: Chord, *, low: int) -> int:
    """Return the chord's bass tone in the octave that begins at low."""
    return low + (harmony.bass - low) % 12


def fifth(harmony: Chord, note: int) -> int:
    """Return what a bass plays above its note: the fifth, or the chord's nearest tone where a fifth would rub."""
    tones = set(harmony.tones) | {harmony.root}
    above = (note + 7) % 12
    if harmony.bass == harmony.root and not {(above - 1) % 12, (above + 1) % 12} & tones:
        return note + 7
    return nearest(note + 7, tones, low=note + 3, high=note + 9)
