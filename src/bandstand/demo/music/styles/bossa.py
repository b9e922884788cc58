"""Bossa nova: nylon guitar against the beat, a walking two-feel, brushes, a tune for voice or vibraphone."""

from __future__ import annotations

from bandstand.demo.music import drums, melody, space, struck, sustained, theory
from bandstand.demo.music.form import Piece, time_of
from bandstand.demo.music.stage import Stage
from bandstand.demo.music.style import Bars, Style

COMP = ((0.0, 1.5, 2.5), (0.5, 2.0, 3.5))  # the two bars of the clave that the guitar keeps
CLAVE = ((0.0, 1.5, 3.0), (1.0, 2.5))


def _guitar(stage: Stage, piece: Piece, bars: Bars) -> None:
    guitar = stage.part("guitar", gain=0.46, pan=-0.25, room=0.14)
    rng = piece.rng(1)
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones, before, low=52, high=71)
        for beat in COMP[bar.place % 2]:
            level = 0.58 + 0.05 * float(rng.standard_normal())
            for order, note in enumerate(before):
                at = time_of(piece, bar, beat) + 0.006 * order
                guitar.add(stage.tone(struck.nylon_chord_tone, note, 0.5 if beat % 1 else 0.8), at, level)


def _bass(stage: Stage, piece: Piece, bars: Bars) -> None:
    bass = stage.part("bass", gain=0.6, room=0.05)
    for bar in bars:
        if bar.section == "intro" and bar.place < 2:
            continue
        root = theory.bass_note(bar.harmony, low=34)
        fifth = theory.fifth(bar.harmony, root)
        fifth -= 12 if fifth >= 48 else 0
        for beat, length, note in ((0, 1.4, root), (1.5, 0.45, root), (2, 1.4, fifth), (3.5, 0.45, fifth)):
            bass.add(
                stage.tone(struck.upright_bass, note, length * piece.beat),
                time_of(piece, bar, beat),
                0.85 if length > 1 else 0.5,
            )


def _percussion(stage: Stage, piece: Piece, bars: Bars) -> None:
    kit = stage.part("kit", gain=0.30, room=0.16)
    rng = piece.rng(3)
    for bar in bars:
        if bar.section in ("intro", "outro"):
            continue
        for eighth in range(8):
            level = (0.55 if eighth % 2 == 0 else 0.36) + 0.06 * float(rng.standard_normal())
            kit.add(stage.tone(drums.shaker, seed=6), time_of(piece, bar, eighth / 2), max(0.1, level), 0.4)
        for beat in CLAVE[bar.place % 2]:
            kit.add(stage.tone(drums.rim, seed=8), time_of(piece, bar, beat), 0.55, -0.3)
        for beat in (0, 1.5, 2, 3.5):
            kit.add(
                stage.tone(drums.kick, deep=58.0, hard=0.1, length=0.2),
                time_of(piece, bar, beat),
                0.5 if beat % 1 else 0.75,
            )
        if bar.section == "B":
            for beat in (1, 3):
                kit.add(stage.tone(drums.brush, seed=9), time_of(piece, bar, beat) - 0.12, 0.6, 0.1)


def _tune(stage: Stage, piece: Piece, bars: Bars) -> None:
    voice = stage.part("voice", gain=0.50, room=0.2, echo=0.05)
    answer = stage.part("answer", gain=0.34, pan=0.3, room=0.24)
    vowels = ("oo", "ah", "oh")
    singing = piece.colour != 1
    for number, note in enumerate(melody.line(piece, bars, kind="bossa", low=60, high=77, sections="A B", rest=0.1)):
        length, at = note.length * piece.beat * 0.95, time_of(piece, note.bar, note.beat) + 0.015
        vibes = not singing or (note.bar.section == "A" and note.bar.turn % 2 == 1)
        if vibes:
            answer.add(stage.tone(struck.mallet, note.midi + 12, length), at, note.weight)
        else:
            voice.add(
                stage.tone(sustained.voice_lead, note.midi, length, sung=vowels[number % 3]), at, note.weight * 0.9
            )


def _keys(stage: Stage, piece: Piece, bars: Bars) -> None:
    keys = stage.part("keys", gain=0.24, pan=0.22, room=0.22)
    before: tuple[int, ...] = ()
    for bar in bars:
        if bar.section not in ("B", "bridge", "outro"):
            continue
        before = theory.voicing(bar.harmony.tones, before, low=58, high=76)
        for note in before:
            keys.add(stage.tone(struck.electric_piano, note, 3 * piece.beat, bite=0.25), time_of(piece, bar, 0), 0.5)


def play(piece: Piece, bars: Bars) -> Stage:
    """Set the stage for a small bar after rain."""
    stage = Stage(
        piece.seconds,
        space.room(1.3, dark=1.1, early=0.012, seed=23),
        space.echo(piece.beat * 0.75, feedback=0.35, taps=3),
    )
    for player in (_guitar, _bass, _percussion, _tune, _keys):
        player(stage, piece, bars)
    return stage


STYLE = Style(play=play, lowpass=13_500, high_shelf=5.0, drive=1.15, target=-15.0, fade_out=3.0)
