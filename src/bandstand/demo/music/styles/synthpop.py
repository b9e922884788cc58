"""Synth-pop: four on the floor or half-time, plucked sequences, a singing lead, pads that breathe with the kick."""

from __future__ import annotations

from bandstand.demo.music import drums, melody, space, struck, sustained, theory
from bandstand.demo.music.form import Bar, Piece, time_of
from bandstand.demo.music.stage import Stage
from bandstand.demo.music.style import Bars, Style

FULL = ("B", "C")


def _drums(stage: Stage, piece: Piece, bars: Bars) -> None:
    kit = stage.part("kit", gain=0.62, room=0.04)
    claps = stage.part("claps", gain=0.34, room=0.28)
    tops = stage.part("tops", gain=0.22, room=0.06, pan=0.12)
    half = piece.colour == 1
    for bar in bars:
        if bar.section == "intro" and bar.place < bar.length // 2:
            continue
        beats: tuple[float, ...] = (0, 1.75, 2.5) if half else (0, 1, 2, 3)
        if bar.section in ("bridge", "outro"):
            beats = (0,)
        for beat in beats:
            at = time_of(piece, bar, beat)
            stage.kicks.append(at)
            kit.add(stage.tone(drums.kick, deep=48.0, hard=0.6, length=0.28), at, 0.9)
        if bar.section in ("A", "B", "C"):
            for beat in (2,) if half else (1, 3):
                kit.add(stage.tone(drums.snare, seed=12, tone=175.0, bright=6000.0), time_of(piece, bar, beat), 0.42)
                claps.add(stage.tone(drums.clap, seed=2), time_of(piece, bar, beat), 0.8)
            for sixteenth in range(16):
                level = (0.2, 0.28, 0.7, 0.28)[sixteenth % 4] * (1.0 if bar.section in FULL else 0.7)
                long = 0.11 if sixteenth % 8 == 6 and bar.section in FULL else 0.045
                tops.add(stage.tone(drums.hat, seed=4, length=long), time_of(piece, bar, sixteenth / 4), level)
        if bar.last and bar.section in ("A", "bridge"):
            for step in range(4):
                kit.add(
                    stage.tone(drums.snare, seed=12, tone=175.0, bright=6000.0),
                    time_of(piece, bar, 3 + step / 4),
                    0.16 + 0.09 * step,
                )


def _sequence(stage: Stage, piece: Piece, bars: Bars) -> None:
    """Plucked sixteenths or eighths over the chord."""
    pluck = stage.part("pluck", gain=0.26, room=0.16, echo=0.24, duck=0.35)
    pattern = tuple(int(step) for step in piece.rng(5).permutation([0, 1, 2, 3, 2, 1, 0, 2]))
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones[:4], before, low=60, high=77)
        step = 0.25 if bar.section in FULL else 0.5
        if bar.section == "bridge":
            step = 1.0
        for number in range(int(piece.beats / step)):
            note = before[pattern[number % 8] % len(before)] + (12 if number % 8 == 7 else 0)
            level = 0.62 + 0.2 * (number % 4 == 0)
            tone = stage.tone(struck.pluck_synth, note, 0.3, open_to=3000.0 if bar.section in FULL else 1700.0)
            pluck.add(tone, time_of(piece, bar, number * step), level, 0.35 if number % 2 else -0.35)


def _ground(stage: Stage, piece: Piece, bars: Bars) -> None:
    pads = stage.part("pad", gain=0.26, room=0.3, duck=0.5)
    bass = stage.part("bass", gain=0.50, room=0.01, duck=0.5)
    before: tuple[int, ...] = ()
    for bar in bars:
        before = theory.voicing(bar.harmony.tones[:4], before, low=52, high=70)
        for note in before:
            cutoff = {"B": 1700, "C": 1900, "bridge": 1300}.get(bar.section, 950)
            pads.add(
                stage.tone(sustained.pad, note, piece.beats * piece.beat, cutoff=cutoff, attack=0.25, release=0.5),
                bar.at,
            )
        if bar.section in ("intro", "bridge"):
            continue
        root = theory.bass_note(bar.harmony, low=33)
        for eighth in range(8):
            if bar.section == "outro" and eighth:
                break
            note = root + (12 if eighth in (3, 6) and bar.section in FULL else 0)
            tone = stage.tone(sustained.synth_bass, note, piece.beat * 0.42, cutoff=640 if bar.section in FULL else 460)
            bass.add(tone, time_of(piece, bar, eighth / 2), 0.85 if eighth % 2 == 0 else 0.68)


def _sings(bar: Bar) -> bool:
    return bar.section in ("A", "B", "C", "bridge")


def _lead(stage: Stage, piece: Piece, bars: Bars) -> None:
    voice = stage.part("voice", gain=0.44, room=0.24, echo=0.16)
    synth = stage.part("lead", gain=0.22, room=0.24, echo=0.2)
    vowels = ("ah", "oh", "eh", "oo")
    for number, note in enumerate(
        melody.line(piece, bars, kind="song", low=62, high=79, sections="A B C bridge", rest=0.12)
    ):
        if not _sings(note.bar):
            continue
        at, length = time_of(piece, note.bar, note.beat), note.length * piece.beat * 0.94
        voice.add(stage.tone(sustained.voice_lead, note.midi, length, sung=vowels[number % 4]), at, note.weight)
        if note.bar.section in FULL:
            synth.add(stage.tone(sustained.synth_lead, note.midi + 12, length, cutoff=2600), at, note.weight * 0.8)
            third = theory.nearest(note.midi - 4, set(note.bar.harmony.tones), low=55, high=note.midi - 2)
            voice.add(stage.tone(sustained.voice_lead, third, length, sung="oo"), at, note.weight * 0.45, 0.4)


def play(piece: Piece, bars: Bars) -> Stage:
    """Set the stage for a lit-up night train."""
    stage = Stage(
        piece.seconds, space.room(1.7, dark=0.9, early=0.018), space.echo(piece.beat * 0.75, feedback=0.45, taps=5)
    )
    _drums(stage, piece, bars)
    _sequence(stage, piece, bars)
    _ground(stage, piece, bars)
    _lead(stage, piece, bars)
    return stage


STYLE = Style(play=play, lowpass=15_500, high_shelf=5.0, drive=1.4, target=-14.2, fade_out=3.0)
