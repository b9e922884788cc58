"""True peak, clipping, silence, waveform and the search for a preview, from samples."""

from __future__ import annotations

import numpy as np
import pytest

from bandstand.media import waveform
from bandstand.media._shape import Shape
from bandstand.media._true_peak import FLOOR, TruePeak

RATE = 44_100


def shape_of(samples: np.ndarray, rate: int = RATE) -> Shape:
    shape = Shape(rate, samples.shape[0])
    for at in range(0, samples.shape[1], shape.block):
        shape.feed(samples[:, at : at + shape.block].astype(np.float32))
    return shape


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])
def test_a_sine_at_a_quarter_of_the_rate_has_its_peak_between_samples(rate: int):
    # EBU Tech 3341, table 1, test 17: quarter of the rate, 45 degrees, -6 dBFS; the tolerance is +0.2/-0.4 dB
    divisor = 4 if rate < 96_000 else 8 if rate < 192_000 else 16
    samples = 0.5 * np.sin(2 * np.pi * np.arange(rate // 2) / divisor + np.pi / divisor).astype(np.float32)
    peak = TruePeak(rate, 1)
    for at in range(0, samples.size, 1000):
        peak.feed(samples[None, at : at + 1000])
    assert -6.42 <= peak.finish() <= -5.82


def test_leaving_out_quiet_rows_changes_no_true_peak():
    samples = np.random.default_rng(3).normal(0, 0.1, (2, 40_000)).astype(np.float32)
    blocks, whole = TruePeak(RATE, 2), TruePeak(RATE, 2)
    for at in range(0, 40_000, 777):
        blocks.feed(samples[:, at : at + 777])
    whole._gain, whole._near = 1e9, 0.0  # nothing is left out
    whole.feed(samples)
    assert blocks.finish() == pytest.approx(whole.finish(), abs=1e-5)


def test_silence_has_the_lowest_true_peak():
    peak = TruePeak(RATE, 2)
    peak.feed(np.zeros((2, 1000), np.float32))
    assert peak.finish() == FLOOR


def test_a_clipped_run_counts_once_even_across_blocks():
    samples = np.zeros((1, 3 * RATE))
    samples[0, 100:103] = 1.0  # three in a row
    samples[0, 200:202] = 1.0  # two are no run
    samples[0, RATE - 2 : RATE + 50] = -1.0  # over the edge of a block
    samples[0, -3:] = 1.0  # at the very end
    assert shape_of(samples).clipped_runs == 3


def test_silence_at_both_ends_and_the_offset_are_measured():
    samples = np.zeros((2, 4 * RATE))
    samples[0, RATE : 3 * RATE] = 0.25
    shape = shape_of(samples)
    assert shape.silence == (1000, 1000)
    assert shape.offset == pytest.approx(0.125)


def test_nothing_but_silence_is_silence_at_the_start():
    assert shape_of(np.zeros((2, RATE))).silence == (1000, 0)


@pytest.mark.parametrize("seconds", [0.001, 0.5, 3, 61])
def test_the_waveform_has_pairs_in_order_and_at_most_800(seconds: float):
    samples = np.random.default_rng(1).uniform(-1, 1, (2, max(round(seconds * 8000), 1)))
    pairs = waveform.pairs(shape_of(samples, 8000).peaks())
    assert 1 <= len(pairs) <= waveform.MAX_BUCKETS
    assert all(-127 <= low <= high <= 127 for low, high in pairs)


def test_bytes_that_are_no_pairs_are_no_waveform():
    with pytest.raises(waveform.WaveformError):
        waveform.pairs(b"\0\0\0")


def test_the_preview_starts_where_it_gets_full_and_loud():
    rng = np.random.default_rng(2)
    rate = 8000
    samples = rng.normal(0, 0.01, (1, 120 * rate))
    for beat in np.arange(60, 100, 0.5):  # a busy passage from 1:00 to 1:40
        at = int(beat * rate)
        samples[0, at : at + rate // 4] += rng.normal(0, 0.3, rate // 4)
    momentary = [-20.0 if 600 <= step < 1000 else -45.0 for step in range(1200)]
    start = shape_of(samples, rate).preview_start(momentary)
    assert 59_000 <= start <= 71_000


@pytest.mark.parametrize("seconds", [1, 29, 30, 31, 45])
def test_a_preview_never_starts_later_than_thirty_seconds_before_the_end(seconds: int):
    rate = 8000
    samples = np.linspace(0, 0.9, seconds * rate)[None, :] * np.random.default_rng(4).choice((-1, 1), seconds * rate)
    start = shape_of(samples, rate).preview_start([float(step) - 60 for step in range(seconds * 10)])
    assert 0 <= start <= max(seconds - 30, 0) * 1000
