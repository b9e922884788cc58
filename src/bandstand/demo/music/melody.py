"""Melodies from a motif and its variations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandstand.demo.music import theory
from bandstand.demo.music.form import Bar, Piece

Rhythm = tuple[tuple[float, float], ...]  # start and length in beats, over two bars of four

RHYTHMS: dict[str, tuple[Rhythm, ...]] = {
    "slow": (
        ((0, 2), (2, 1), (3, 1), (4, 3)),
        ((0.5, 1.5), (2, 2), (4, 2.5), (7, 1)),
        ((0, 3), (3, 1), (4, 1.5), (5.5, 2)),
        ((1, 1), (2, 1), (3, 2), (5, 2.5)),
    ),
    "song": (
        ((0, 1), (1, 0.5), (1.5, 1), (2.5, 1.5), (4.5, 0.5), (5, 1), (6, 1.5)),
        ((0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 1.5), (4, 0.5), (4.5, 1), (5.5, 2)),
        ((0, 1.5), (1.5, 0.5), (2, 1), (3, 1.5), (5, 0.5), (5.5, 0.5), (6, 1.5)),
        ((0.5, 1), (1.5, 1), (2.5, 1), (3.5, 1.5), (5.5, 0.5), (6, 0.5), (6.5, 1)),
    ),
    "lazy": (
        ((0.5, 0.5), (1, 0.75), (1.75, 1.25), (3.5, 1.5), (5.5, 0.5), (6, 1.5)),
        ((1, 0.5), (1.5, 0.5), (2, 0.75), (2.75, 1.75), (5, 0.5), (5.75, 1.5)),
        ((0, 0.75), (0.75, 0.75), (1.5, 2), (4.5, 0.5), (5, 0.75), (5.75, 1.5)),
        ((1.5, 0.5), (2, 0.5), (2.5, 1.5), (4.5, 0.5), (5, 0.5), (5.5, 2)),
    ),
    "bossa": (
        ((0, 1.5), (1.5, 1), (2.5, 1), (3.5, 1.5), (5.5, 1), (6.5, 1)),
        ((0.5, 1), (1.5, 0.5), (2, 1.5), (3.5, 2), (6, 0.5), (6.5, 1)),
        ((0, 0.5), (0.5, 1), (1.5, 1.5), (3.5, 1), (4.5, 1), (5.5, 1.5)),
        ((1, 0.5), (1.5, 1), (2.5, 0.5), (3, 1.5), (4.5, 1), (5.5, 2)),
    ),
}


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a line: bar, start and length in beats, pitch, weight 0 to 1."""

    bar: Bar
    beat: float
    length: float
    midi: int
    weight: float


def _motif(rng: np.random.Generator, kind: str) -> tuple[Rhythm, tuple[int, ...]]:
    """Choose a rhythm of two bars and a contour in steps of the scale."""
    rhythm = RHYTHMS[kind][int(rng.integers(len(RHYTHMS[kind])))]
    steps = [int(rng.integers(-1, 3))]
    for _ in rhythm[1:]:
        pull = -1 if steps[-1] > 2 else 1 if steps[-1] < -2 else 0
        leap = int(rng.choice([-2, -1, -1, 1, 1, 2, 3, 0], p=[0.12, 0.2, 0.12, 0.2, 0.12, 0.12, 0.06, 0.06]))
        steps.append(steps[-1] + (pull * abs(leap) if pull else leap))
    return rhythm, tuple(steps)


def _vary(steps: tuple[int, ...], turn: int) -> tuple[int, ...]:
    """Return the contour of the turn-th statement: itself, a new end, a lift, a fall to rest."""
    if turn == 1:
        return (*steps[:-2], *(step - 1 for step in steps[-2:]))
    if turn == 2:
        return tuple(step + 1 if index % 2 else step + 2 for index, step in enumerate(steps))
    if turn == 3:
        return (*steps[: len(steps) // 2], *range(len(steps) - len(steps) // 2 - 1, -1, -1))
    return steps


def line(
    piece: Piece,
    bars: tuple[Bar, ...],
    *,
    kind: str,
    low: int,
    high: int,
    sections: str,
    rest: float = 0.0,
    purpose: int = 7,
) -> list[Note]:
    """Return the melody over the named sections (`"A B"`); every section letter has its own motif.

    Parameters
    ----------
    rest
        Share of the weak notes that are left out.
    """
    rng = piece.rng(purpose)
    motifs = {name: _motif(rng, kind) for name in ("A", "B", "C", "bridge", "intro", "outro")}
    scale = piece.scale_classes()
    centre = (low + high) / 2
    notes: list[Note] = []
    wanted = sections.split()
    for start, bar in enumerate(bars):
        if bar.section not in wanted or bar.place % 2:
            continue
        pair = bars[start : start + 2]
        rhythm, steps = motifs[bar.section]
        turn = (bar.place // 2) % 4
        for (at, length), step in zip(rhythm, _vary(steps, turn), strict=True):
            within = pair[min(int(at // 4), len(pair) - 1)]
            if at >= 4 and len(pair) == 1:
                continue
            strong = at % 2 == 0 or length >= 1.5
            if not strong and rng.random() < rest:
                continue
            tones = set(within.harmony.tones) if strong else theory.friendly(scale, within.harmony)
            midi = theory.nearest(centre + step * 1.8, tones, low=low, high=high)
            weight = 0.75 + 0.2 * strong + 0.05 * float(rng.standard_normal())
            notes.append(Note(within, at % 4, length, midi, min(1.0, max(0.4, weight))))
    return notes
