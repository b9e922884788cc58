"""A string quartet: inner voices that move, a first violin that sings, pizzicato where it's light."""

from __future__ import annotations

from bandstand.demo.music import melody, space, struck, sustained, theory
from bandstand.demo.music.form import Piece, time_of
from bandstand.demo.music.stage import Part, Stage
from bandstand.demo.music.style import Bars, Style

LOUDNESS = {"intro": 0.55, "A": 0.72, "B": 0.9, "C": 1.0, "bridge": 0.6, "outro": 0.55}


def _inner(stage: Stage, piece: Piece, bars: Bars, second: Part, viola: Part) -> None:
    """Second violin and viola: long tones, rocking eighths in B, pizzicato in the bridge."""
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones[:3], before, low=53, high=72)
        level = LOUDNESS.get(bar.section, 0.7)
        if bar.section == "bridge" or (piece.colour == 1 and bar.section == "A"):
            for eighth in range(piece.beats * 2):
                note = before[(0, 2, 1, 2)[eighth % 4]]
                part = viola if eighth % 2 == 0 else second
                part.add(
                    stage.tone(struck.plucked_string, note, 0.5, bright=0.2, seed=3),
                    time_of(piece, bar, eighth / 2),
                    level * 0.9,
                )
        elif bar.section in ("B", "C"):
            for eighth in range(piece.beats * 2):
                pair = (before[2], before[1]) if eighth % 2 else (before[1], before[0])
                accent = 1.0 if eighth % 4 == 0 else 0.78
                second.add(
                    stage.tone(sustained.solo_string, pair[0], piece.beat * 0.45, dark=2000),
                    time_of(piece, bar, eighth / 2),
                    level * accent * 0.62,
                )
                viola.add(
                    stage.tone(sustained.solo_string, pair[1], piece.beat * 0.45, dark=1700),
                    time_of(piece, bar, eighth / 2),
                    level * accent * 0.62,
                )
        else:
            width = piece.beats * piece.beat
            for part, note in ((second, before[2]), (viola, before[1]), (viola, before[0])):
                part.add(
                    stage.tone(sustained.strings, note, width, players=2, attack=0.3, dark=1900), bar.at, level * 0.7
                )


def _cello(stage: Stage, piece: Piece, bars: Bars) -> None:
    cello = stage.part("cello", gain=0.52, pan=0.42, room=0.3)
    for bar in bars:
        note = theory.bass_note(bar.harmony, low=36)
        level = LOUDNESS.get(bar.section, 0.7)
        if bar.section == "bridge":
            for beat in range(0, piece.beats, 2):
                cello.add(stage.tone(struck.upright_bass, note, 1.0), time_of(piece, bar, beat), level)
            continue
        width = piece.beats * piece.beat
        fifth = theory.fifth(bar.harmony, note) if bar.section in ("B", "C") else note
        cello.add(stage.tone(sustained.solo_string, note, width * 0.5, dark=1300), bar.at, level)
        cello.add(
            stage.tone(sustained.solo_string, fifth, width * 0.48, dark=1300),
            time_of(piece, bar, piece.beats / 2),
            level * 0.85,
        )


def _first(stage: Stage, piece: Piece, bars: Bars) -> None:
    first = stage.part("first", gain=0.58, pan=-0.38, room=0.36)
    rng = piece.rng(8)
    for note in melody.line(
        piece, bars, kind="song" if piece.colour else "slow", low=67, high=86, sections="A B C", rest=0.1
    ):
        if note.beat >= piece.beats:
            continue
        length = min(note.length, piece.beats - note.beat + 0.5) * piece.beat * 0.97
        at = time_of(piece, note.bar, note.beat) + 0.012 * abs(float(rng.standard_normal()))
        first.add(
            stage.tone(sustained.solo_string, note.midi, length), at, note.weight * LOUDNESS.get(note.bar.section, 0.7)
        )


def play(piece: Piece, bars: Bars) -> Stage:
    """Seat the quartet from left to right in a wooden hall."""
    stage = Stage(piece.seconds, space.room(1.9, dark=1.0, early=0.02, seed=14))
    second = stage.part("second", gain=0.50, pan=-0.15, room=0.32)
    viola = stage.part("viola", gain=0.52, pan=0.16, room=0.32)
    _inner(stage, piece, bars, second, viola)
    _cello(stage, piece, bars)
    _first(stage, piece, bars)
    return stage


STYLE = Style(play=play, lowpass=13_500, high_shelf=4.0, drive=1.05, target=-16.0, fade_in=0.05, fade_out=3.0)
