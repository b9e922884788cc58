"""Lo-fi hip hop: dusty drums behind the beat, electric piano ninths, a round bass, rain of vinyl."""

from __future__ import annotations

from bandstand.demo.music import drums, melody, space, struck, theory
from bandstand.demo.music.form import Piece, time_of
from bandstand.demo.music.stage import Stage, tremolo
from bandstand.demo.music.style import Bars, Style

KICKS = ((0, 2.5), (0, 1.75, 2.5), (0, 0.75, 2.5), (0, 2.25, 2.75))
COMPS = (((0, 1.4), (1.75, 1.9)), ((0, 0.9), (1.5, 0.9), (2.5, 1.4)), ((0.5, 1.4), (2.25, 1.6)), ((0, 3.6),))


def _beat(stage: Stage, piece: Piece, bars: Bars) -> None:
    kit = stage.part("kit", gain=0.62, room=0.07)
    tops = stage.part("tops", gain=0.30, room=0.08)
    rng = piece.rng(1)
    kicks = KICKS[int(rng.integers(len(KICKS)))]
    for bar in bars:
        if bar.section in ("intro", "outro") and bar.place < 2:
            continue
        if bar.section != "bridge":
            for beat in kicks + ((3.75,) if bar.place % 4 == 3 else ()):
                at = time_of(piece, bar, beat)
                stage.kicks.append(at)
                kit.add(stage.tone(drums.kick, deep=52.0, hard=0.35), at, 0.95)
            for beat in (1, 3):
                kit.add(stage.tone(drums.snare, seed=1, bright=4200.0), time_of(piece, bar, beat) + 0.014, 0.72)
            if bar.place % 2:
                kit.add(stage.tone(drums.snare, seed=1, bright=4200.0), time_of(piece, bar, 3.75), 0.16)
        for eighth in range(8):
            level = (0.62 if eighth % 2 == 0 else 0.38) + 0.08 * float(rng.standard_normal())
            at = time_of(piece, bar, eighth / 2) + (piece.swing * 0.2 * piece.beat if eighth % 2 else 0.0)
            tops.add(
                stage.tone(drums.hat, seed=4, bright=7800.0),
                at + 0.004 * abs(float(rng.standard_normal())),
                max(0.1, level),
                0.18,
            )


def _keys(stage: Stage, piece: Piece, bars: Bars) -> None:
    keys = stage.part("keys", gain=0.40, room=0.2, duck=0.22)
    rng = piece.rng(2)
    comp = {name: COMPS[int(rng.integers(len(COMPS)))] for name in ("intro", "A", "B", "bridge", "outro")}
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones, before, low=52, high=72)
        for beat, length in comp.get(bar.section, COMPS[0]):
            for order, note in enumerate(before):
                at = time_of(piece, bar, beat) + 0.009 * order + 0.004 * abs(float(rng.standard_normal()))
                keys.add(
                    stage.tone(struck.electric_piano, note, length * piece.beat, bite=0.35), at, 0.6, (note - 62) / 40
                )
    tremolo(keys.sound, 4.2, 0.16)


def _bass(stage: Stage, piece: Piece, bars: Bars) -> None:
    bass = stage.part("bass", gain=0.62, room=0.02, duck=0.3)
    for bar in bars:
        if bar.section == "intro" or (bar.section == "outro" and bar.last):
            continue
        root = theory.bass_note(bar.harmony, low=33)
        step = theory.bass_note(bar.after, low=33)
        lead = step + (1 if step < root else -1)
        for beat, length, note in (
            (0, 1.4, root),
            (1.75, 0.6, root),
            (2.5, 0.9, theory.fifth(bar.harmony, root)),
            (3.5, 0.4, lead),
        ):
            if bar.section == "bridge" and beat:
                continue
            bass.add(
                stage.tone(struck.round_bass, note, length * piece.beat, growl=0.25),
                time_of(piece, bar, beat),
                0.85 if beat == 0 else 0.65,
            )


def _tune(stage: Stage, piece: Piece, bars: Bars) -> None:
    make = (struck.mallet, struck.plucked_string, struck.bell)[piece.colour % 3]
    tune = stage.part("tune", gain=0.36, pan=0.1, room=0.3, echo=0.22)
    for note in melody.line(piece, bars, kind="lazy", low=67, high=84, sections="A B bridge", rest=0.25):
        if note.bar.section == "A" and note.bar.turn == 0 and note.bar.place < 4:
            continue
        late = 0.02 if note.beat % 1 else 0.012
        tune.add(
            stage.tone(make, note.midi, note.length * piece.beat),
            time_of(piece, note.bar, note.beat) + late,
            note.weight,
        )


def play(piece: Piece, bars: Bars) -> Stage:
    """Set the stage for a rainy window."""
    stage = Stage(
        piece.seconds, space.room(1.1, dark=1.5), space.echo(piece.beat * 0.75, feedback=0.42, taps=4, dark=1.2)
    )
    _beat(stage, piece, bars)
    _keys(stage, piece, bars)
    _bass(stage, piece, bars)
    _tune(stage, piece, bars)
    if not piece.live:
        stage.part("dust", gain=0.16, room=0.0).add(drums.crackle(piece.seed, piece.seconds - 1.0), 0.0)
    return stage


STYLE = Style(play=play, lowpass=8_500, low_shelf=0.5, high_shelf=4.0, drive=1.5, target=-15.0, fade_out=3.0)
