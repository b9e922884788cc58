"""Voices without words over a low drone: a slow procession of chords, a soloist above them."""

from __future__ import annotations

from bandstand.demo.music import melody, space, struck, sustained, theory
from bandstand.demo.music.form import Piece, time_of
from bandstand.demo.music.stage import Stage
from bandstand.demo.music.style import Bars, Style

LEVEL = {"intro": 0.6, "A": 0.75, "B": 1.0, "bridge": 0.7, "outro": 0.6}
SUNG = {"intro": "oo", "A": "oo", "B": "oh", "bridge": "oo", "outro": "oo"}


def _choir(stage: Stage, piece: Piece, bars: Bars) -> None:
    altos = stage.part("upper", gain=0.44, room=0.5)
    men = stage.part("lower", gain=0.48, room=0.4)
    before: tuple[int, ...] = ()
    width = piece.beats * piece.beat
    for bar in bars:
        before = theory.voicing(bar.harmony.tones[:4], before, low=55, high=74)
        level = LEVEL.get(bar.section, 0.8)
        for number, note in enumerate(before):
            at = bar.at + (0.12 * number if bar.section == "intro" else 0.0)
            altos.add(stage.tone(sustained.choir, note, width, sung=SUNG.get(bar.section, "oo")), at, level * 0.8)
        bass = theory.bass_note(bar.harmony, low=40)
        men.add(stage.tone(sustained.choir, bass, width, sung="oh", singers=3), bar.at, level)
        if bar.section == "B":
            men.add(stage.tone(sustained.choir, bass + 12, width, sung="oh", singers=2), bar.at, level * 0.6)


def _soloist(stage: Stage, piece: Piece, bars: Bars) -> None:
    solo = stage.part("solo", gain=0.42, room=0.6, echo=0.15)
    for number, note in enumerate(melody.line(piece, bars, kind="slow", low=67, high=81, sections="A B", rest=0.2)):
        if note.bar.section == "A" and note.bar.turn == 0:
            continue
        tone = stage.tone(sustained.voice_lead, note.midi, note.length * piece.beat, sung="ah" if number % 3 else "oo")
        solo.add(tone, time_of(piece, note.bar, note.beat), note.weight, 0.1)


def _drone(stage: Stage, piece: Piece, bars: Bars) -> None:
    low = stage.part("drone", gain=0.34, room=0.1)
    bells = stage.part("bells", gain=0.16, room=0.8, echo=0.4)
    for bar in bars:
        root = theory.bass_note(bar.harmony, low=33)
        low.add(stage.tone(struck.sub_bass, root, piece.beats * piece.beat), bar.at, LEVEL.get(bar.section, 0.7))
        if bar.place % 4 == 0:
            bells.add(
                stage.tone(struck.bell, theory.nearest(81, set(bar.harmony.tones[:2]), low=74, high=88), 3.0),
                bar.at,
                0.8,
            )
        if piece.colour == 1 and bar.section in ("A", "B"):
            for beat in (0, 1.5, 3):
                note = theory.nearest(62 + 4 * beat, set(bar.harmony.tones), low=57, high=79)
                bells.add(
                    stage.tone(struck.plucked_string, note, 2.0, bright=0.35, seed=4),
                    time_of(piece, bar, beat),
                    1.1,
                    beat / 4 - 0.4,
                )


def play(piece: Piece, bars: Bars) -> Stage:
    """Set the stage for a stone chapel."""
    stage = Stage(
        piece.seconds,
        space.room(4.0, dark=1.25, early=0.03, seed=29),
        space.echo(piece.beat * 1.0, feedback=0.4, taps=3),
    )
    _choir(stage, piece, bars)
    _soloist(stage, piece, bars)
    _drone(stage, piece, bars)
    return stage


STYLE = Style(play=play, lowpass=12_500, high_shelf=6.0, target=-16.0, fade_in=0.5, fade_out=4.0)
