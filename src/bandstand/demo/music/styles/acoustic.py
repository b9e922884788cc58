"""Fingerpicked guitar: an alternating thumb, a tune on the upper strings, sometimes a second guitar or strings."""

from __future__ import annotations

from bandstand.demo.music import drums, melody, space, struck, sustained, theory
from bandstand.demo.music.form import Piece, time_of
from bandstand.demo.music.stage import Stage
from bandstand.demo.music.style import Bars, Style

# Which string of the grip is picked at each eighth (0 lowest of the upper three).
PICKS = (
    (None, 1, 2, 1, None, 1, 2, 0),
    (None, 0, 1, 2, None, 2, 1, 0),
    (None, 2, None, 1, None, 2, 0, 1),
    (None, 0, 2, 1, 0, 2, 1, 2),
)
LOUDNESS = {"intro": 0.7, "A": 0.82, "B": 1.0, "bridge": 0.7, "outro": 0.7}


def _guitar(stage: Stage, piece: Piece, bars: Bars) -> None:
    strings = stage.part("guitar", gain=0.52, pan=-0.12, room=0.16)
    rng = piece.rng(1)
    picks = {name: PICKS[int(rng.integers(len(PICKS)))] for name in ("intro", "A", "B", "bridge", "outro")}
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones[:3], before, low=52, high=69)
        level = LOUDNESS.get(bar.section, 0.85)
        root = theory.bass_note(bar.harmony, low=40)
        thumb = (root, before[0] - 12 if before[0] - 12 > 38 else before[0])
        for eighth, pick in enumerate(picks.get(bar.section, PICKS[0])[: piece.beats * 2]):
            at = max(0.0, time_of(piece, bar, eighth / 2) + 0.005 * float(rng.standard_normal()))
            if eighth % 4 == 0 or (eighth % 2 == 0 and pick is None):
                tone = stage.tone(struck.plucked_string, thumb[(eighth // 2) % 2], 1.6, bright=0.25, seed=1)
                strings.add(tone, at, level * 0.95, -0.1)
            if pick is not None:
                tone = stage.tone(struck.plucked_string, before[pick], 1.4, bright=0.5, seed=1)
                strings.add(tone, at, level * (0.62 + 0.06 * float(rng.standard_normal())), 0.06)
        if bar.index == len(bars) - 1:
            for order, note in enumerate((root, *before)):
                strings.add(
                    stage.tone(struck.plucked_string, note, 3.0, bright=0.4, seed=1),
                    time_of(piece, bar, piece.beats) + 0.05 * order,
                    0.7,
                )


def _tune(stage: Stage, piece: Piece, bars: Bars) -> None:
    """The tune: steel string (colour 0), clarinet (1) or low whistle of a voice (2)."""
    make = (struck.plucked_string, sustained.clarinet, sustained.solo_string)[piece.colour % 3]
    tune = stage.part("tune", gain=0.55 if piece.colour == 0 else 0.42, pan=0.16, room=0.24)
    rng = piece.rng(2)
    for note in melody.line(piece, bars, kind="song", low=64, high=81, sections="A B", rest=0.2):
        if note.beat >= piece.beats or (note.bar.section == "A" and note.bar.turn == 0 and note.bar.place < 2):
            continue
        at = time_of(piece, note.bar, note.beat) + 0.006 * abs(float(rng.standard_normal()))
        tune.add(stage.tone(make, note.midi, note.length * piece.beat + 0.15), at, note.weight)


def _company(stage: Stage, piece: Piece, bars: Bars) -> None:
    """Strings under B, a soft foot on the floor."""
    desk = stage.part("desk", gain=0.28, room=0.4)
    foot = stage.part("foot", gain=0.34, room=0.12)
    before: tuple[int, ...] = ()
    for bar in bars:
        if bar.section == "B":
            before = theory.voicing(bar.harmony.tones[:3], before, low=55, high=74)
            for note in before:
                desk.add(stage.tone(sustained.strings, note, piece.beats * piece.beat, attack=0.5, dark=1500), bar.at)
        if bar.section in ("A", "B") and bar.turn + (bar.section == "B") > 0:
            for beat in range(0, piece.beats, 2):
                foot.add(stage.tone(drums.kick, deep=62.0, hard=0.1, length=0.22), time_of(piece, bar, beat), 0.8)
                foot.add(stage.tone(drums.shaker, seed=6), time_of(piece, bar, beat + 1), 0.4, 0.3)


def play(piece: Piece, bars: Bars) -> Stage:
    """Set the stage for a porch."""
    stage = Stage(piece.seconds, space.room(1.2, dark=1.1, early=0.01, seed=19))
    _guitar(stage, piece, bars)
    _tune(stage, piece, bars)
    _company(stage, piece, bars)
    return stage


STYLE = Style(play=play, lowpass=14_500, high_shelf=3.5, drive=1.1, target=-15.5, fade_out=2.5)
