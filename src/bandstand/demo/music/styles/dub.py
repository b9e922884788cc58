"""Dub techno: a deep pulse, chords that dissolve in echoes, hiss like weather."""

from __future__ import annotations

import numpy as np

from bandstand.demo.music import drums, space, struck, sustained, theory
from bandstand.demo.music.form import Piece, time_of
from bandstand.demo.music.signal import frames, shaped_noise, swell
from bandstand.demo.music.stage import Stage
from bandstand.demo.music.style import Bars, Style

STABS = ((0.75, 2.5), (0.5, 3.25), (1.5, 2.75), (0.75, 1.5, 3.5))


def _pulse(stage: Stage, piece: Piece, bars: Bars) -> None:
    kit = stage.part("kit", gain=0.72, room=0.03)
    tops = stage.part("tops", gain=0.24, room=0.18, echo=0.12)
    rng = piece.rng(1)
    for bar in bars:
        if bar.section not in ("intro", "bridge"):
            for beat in range(4):
                at = time_of(piece, bar, beat)
                stage.kicks.append(at)
                kit.add(stage.tone(drums.kick, deep=46.0, hard=0.3, length=0.36), at, 0.92)
        if bar.section != "intro" or bar.place > 1:
            for beat in range(4):
                tops.add(
                    stage.tone(drums.hat, seed=4, length=0.1, bright=8500.0), time_of(piece, bar, beat + 0.5), 0.7, 0.1
                )
        if bar.section in ("B", "C"):
            for sixteenth in range(16):
                level = 0.16 + 0.2 * float(rng.random())
                tops.add(stage.tone(drums.shaker, seed=6), time_of(piece, bar, sixteenth / 4), level, -0.4)
            tops.add(stage.tone(drums.rim, seed=8), time_of(piece, bar, 3.25 if bar.place % 2 else 1.75), 0.6, 0.35)


def _chords(stage: Stage, piece: Piece, bars: Bars) -> None:
    stabs = stage.part("stabs", gain=0.40, room=0.4, echo=0.75, duck=0.3)
    rng = piece.rng(2)
    rhythm = STABS[int(rng.integers(len(STABS)))]
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones, before, low=55, high=72)
        if bar.section == "outro" and bar.place > 1:
            continue
        for beat in rhythm:
            if rng.random() < (0.35 if bar.section in ("intro", "A") else 0.12):
                continue
            level = 0.55 + 0.35 * float(rng.random())
            for note in before:
                stabs.add(stage.tone(struck.dub_stab, note, 0.5), time_of(piece, bar, beat), level, (note - 63) / 30)


def _depth(stage: Stage, piece: Piece, bars: Bars) -> None:
    bass = stage.part("bass", gain=0.60, room=0.0, duck=0.6)
    pads = stage.part("pad", gain=0.18, room=0.6, duck=0.4)
    rng = piece.rng(3)
    line = tuple(float(beat) for beat in sorted(rng.choice([0.5, 1.25, 1.5, 2.5, 2.75, 3.5], 3, replace=False)))
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones[:3], before, low=50, high=67)
        if bar.section in ("B", "bridge", "C", "outro"):
            for note in before:
                pads.add(stage.tone(sustained.pad, note, 4 * piece.beat, cutoff=700, attack=1.2), bar.at)
        if bar.section in ("intro", "bridge"):
            continue
        root = theory.bass_note(bar.harmony, low=31)
        for order, beat in enumerate(line):
            note = theory.fifth(bar.harmony, root) if order == 2 and bar.place % 2 else root
            bass.add(stage.tone(struck.sub_bass, note, 0.45 * piece.beat), time_of(piece, bar, beat), 0.9)


def _weather(stage: Stage, piece: Piece) -> None:
    """Two slow winds, one a side."""
    hiss = stage.part("weather", gain=0.055, room=0.2, duck=0.3)
    length = 9.0
    n = frames(length)
    sides = [shaped_noise(piece.seed + side, n, 500, 2600) * swell(n, 4.0, 4.0) for side in range(2)]
    for number in range(int(piece.seconds / 5)):
        gust = np.stack(sides if number % 2 else sides[::-1])
        hiss.add(gust, number * 5.0, 0.7 + 0.3 * (number % 3 == 0))


def play(piece: Piece, bars: Bars) -> Stage:
    """Set the stage for a cold store at night."""
    stage = Stage(
        piece.seconds,
        space.room(3.0, dark=1.5, early=0.03, seed=17),
        space.echo(piece.beat * 0.75, feedback=0.68, taps=9, dark=0.9),
    )
    _pulse(stage, piece, bars)
    _chords(stage, piece, bars)
    _depth(stage, piece, bars)
    _weather(stage, piece)
    return stage


STYLE = Style(play=play, lowpass=12_000, high_shelf=4.0, drive=1.4, target=-14.5, fade_in=0.8, fade_out=4.0)
