"""Solo electric piano, sometimes with bass and brushes: two hands, close and unhurried."""

from __future__ import annotations

from bandstand.demo.music import drums, melody, space, struck, theory
from bandstand.demo.music.form import Piece, time_of
from bandstand.demo.music.stage import Part, Stage, tremolo
from bandstand.demo.music.style import Bars, Style

LEFT = (((0, 1.9), (2.5, 1.3)), ((0, 3.4),), ((0, 0.9), (1.5, 2.2)), ((0.5, 1.2), (2, 1.8)))


def _left_hand(stage: Stage, piece: Piece, bars: Bars, keys: Part) -> None:
    rng = piece.rng(1)
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones, before, low=50, high=68)
        root = theory.bass_note(bar.harmony, low=36)
        ring = 3.4 * piece.beat
        keys.add(stage.tone(struck.electric_piano, root, ring, bite=0.3), bar.at + 0.006, 0.72, -0.15)
        for beat, length in LEFT[int(rng.integers(len(LEFT)))]:
            spread = 0.03 if bar.section in ("intro", "outro", "bridge") else 0.011
            level = 0.5 + 0.05 * float(rng.standard_normal()) + 0.08 * (bar.section == "B")
            for order, note in enumerate(before):
                at = time_of(piece, bar, beat) + spread * order + 0.004 * abs(float(rng.standard_normal()))
                keys.add(
                    stage.tone(struck.electric_piano, note, length * piece.beat, bite=0.4), at, level, (note - 60) / 60
                )


def _right_hand(stage: Stage, piece: Piece, bars: Bars, keys: Part) -> None:
    rng = piece.rng(2)
    for note in melody.line(
        piece, bars, kind="lazy" if piece.swing else "song", low=65, high=84, sections="A B bridge", rest=0.2
    ):
        at = time_of(piece, note.bar, note.beat) + 0.008 * abs(float(rng.standard_normal()))
        keys.add(
            stage.tone(struck.electric_piano, note.midi, note.length * piece.beat, bite=0.75),
            at,
            note.weight,
            (note.midi - 70) / 50,
        )
        if note.bar.section == "B" and note.length >= 1.5:
            under = theory.nearest(note.midi - 5, set(note.bar.harmony.tones), low=58, high=note.midi - 3)
            keys.add(
                stage.tone(struck.electric_piano, under, note.length * piece.beat, bite=0.5), at, note.weight * 0.6
            )


def _company(stage: Stage, piece: Piece, bars: Bars) -> None:
    """Bass and brushes (colour 1)."""
    bass = stage.part("bass", gain=0.52, room=0.04)
    kit = stage.part("kit", gain=0.26, room=0.14)
    for bar in bars:
        if bar.section in ("intro", "outro"):
            continue
        root, goal = theory.bass_note(bar.harmony, low=33), theory.bass_note(bar.after, low=33)
        near = goal + (1 if goal < root else -1)
        fifth = theory.fifth(bar.harmony, root)
        walk = ((0, root), (1, fifth), (2, root + 12), (3, near)) if bar.section == "B" else ((0, root), (2.5, fifth))
        for beat, note in walk:
            bass.add(stage.tone(struck.upright_bass, note, piece.beat * 0.95), time_of(piece, bar, beat), 0.75)
        for beat in range(4):
            kit.add(
                stage.tone(drums.brush, seed=9),
                max(0.0, time_of(piece, bar, beat) - 0.1),
                0.75 if beat % 2 else 0.45,
                0.2,
            )
            if beat % 2:
                kit.add(stage.tone(drums.hat, seed=4, length=0.06, bright=7000.0), time_of(piece, bar, beat), 0.35, 0.3)
            kit.add(
                stage.tone(drums.kick, deep=56.0, hard=0.1, length=0.22),
                time_of(piece, bar, beat),
                0.5 if beat == 0 else 0.25,
            )


def play(piece: Piece, bars: Bars) -> Stage:
    """Set the stage for one player by a lamp."""
    stage = Stage(
        piece.seconds,
        space.room(1.0 if piece.live else 1.5, dark=1.2, early=0.01, seed=31),
        space.echo(piece.beat * 0.75, feedback=0.3, taps=3),
    )
    keys = stage.part("keys", gain=0.62, room=0.18, echo=0.06)
    _left_hand(stage, piece, bars, keys)
    _right_hand(stage, piece, bars, keys)
    tremolo(keys.sound, 3.6, 0.2)
    if piece.colour:
        _company(stage, piece, bars)
    return stage


STYLE = Style(play=play, lowpass=12_500, high_shelf=4.5, drive=1.25, target=-15.5, fade_out=2.5)
