"""Our ATRAC3 decoder and ffmpeg's give the same sound, over streams drawn from the whole syntax."""

import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from tests.unit.media.atrac3 import streams

from bandstand.media.codecs.atrac3._pack import pack_joint, pack_units
from bandstand.media.codecs.atrac3._speed import twins
from bandstand.media.codecs.atrac3._units import Stereo, Units
from bandstand.media.codecs.atrac3.decoder import Decoder

LOUD = 40  # the scale factor with which what is drawn comes near full scale
CLOSE = 1e-5  # of full scale


def by_ffmpeg(frames: np.ndarray, frame_bytes: int, *, joint: bool) -> np.ndarray:
    """Return the sound [n, 2] that ffmpeg makes of an OMA file with these frames; it must have nothing to say."""
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "oma", "-i", "pipe:0", "-f", "f32le", "pipe:1"],
        input=streams.oma(frames.tobytes(), frame_bytes, joint=joint),
        capture_output=True,
        check=True,
    )
    assert not done.stderr
    return np.frombuffer(done.stdout, np.float32).reshape(-1, 2)


@pytest.mark.parametrize("frame_bytes", [192, 304, 384])
@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.skipif(not twins(), reason="numba"))])
def test_random_valid_streams_sound_as_in_ffmpeg(frame_bytes, joint, compiled):
    rng = np.random.default_rng([frame_bytes, joint, compiled])
    frames = streams.frames(rng, 300 if compiled else 60, frame_bytes, joint=joint, loud=LOUD)
    ours = Decoder(frame_bytes, joint=joint, compiled=compiled).decode(frames)
    theirs = by_ffmpeg(frames, frame_bytes, joint=joint)
    assert ours.shape == theirs.shape
    assert 0.1 < np.abs(theirs).max() < 4
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("joint", [False, True])
def test_changed_frames_that_we_can_read_sound_as_in_ffmpeg(joint):
    """They have what no writer of ours makes: matrix 2, mantissas below the lowest, any number of selectors."""
    rng = np.random.default_rng([7, joint])
    frames = streams.frames(rng, 400, 192, joint=joint, loud=20, wild=True)
    frames = np.where(rng.random(frames.shape) < 0.004, rng.integers(0, 256, frames.shape), frames).astype("u1")
    if joint:
        frames[:, -1] = np.where(frames[:, -1] == 0xF8, frames[:, -1], rng.integers(0, 256, 400))
    readable = [_readable(frame, joint=joint) for frame in frames]
    assert 200 < sum(readable) < 400
    theirs = by_ffmpeg(frames[readable], 192, joint=joint)
    np.testing.assert_allclose(
        Decoder(192, joint=joint).decode(frames[readable]), theirs, rtol=0, atol=CLOSE * np.abs(theirs).max()
    )


def _readable(frame: np.ndarray, *, joint: bool) -> bool:
    decoder = Decoder(192, joint=joint, broken="conceal")
    decoder.decode(frame)
    return decoder.concealed == 0


def test_bytes_to_skip_before_a_second_unit_are_skipped_there_too():
    rng = np.random.default_rng(12)
    first, second = (
        streams.quiet(rng, streams.units(rng, 60, room=80, second=second), LOUD) for second in (False, True)
    )
    packed = pack_joint(first, second, streams.stereo(rng, 60), np.full(60, 80), 160)
    frames = np.concatenate(
        (packed[:, :80], np.zeros((60, 30), "u1"), packed[:, 80:], np.full((60, 2), 0xF8, "u1")), axis=1
    )
    theirs = by_ffmpeg(frames, 192, joint=True)
    np.testing.assert_allclose(Decoder(192, joint=True).decode(frames), theirs, rtol=0, atol=CLOSE)
    assert np.abs(theirs).max() > 0.05


def test_what_is_drawn_covers_the_syntax():
    rng = np.random.default_rng(1)
    units, stereo = streams.units(rng, 600, room=192), streams.stereo(rng, 600)
    assert set(np.unique(units.selectors)) == set(range(8))
    assert set(np.unique(units.coded)) >= set(streams.CODED) - {2}
    assert not np.isin(units.coded, streams.DROPPED).any()
    assert set(np.unique(units.gain_counts)) == set(range(8))
    assert set(np.unique(units.tones.selector)) == set(range(2, 8))
    assert set(np.unique(units.tones.lines)) == set(range(1, 9))
    assert (units.tones.start + units.tones.lines.astype(int) > 1024).any()
    assert units.tones.group.max() >= 3
    modes = {
        tuple(np.unique(units.tones.constant[units.tones.frame == frame])) for frame in np.unique(units.tones.frame)
    }
    assert modes == {(False,), (True,), (False, True)}
    for constant in (False, True):
        assert set(np.unique(units.selectors[units.constant == constant])) == set(range(8))
    assert {(int(a), int(b)) for a, b in zip(stereo.matrix[:-1].ravel(), stereo.matrix[1:].ravel(), strict=True)} == {
        (a, b) for a in (0, 1, 3) for b in (0, 1, 3)
    }
    assert set(zip(stereo.swapped.tolist(), stereo.weight.tolist(), strict=True)) == {
        (swapped, weight) for swapped in (False, True) for weight in range(8)
    }


@pytest.mark.parametrize("joint", [False, True])
def test_silent_frames_are_silent_there_too(joint):
    silent = Units.silent(5)
    if joint:
        frames = pack_joint(silent, silent, Stereo.plain(5), np.full(5, 187), 192)
    else:
        frames = np.tile(pack_units(silent, 96), (1, 2))
    theirs = by_ffmpeg(frames, 192, joint=joint)
    assert theirs.shape == (5 * 1024, 2)
    assert not theirs.any()
    assert not Decoder(192, joint=joint).decode(frames).any()
