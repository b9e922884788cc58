"""Decoding: known sound, blocks, length, frames that can't be read. An integration test compares with ffmpeg."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bandstand
from bandstand.kernel.errors import FormatError, TruncatedError
from bandstand.media.codecs import CODECS
from bandstand.media.codecs.atrac3 import _transform
from bandstand.media.codecs.atrac3._gain import all_curves, starts
from bandstand.media.codecs.atrac3._pack import pack_joint, pack_units
from bandstand.media.codecs.atrac3._speed import twins
from bandstand.media.codecs.atrac3._units import Stereo, Units
from bandstand.media.codecs.atrac3.decoder import BLOCK, DELAY, Decoder, decoded

from . import streams

UNIT = bytes.fromhex("a34ca3a000135028000a0000002c92492658b6032c5b01962d80cb16c0658b6032c5b01962d80cb16c").ljust(
    192, b"\0"
)
# what ffmpeg makes of four frames with this unit in both halves: left channel, by sample
EXPECTED = {
    100: -3.6048862739335163e-07,
    1024: 0.000526262039784342,
    1500: 0.016033997759222984,
    2000: 0.0013277782127261162,
    2047: 0.001928707119077444,
    2048: 0.00047996401553973556,
    2500: 2.033110649790615e-05,
    3000: 0.00369522487744689,
    3500: 0.00042565641342662275,
    4095: 0.001928707119077444,
}
SILENT = bytes.fromhex("a00008").ljust(192, b"\0")


def stream(seed, count, *, joint=False, frame_bytes=192, loud=39):
    return streams.frames(np.random.default_rng(seed), count, frame_bytes, joint=joint, loud=loud)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_unit_with_gain_points_sounds_as_it_does_in_ffmpeg(compiled):
    sound = Decoder(384, joint=False, compiled=compiled).decode(UNIT * 8)
    for sample, level in EXPECTED.items():
        assert sound[sample].tolist() == pytest.approx([level, level], rel=1e-5, abs=1e-8)


def test_without_numba_everything_is_there():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from bandstand.media.codecs.atrac3.decoder import Decoder\n"
        f"print(abs(Decoder(384, joint=False).decode(bytes.fromhex('{UNIT.hex()}') * 8)[1500]).max())"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(bandstand.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    assert float(done.stdout) == pytest.approx(EXPECTED[1500], rel=1e-5)


def test_numba_is_loaded_by_the_first_frame_and_not_before():
    code = "import sys, bandstand.media.codecs.atrac3.decoder; print('numba' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(bandstand.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment, text=True)
    assert done.stdout == "False\n"


def test_one_channel_alone_sounds_as_it_does_in_stereo():
    np.testing.assert_array_equal(
        Decoder(192, joint=False, channels=1).decode(UNIT * 4), Decoder(384, joint=False).decode(UNIT * 8)[:, :1]
    )


@pytest.mark.skipif(twins() is None, reason="numba is not installed")
@pytest.mark.parametrize("joint", [False, True])
def test_the_compiled_sound_is_that_of_numpy(joint):
    frames = stream(11, 40, joint=joint)
    one, other = (Decoder(192, joint=joint, compiled=compiled).decode(frames) for compiled in (False, True))
    assert np.abs(one).max() > 0.05
    np.testing.assert_allclose(one, other, atol=1e-6)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.booleans(), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_state_is_carried_from_block_to_block(seed, joint, sizes):
    frames = stream(seed, sum(sizes), joint=joint, loud=30)
    whole = Decoder(192, joint=joint).decode(frames)
    decoder = Decoder(192, joint=joint)
    parts = [decoder.decode(part) for part in np.split(frames, np.cumsum(sizes)[:-1])]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_how_a_stream_is_cut_into_pieces_changes_nothing():
    data = stream(3, 40, frame_bytes=192).tobytes() * 5
    facts = {"frame_bytes": 192, "joint": False}
    whole = np.concatenate(list(decoded([data], **facts)))
    pieces = (data[at : at + 1000] for at in range(0, len(data), 1000))
    np.testing.assert_array_equal(np.concatenate(list(decoded(pieces, **facts))), whole)
    assert len(whole) == 200 * 1024 - DELAY


@pytest.mark.parametrize("samples", [0, 1, 100, 131_072 - 1162, 131_072, 150_000])
def test_delay_and_padding_are_left_out(samples):
    data = UNIT * 2 * (BLOCK + 40)
    facts = {"frame_bytes": 384, "joint": False}
    whole = np.concatenate(list(decoded([data], **facts)))
    blocks = list(decoded([data], samples=samples, **facts))
    assert sum(map(len, blocks)) == samples
    np.testing.assert_array_equal(np.concatenate([*blocks, whole[:0]]), whole[:samples])


def test_the_delay_is_that_of_the_descriptor():
    codec = CODECS.get("atrac3")
    assert not CODECS.broken
    assert (codec.delay, codec.frame) == (DELAY, 1024)
    assert codec.decoder() is decoded
    assert [round(mode.bits_per_second / 1000, 1) for mode in codec.modes] == [132.3, 104.7, 66.2]


BROKEN_AT = 70


def broken(joint: bool, where: int) -> tuple[bytes, int]:
    """Return 100 good frames of which one has a changed byte, and its place in them."""
    frames = stream(9, 100, joint=joint, frame_bytes=192)
    at = where % 192
    frames[BROKEN_AT, at] = 0
    return frames.tobytes(), BROKEN_AT * 192 + at


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("joint", "where"), [(False, 0), (False, 96), (True, 0), (True, -2)])
def test_a_broken_frame_raises_with_its_offset(joint, where, compiled):
    data, at = broken(joint, where)
    decoder = Decoder(192, joint=joint, start=5000, compiled=compiled)
    decoder.decode(data[: 50 * 192])
    with pytest.raises(FormatError) as refused:
        decoder.decode(data[50 * 192 :])
    assert refused.value.at == 5000 + at


@pytest.mark.parametrize(("joint", "where"), [(False, 96), (True, -2)])
def test_a_broken_frame_is_silent_where_it_may_be_and_counted(joint, where):
    data, _ = broken(joint, where)
    decoder = Decoder(192, joint=joint, broken="conceal")
    sound = decoder.decode(data)
    good = bytearray(data)
    if joint:
        nothing = pack_joint(Units.silent(1), Units.silent(1), Stereo.plain(1), np.array([96]), 192).tobytes()
    else:
        nothing = SILENT[:96] * 2
    good[BROKEN_AT * 192 : (BROKEN_AT + 1) * 192] = nothing
    assert decoder.concealed == 1
    np.testing.assert_array_equal(sound, Decoder(192, joint=joint).decode(bytes(good)))


def test_a_frame_that_is_cut_off_is_truncated():
    with pytest.raises(TruncatedError) as refused:
        list(decoded([UNIT * 2, UNIT], frame_bytes=384, joint=False, start=96))
    assert (refused.value.at, refused.value.found) == (96 + 384, 192)


@pytest.mark.parametrize(
    ("frame_bytes", "channels", "joint"),
    [(8, 2, False), (5000, 2, False), (193, 2, False), (192, 3, False), (192, 1, True)],
)
def test_shapes_that_no_stream_has_are_refused(frame_bytes, channels, joint):
    with pytest.raises(FormatError):
        Decoder(frame_bytes, joint=joint, channels=channels)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_changed_frames_give_finite_sound_of_full_length_or_a_format_error(seed, joint):
    rng = np.random.default_rng(seed)
    frames = stream(seed % 50, 12, joint=joint, loud=None)
    frames = np.where(rng.random(frames.shape) < 0.01, rng.integers(0, 256, frames.shape), frames).astype("u1")
    sound = Decoder(192, joint=joint, broken="conceal").decode(frames)
    assert sound.shape == (12 * 1024, 2)
    assert np.isfinite(sound).all()
    try:
        strict, at = Decoder(192, joint=joint).decode(frames), 0
    except FormatError as error:
        strict, at = sound, error.at
    assert 0 <= at <= frames.size
    np.testing.assert_array_equal(strict, sound)


def test_a_gain_curve_holds_its_levels_and_slides_between_them_in_eight_samples():
    unit = Units.silent(1)
    unit.gain_counts[0, 0] = 2
    unit.gain_levels[0, 0, :2], unit.gain_places[0, 0, :2] = (6, 3), (10, 20)
    curve = all_curves(unit)[0]
    assert (curve[1:] == 1).all()
    assert (curve[0, :80] == 0.25).all()
    np.testing.assert_allclose(curve[0, 80:88], 0.25 * 2 ** (3 * np.arange(8) / 8), rtol=1e-6)
    assert (curve[0, 88:160] == 2).all()
    np.testing.assert_allclose(curve[0, 160:168], 2 * 2 ** (-np.arange(8) / 8), rtol=1e-6)
    assert (curve[0, 168:] == 1).all()
    assert starts(unit.gain_counts, unit.gain_levels).tolist() == [[0.25, 1, 1, 1]]


@pytest.mark.parametrize("compiled", [False, True])
def test_the_transform_is_the_sum_that_the_format_names(compiled):
    spectrum = np.random.default_rng(3).standard_normal((37, 1024)).astype("f4")
    spectrum[20:, 768:] = 0
    half = np.arange(256) + 0.5
    sums = np.cos(np.pi / 256 * np.outer(half, half)) / -32768
    folded = _transform.folded(spectrum, compiled=compiled)
    for band in range(4):
        lines = spectrum[:, 256 * band : 256 * band + 256].astype(float)
        expected = lines[:, :: -1 if band & 1 else 1] @ sums
        np.testing.assert_allclose(folded[band], expected, atol=1e-6 * np.abs(expected).max())


def test_a_sine_line_decodes_at_its_level_and_pitch():
    """A line l lies at (l + 0.5) / 2048 of the rate; 32768 is about full scale."""
    unit = Units.silent(20)
    unit.coded[:], unit.selectors[:, 8], unit.scales[:, 8] = 9, 7, 57  # lines 64 to 79, 2 ** 14
    unit.mantissas[:, 70] = np.where(np.arange(20) % 4 < 2, 31, -31)
    half = pack_units(unit, 192)
    sound = Decoder(384, joint=False).decode(np.concatenate((half, half), axis=1))[4096:-2048, 0]
    strongest = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))).argmax() / len(sound)
    assert strongest == pytest.approx(70.5 / 2048, abs=1 / 2048)
    assert 0.4 < np.abs(sound).max() < 0.8
