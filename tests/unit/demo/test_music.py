"""The music is the same each time, level, clean, and has a shape."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from bandstand.demo.catalogue import RELEASES
from bandstand.demo.music import form, master, melody, theory
from bandstand.demo.music.form import Piece
from bandstand.demo.music.render import Rendered, render
from bandstand.demo.music.signal import RATE

SHORT = Piece(
    style="rhodes",
    seed=3,
    bpm=120,
    scale="C major",
    a="Cmaj9 Am9 Dm9 G13",
    b="Fmaj9 Em7 Dm9 G13",
    form="intro:1 A:2 B:2 outro:1",
    colour=1,
)
PICKED = {"chamber": ("sma-sviter", 2), "lofi": ("ame-no-hi-no-kissaten", 0)}


@lru_cache(maxsize=4)
def _played(style: str) -> tuple[Piece, Rendered]:
    slug, number = PICKED[style]
    piece = next(release for release in RELEASES if release.slug == slug).tracks[number].piece
    return piece, render(piece)


@pytest.fixture(scope="module")
def short() -> Rendered:
    """Return a few bars, rendered once."""
    return render(SHORT)


def _levels(sound: Rendered) -> np.ndarray:
    return sound.pcm.T.astype(np.float32) / 32768


def test_the_same_piece_gives_the_same_samples(short):
    assert render(SHORT).pcm.tobytes() == short.pcm.tobytes()


def test_another_seed_gives_another_performance(short):
    other = Piece(**{name: getattr(SHORT, name) for name in SHORT.__slots__} | {"seed": 4})
    assert short.pcm.tobytes() != render(other).pcm.tobytes()


@pytest.mark.parametrize("style", PICKED)
def test_a_track_lasts_as_long_as_its_piece_says(style):
    piece, sound = _played(style)
    assert sound.seconds == pytest.approx(piece.seconds, abs=0.01)


@pytest.mark.parametrize("style", PICKED)
def test_a_track_is_level_and_does_not_clip(style):
    sound = _levels(_played(style)[1])
    assert -16.6 < master.loudness(sound) < -13.8
    assert np.abs(sound).max() <= master.CEILING + 1e-3
    assert np.abs(sound.mean(axis=1)).max() < 0.001


@pytest.mark.parametrize("style", PICKED)
def test_what_lies_between_the_samples_stays_under_a_decibel_below_full_scale(style):
    sound = _levels(_played(style)[1])
    loudest = int(np.abs(sound).max(axis=0).argmax())
    start = min(max(0, loudest - 2048), sound.shape[1] - 4096)
    spectrum = np.fft.rfft(sound[:, start : start + 4096], axis=1)
    fine = np.fft.irfft(np.pad(spectrum, ((0, 0), (0, 3 * 2048))), 4 * 4096, axis=1) * 4
    assert np.abs(fine[:, 1024:-1024]).max() < 10 ** (-1 / 20)


@pytest.mark.parametrize("style", PICKED)
def test_a_track_starts_and_ends_in_silence_and_is_stereo(style):
    sound = _levels(_played(style)[1])
    assert np.abs(sound[:, :4]).max() < 0.01
    assert np.abs(sound[:, -200:]).max() < 0.002
    assert 0.05 < np.corrcoef(sound)[0, 1] < 0.98


def test_the_middle_is_louder_than_the_way_in():
    piece, sound = _played("lofi")
    starts = dict(form.section_starts(piece))
    power = {
        name: np.mean(_levels(sound)[:, int(at * RATE) : int((at + 5) * RATE)] ** 2) for name, at in starts.items()
    }
    assert power["B"] > 1.2 * power["intro"]


def test_loudness_of_a_full_scale_sine_is_as_the_standard_says():
    tone = np.sin(2 * np.pi * 997 * np.arange(RATE * 10) / RATE).astype(np.float32)
    one_side = np.stack([tone, np.zeros_like(tone)])
    assert master.loudness(one_side) == pytest.approx(-3.01, abs=0.1)  # ITU-R BS.1770-4, annex 1


def test_the_limiter_keeps_the_ceiling_and_leaves_quiet_sound_alone():
    quiet = np.full((2, 5000), 0.1, dtype=np.float32)
    loud = quiet.copy()
    loud[:, 2500] = 3.0
    assert np.array_equal(master.limit(quiet), quiet)
    limited = master.limit(loud)
    assert np.abs(limited).max() <= master.CEILING
    assert limited[0, 0] == pytest.approx(0.1)


def test_voices_move_little_from_chord_to_chord():
    before: tuple[int, ...] = ()
    for harmony in theory.progression("Dm9 G13 Cmaj9 A7alt"):
        now = theory.voicing(harmony.tones, before, low=52, high=71)
        assert {note % 12 for note in now} == set(harmony.tones)
        if before:
            assert sum(abs(a - b) for a, b in zip(now, before, strict=True)) <= 14
        before = now


@pytest.mark.parametrize(("symbol", "above"), [("C", 7), ("Dm7b5", 6), ("D/F#", 8), ("A7alt", 8), ("C7b9", 7)])
def test_a_bass_avoids_fifths_that_rub(symbol, above):
    harmony = theory.chord(symbol)
    note = theory.bass_note(harmony, low=36)
    assert theory.fifth(harmony, note) == note + above


def test_strong_notes_of_a_melody_belong_to_the_chord():
    for note in melody.line(SHORT, form.bars_of(SHORT), kind="song", low=60, high=80, sections="A B"):
        if note.length >= 1.5:
            assert note.midi % 12 in note.bar.harmony.tones


def test_a_piece_comes_home():
    assert form.bars_of(SHORT)[-1].harmony == theory.chord("Cmaj9")


def test_an_unknown_chord_is_refused():
    with pytest.raises(ValueError, match="Hm7"):
        theory.chord("Hm7")
