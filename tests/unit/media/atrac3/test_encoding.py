"""The encoder: what comes out again, how good it is, and what it takes no notice of."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.media.atrac3 import music

from bandstand.media.codecs.atrac3 import DELAY, FRAME, K105, LP2, LP4, _analysis, _attacks
from bandstand.media.codecs.atrac3._allocation import Terms, allocate, by_numpy
from bandstand.media.codecs.atrac3._pack import unit_bits
from bandstand.media.codecs.atrac3._parse import parse_units
from bandstand.media.codecs.atrac3._speed import twins
from bandstand.media.codecs.atrac3.decoder import decoded
from bandstand.media.codecs.atrac3.encoder import Effort, Encoder, encoded

MODES = (LP2, K105, LP4)
seeds = st.integers(0, 2**32 - 1)


def whole(sound, mode, effort=Effort.BALANCED):
    return b"".join(encoded([sound], mode=mode, effort=effort))


def back(stream, mode, samples):
    parts = list(decoded([stream], frame_bytes=mode.frame_bytes, joint=mode.joint, samples=samples))
    return np.concatenate(parts)


def through(sound, mode, effort=Effort.BALANCED):
    return back(whole(sound, mode, effort), mode, len(sound))


@pytest.mark.parametrize("effort", Effort)
@pytest.mark.parametrize(("mode", "least"), [(LP2, 26), (K105, 24), (LP4, 20)])
def test_what_is_encoded_comes_out_again(mode, least, effort):
    sound = music.chords()
    heard = through(sound, mode, effort)
    assert heard.shape == sound.shape
    assert music.snr(sound, heard) > least


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("samples", [0, 1, 1023, 1024, 1025, 5000])
def test_any_length_comes_out_exactly(mode, samples):
    sound = music.chords(0.2)[:samples]
    stream = whole(sound, mode)
    assert len(stream) == -(-(samples + DELAY) // FRAME) * mode.frame_bytes
    assert samples == 0 or back(stream, mode, samples).shape == sound.shape


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 9000), max_size=6))
def test_it_does_not_matter_how_sound_is_cut(cuts):
    sound = music.chords(0.6)
    pieces = np.split(sound, sorted(cut for cut in cuts if cut < len(sound)))
    assert b"".join(encoded(pieces, mode=LP2)) == whole(sound, LP2)


def test_long_sound_is_made_in_blocks_that_leave_no_seam():
    sound = music.chords(8.0)
    error = (through(sound, LP2) - sound).astype(np.float64) ** 2
    seam = _blocks(error, 256 * FRAME)
    assert seam.max() < 3 * np.median(_blocks(error, 64 * FRAME))


def _blocks(error, distance):
    """Return the noise around every multiple of a distance."""
    return np.array([error[at - 512 : at + 512].mean() for at in range(distance, len(error) - 512, distance)])


def test_more_effort_leaves_less_noise():
    sound = music.sweep()
    found = [music.snr(sound, through(sound, LP2, effort)) for effort in Effort]
    assert found == sorted(found)
    assert found[0] > 30
    assert found[2] > 40


def test_nothing_is_heard_before_an_attack():
    sound, starts = music.claps()
    noise = (through(sound, LP2) - sound).astype(np.float64) ** 2
    before = np.mean([noise[at - 800 : at - 60].mean() / (sound[at : at + 400] ** 2).mean() for at in starts])
    assert 10 * np.log10(before) < -30


def test_gain_control_is_undone_exactly_by_the_decoder():
    """Lines that are not quantised come back as well with gain control as without."""
    sound, _ = music.claps(1.0)
    found = _attacks.find(_analysis.Analysis().bands(sound[: 40 * FRAME, 0]), _attacks.none())
    assert found.levels.max() == _attacks.MOST
    assert (found.places[found.levels > 0] < _attacks.PLACES).all()
    counts, levels, places = found.fields()
    assert (levels[counts == 0] == 0).all()
    assert (places[counts == 0] == 0).all()


def test_a_steady_low_tone_is_no_attack():
    time = np.arange(80 * FRAME) / music.RATE
    tone = (0.5 * np.sin(2 * np.pi * 60 * time)).astype(np.float32)
    found = _attacks.find(_analysis.Analysis().bands(tone), _attacks.none())
    assert not found.levels[4:].any()


@pytest.mark.parametrize("mode", MODES)
def test_silence_stays_silent_and_costs_nothing(mode):
    assert not through(np.zeros((9000, 2), np.float32), mode).any()
    stream = np.frombuffer(whole(np.zeros((9000, 2), np.float32), LP2), np.uint8).reshape(-1, 192)
    assert unit_bits(parse_units(stream)).max() < 64


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sound", ["square", "noise", "click", "one side", "against", "far too loud"])
def test_what_is_hard_comes_through(mode, sound):
    rng = np.random.default_rng(3)
    made = np.zeros((12_000, 2), np.float32)
    if sound == "square":
        made[:] = np.sign(np.sin(np.arange(12_000) / 20))[:, None]
    elif sound == "click":
        made[6000] = 1
    else:
        made[:, 0] = np.clip(rng.standard_normal(12_000), -1, 1)
        made[:, 1] = {"noise": made[::-1, 0], "one side": 0 * made[:, 0]}.get(sound, -made[:, 0])
        made *= 4 if sound == "far too loud" else 1
    heard = through(made, mode)
    assert np.isfinite(heard).all()
    assert music.snr(made, heard) > (2 if mode is not LP4 else 1)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_sound_is_refused(wrong):
    sound = music.chords(0.1)
    sound[77] = wrong
    with pytest.raises(ValueError, match="finite"):
        Encoder(LP2).encode(sound)


@pytest.mark.parametrize("mode", MODES)
def test_no_frame_ends_where_some_decoders_drop_a_band(mode):
    sound = np.concatenate([music.chords(1.0), music.sweep(1.0)])
    stream = np.frombuffer(whole(sound, mode), np.uint8).reshape(-1, mode.frame_bytes)
    units = [parse_units(stream)] if mode.joint else [parse_units(half) for half in np.split(stream, 2, axis=1)]
    assert not np.isin(np.concatenate([unit.coded for unit in units]), (1, 19, 27, 31)).any()


def _terms(rng, units):
    offsets = tuple(int(offset) for offset in rng.choice(np.arange(-3, 2), rng.integers(1, 4), replace=False))
    return Terms(offsets=offsets, holes=rng.uniform(0, 3, (units, 32)), constant=bool(rng.integers(2)))


def _lines(rng, frames, units):
    """Return lines of all sizes, some frames and stretches empty, and weights."""
    lines = rng.standard_normal((frames, units, 1024)) * 10 ** rng.uniform(-2, 4, (frames, units, 1))
    lines *= np.repeat(rng.random((frames, units, 128)) < 0.8, 8, axis=2)
    return lines.astype(np.float32), 10 ** rng.uniform(-6, 0, (frames, units, 32))


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(1, 2))
def test_allocation_stays_within_its_room(seed, units):
    rng = np.random.default_rng(seed)
    lines, weights = _lines(rng, 6, units)
    terms, room = _terms(rng, units), rng.integers(96 * units, 1500, 6)
    found = by_numpy(lines, weights, room, terms)
    stretch = np.repeat(found.selectors, np.diff(_bounds()), axis=2)
    assert not found.mantissas[stretch == 0].any()
    assert (_taken(found, constant=terms.constant) <= room).all()


@pytest.mark.skipif(not twins(), reason="numba")
@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 2))
def test_compiled_allocation_gives_the_same_integers(seed, units):
    rng = np.random.default_rng(seed)
    lines, weights = _lines(rng, 6, units)
    terms, room = _terms(rng, units), rng.integers(96 * units, 1500, 6)
    one, other = by_numpy(lines, weights, room, terms), allocate(lines, weights, room, terms)
    for field in fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name


def _bounds():
    from bandstand.media.codecs.atrac3._tables import BOUNDS

    return BOUNDS


def _taken(found, *, constant):
    """Return the bits of selectors, scales and mantissas of each frame, as they are written."""
    from bandstand.media.codecs.atrac3._units import Tones, Units

    total = np.zeros(len(found.noise), np.int64)
    for at in range(found.selectors.shape[1]):
        silent = Units.silent(len(total))
        written = Units(
            bands=silent.bands,
            gain_counts=silent.gain_counts,
            gain_levels=silent.gain_levels,
            gain_places=silent.gain_places,
            coded=np.full(len(total), 32, np.uint8),
            constant=np.full(len(total), constant),
            selectors=found.selectors[:, at],
            scales=found.scales[:, at],
            mantissas=found.mantissas[:, at],
            tones=Tones.none(),
        )
        total += unit_bits(written) - (unit_bits(silent) - 3)
    return total
