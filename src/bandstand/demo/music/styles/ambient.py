"""Felt piano over slow pads, with bells far away."""

from __future__ import annotations

from bandstand.demo.music import melody, space, struck, sustained, theory
from bandstand.demo.music.form import Piece, time_of
from bandstand.demo.music.stage import Part, Stage
from bandstand.demo.music.style import Bars, Style


def _pads(stage: Stage, piece: Piece, bars: Bars) -> None:
    pads = stage.part("pad", gain=0.30, room=0.35)
    low = stage.part("low", gain=0.34, room=0.1)
    before: tuple[int, ...] = ()
    width = piece.beats * piece.beat
    for bar in bars:
        before = theory.voicing(bar.harmony.tones, before, low=50, high=70)
        level = {"intro": 0.6, "A": 0.75, "B": 1.0, "bridge": 0.9}.get(bar.section, 0.7)
        for note in before:
            pads.add(stage.tone(sustained.pad, note, width, cutoff=800 + 250 * (bar.section == "B")), bar.at, level)
        if bar.section != "intro":
            low.add(stage.tone(struck.sub_bass, theory.bass_note(bar.harmony, low=31), width), bar.at, level)


def _arpeggio(stage: Stage, piece: Piece, bars: Bars) -> None:
    """Broken chords in the left hand; denser as the piece opens."""
    keys = stage.part("left", gain=0.42, pan=-0.15, room=0.32)
    rng = piece.rng(3)
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones[:3], before, low=48, high=65)
        root = theory.bass_note(bar.harmony, low=36)
        one, two, three = before
        order: tuple[int, ...] = (root, one, two, three, two, one + 12, three, two)
        step = 0.5 if bar.section in ("B", "C") else 1.0
        if bar.section in ("intro", "outro"):
            order, step = (root, before[1], before[2], before[0] + 12), 1.0
        for number in range(int(piece.beats / step)):
            note = order[number % len(order)]
            at = time_of(piece, bar, number * step) + 0.012 * float(rng.standard_normal())
            ring = piece.beat * (piece.beats - number * step) + 0.6
            level = 0.62 + 0.12 * (number == 0) + 0.06 * float(rng.standard_normal())
            keys.add(stage.tone(struck.piano, note, ring, soft=0.85), max(0.0, at), level, (note - 55) / 60)


def _sing(stage: Stage, piece: Piece, bars: Bars, part: Part) -> None:
    rng = piece.rng(4)
    for note in melody.line(piece, bars, kind="slow", low=65, high=84, sections="A B C bridge", rest=0.2):
        if note.bar.section == "A" and note.bar.turn == 0 and note.bar.place < 2 and piece.colour:
            continue
        at = time_of(piece, note.bar, note.beat) + 0.01 * abs(float(rng.standard_normal()))
        part.add(
            stage.tone(struck.piano, note.midi, note.length * piece.beat + 1.2, soft=0.55),
            at,
            note.weight,
            (note.midi - 72) / 50,
        )


def _far_bells(stage: Stage, piece: Piece, bars: Bars) -> None:
    bells = stage.part("bells", gain=0.12, room=0.9, echo=0.5)
    rng = piece.rng(5)
    for bar in bars:
        if bar.section in ("B", "bridge", "outro") or (bar.section == "intro" and bar.place % 2):
            for beat in rng.choice(8, 2, replace=False) / 2:
                note = theory.nearest(86 + 5 * float(rng.standard_normal()), set(bar.harmony.tones), low=76, high=93)
                bells.add(
                    stage.tone(struck.bell, note, 2.0, shine=0.3),
                    time_of(piece, bar, float(beat)),
                    0.7,
                    0.7 * (float(rng.random()) * 2 - 1),
                )


def _swells(stage: Stage, piece: Piece, bars: Bars) -> None:
    """Strings (colour 1) or voices (colour 2) that carry the B sections."""
    if piece.colour == 0:
        return
    part = stage.part("swell", gain=0.24, room=0.6)
    make = sustained.strings if piece.colour == 1 else sustained.choir
    before: tuple[int, ...] = ()
    for bar in bars:
        if bar.section in ("B", "C", "bridge") or (bar.section == "A" and bar.turn > 0):
            before = theory.voicing(bar.harmony.tones[:3], before, low=57, high=76)
            for note in before:
                part.add(stage.tone(make, note, piece.beats * piece.beat + 0.3, attack=0.9), bar.at)


def play(piece: Piece, bars: Bars) -> Stage:
    """Set the stage for a quiet room by the water."""
    stage = Stage(piece.seconds, space.room(3.2, dark=1.2, early=0.024), space.echo(piece.beat * 1.5, feedback=0.6))
    _pads(stage, piece, bars)
    _arpeggio(stage, piece, bars)
    _sing(stage, piece, bars, stage.part("right", gain=0.6, pan=0.08, room=0.4, echo=0.12))
    _far_bells(stage, piece, bars)
    _swells(stage, piece, bars)
    return stage


STYLE = Style(play=play, lowpass=13_000, high_shelf=6.0, target=-16.0, fade_in=0.4, fade_out=4.0)
