"""Frames become blocks without a sample lost, moved or changed."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest

from bandstand.media import _blocks

RATE = 8_000
KINDS = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}


def sound(kind: str, count: int) -> np.ndarray:
    """Return noise of any kind of number, shape (n, 2)."""
    rng, number = np.random.default_rng(7), np.dtype(KINDS[kind])
    if number.kind == "f":
        return rng.uniform(-1, 1, (count, 2)).astype(number)
    limits: Any = np.iinfo(number)  # Any: numpy's types don't know which kinds are whole numbers
    return rng.integers(limits.min, limits.max, (count, 2), dtype=number, endpoint=True)


def frame(samples: np.ndarray, format_: str) -> av.AudioFrame:
    rows = samples.T if format_.endswith("p") else samples.reshape(1, -1)
    made = av.AudioFrame.from_ndarray(np.ascontiguousarray(rows), format=format_, layout="stereo")
    made.sample_rate = RATE
    return made


def gathered(samples: np.ndarray, format_: str, step: int) -> list[np.ndarray]:
    frames = [frame(samples[at : at + step], format_) for at in range(0, len(samples), step)]
    gatherer = _blocks.Gatherer(frames[0])
    return [*(gatherer.feed(one) for one in frames), gatherer.rest()]


@pytest.mark.parametrize("step", [577, 8_000, 20_001])
@pytest.mark.parametrize("layout", ["", "p"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_sample_is_lost_moved_or_changed(kind: str, layout: str, step: int):
    samples = sound(kind, 41_234)
    *blocks, rest = gathered(samples, kind + layout, step)
    blocks = [block for block in blocks if block.size]
    assert all(len(block) % RATE == 0 for block in blocks)
    assert len(rest) == 1_234
    assert np.array_equal(np.concatenate([*blocks, rest]), samples)


def test_another_kind_of_frame_is_not_accepted():
    gatherer = _blocks.Gatherer(frame(sound("s16", 10), "s16"))
    assert gatherer.accepts(frame(sound("s16", 20), "s16"))
    assert not gatherer.accepts(frame(sound("s32", 20), "s32"))


@pytest.mark.parametrize(("kind", "lowest", "middle"), [("u8", 0, 128), ("s16", -(2**15), 0), ("s32", -(2**31), 0)])
def test_full_scale_is_one(kind: str, lowest: int, middle: int):
    counts = np.array([[lowest, middle]], dtype=KINDS[kind])
    assert _blocks.as_floats(counts).tolist() == [[-1.0], [0.0]]


def test_what_is_no_number_is_silence_or_full_scale():
    counts = np.array([[np.nan, np.inf], [-np.inf, 0.5]], dtype=np.float32)
    assert _blocks.as_floats(counts).tolist() == [[0.0, -1.0], [1.0, 0.5]]


@pytest.mark.parametrize(
    ("kind", "bits", "value", "told"),
    [
        ("s16", 16, 0x0102, b"\x02\x01"),
        ("s16", 12, 0x0120, b"\x12\x00"),
        ("s16", 8, 0x1200, b"\x12"),
        ("s32", 24, 0x01020300, b"\x03\x02\x01"),
        ("s32", 20, -4096, b"\xff\xff\xff"),
    ],
)
def test_checksums_take_whole_little_endian_bytes(kind: str, bits: int, value: int, told: bytes):
    assert bytes(_blocks.as_flac_counts(np.array([[value]], dtype=KINDS[kind]), bits)) == told
