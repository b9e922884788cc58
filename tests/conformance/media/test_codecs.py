"""What every codec of ours does, over the registry."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tests.unit.media.atrac3 import streams

from bandstand.kernel.errors import FormatError
from bandstand.media.codecs import CODECS, Codec, Mode

MODES = [pytest.param(codec, mode, id=f"{codec.slug}-{mode.slug}") for codec in CODECS for mode in codec.modes]


def valid(codec: Codec, mode: Mode, count: int) -> bytes:
    """Return a stream of that many frames. A new codec says here how its own are made."""
    made = {
        "atrac3": lambda: streams.frames(np.random.default_rng(5), count, mode.frame_bytes, joint=mode.joint, loud=38)
    }
    return made[codec.slug]().tobytes()


def test_no_codec_is_broken_and_each_says_what_it_is():
    assert not CODECS.broken
    assert "atrac3" in [codec.slug for codec in CODECS]
    for codec in CODECS:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", codec.slug)
        assert len({mode.slug for mode in codec.modes}) == len(codec.modes) > 0


@pytest.mark.parametrize(("codec", "mode"), MODES)
def test_a_stream_gives_sound_of_its_true_length_without_the_delay(codec, mode):
    count, facts = 20, {"frame_bytes": mode.frame_bytes, "joint": mode.joint}
    stream = valid(codec, mode, count)
    whole = np.concatenate(list(codec.decoder()([stream], samples=None, **facts)))
    assert whole.shape == (count * codec.frame - codec.delay, mode.channels)
    assert whole.dtype == np.float32
    assert 0.01 < np.abs(whole).max() < 10
    cut = np.concatenate(list(codec.decoder()([stream[:1000], stream[1000:]], samples=5000, **facts)))
    np.testing.assert_array_equal(cut, whole[:5000])


@pytest.mark.parametrize(("codec", "mode"), MODES)
def test_what_breaks_a_stream_is_a_format_error_with_its_place(codec, mode):
    stream = bytearray(valid(codec, mode, 20))
    for broken in (stream[:-1], bytes(mode.frame_bytes) * 3, stream + b"\xff" * mode.frame_bytes):
        with pytest.raises(FormatError) as refused:
            list(codec.decoder()([bytes(broken)], frame_bytes=mode.frame_bytes, joint=mode.joint, samples=None))
        assert 0 <= refused.value.at <= len(broken)
