"""What a piece is made of before any sound: its facts, sections and bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandstand.demo.music import theory

TAIL = 4.5  # seconds of ringing after the last bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Everything that decides how a track sounds.

    `form` lists sections and their bars (`intro:2 A:8 B:4`); sections A and bridge play `a`, B and C play `b`
    unless a progression ends first, then it starts again. `up` moves all of it by semitones.
    """

    style: str
    seed: int
    bpm: float
    scale: str  # "D dorian": where melodies come from, before `up`
    a: str
    b: str
    form: str
    up: int = 0
    swing: float = 0.0  # 0 straight, 0.33 triplets
    colour: int = 0  # which of the style's sets of instruments
    live: bool = False  # a session: audience-free room, closer, no fade
    beats: int = 4

    @property
    def beat(self) -> float:
        """Length of a beat in seconds."""
        return 60.0 / self.bpm

    @property
    def sections(self) -> tuple[tuple[str, int], ...]:
        """Names and bars of the sections."""
        pairs = (word.split(":") for word in self.form.split())
        return tuple((name, int(bars)) for name, bars in pairs)

    @property
    def seconds(self) -> float:
        """Length of the finished track."""
        return sum(bars for _, bars in self.sections) * self.beats * self.beat + TAIL

    def rng(self, purpose: int) -> np.random.Generator:
        """Return the dice of one part; parts don't disturb each other."""
        return np.random.Generator(np.random.PCG64([self.seed, purpose]))

    def scale_classes(self) -> set[int]:
        """Return the pitch classes of the scale, moved by `up`."""
        root, name = self.scale.split(" ", 1)
        first = theory.chord(root, up=self.up).root
        return {(first + step) % 12 for step in theory.SCALES[name]}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the piece."""

    index: int
    at: float  # seconds
    section: str
    place: int  # in its section
    length: int  # bars of its section
    turn: int  # how often this section came before
    harmony: theory.Chord
    after: theory.Chord  # the next bar's

    @property
    def last(self) -> bool:
        """Whether its section ends with it."""
        return self.place == self.length - 1


def section_starts(piece: Piece) -> tuple[tuple[str, float], ...]:
    """Return each section's name and start in seconds."""
    starts, bars = [], 0
    for name, length in piece.sections:
        starts.append((name, bars * piece.beats * piece.beat))
        bars += length
    return tuple(starts)


def bars_of(piece: Piece) -> tuple[Bar, ...]:
    """Lay the chords out over the sections."""
    plain = theory.progression(piece.a, up=piece.up)
    other = theory.progression(piece.b, up=piece.up)
    laid: list[tuple[str, int, int, int, theory.Chord]] = []
    seen: dict[str, int] = {}
    for name, length in piece.sections:
        chords = other if name in ("B", "C") else plain
        laid += [(name, place, length, seen.get(name, 0), chords[place % len(chords)]) for place in range(length)]
        seen[name] = seen.get(name, 0) + 1
    if laid:  # every piece comes home
        name, place, length, turn, _ = laid[-1]
        laid[-1] = (name, place, length, turn, plain[0])
    width = piece.beats * piece.beat
    follow = [entry[4] for entry in laid[1:]] + [laid[-1][4]]
    return tuple(
        Bar(index, index * width, name, place, length, turn, harmony, after)
        for index, ((name, place, length, turn, harmony), after) in enumerate(zip(laid, follow, strict=True))
    )


def time_of(piece: Piece, bar: Bar, beat: float) -> float:
    """Return the time of a beat in a bar; off sixteenths are delayed by the swing."""
    sixteenth = beat * 4
    late = piece.swing if int(sixteenth + 1e-6) % 2 and abs(sixteenth - round(sixteenth)) < 1e-6 else 0.0
    return bar.at + (beat + late * 0.25) * piece.beat
