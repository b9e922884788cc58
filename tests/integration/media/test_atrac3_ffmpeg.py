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
