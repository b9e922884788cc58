"""Real files whose faults are known, measured in the child process."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from tests.integration.media import signals
from tests.sounds import tune, write_sound

from bandstand.media import probe, qc

RATE = 44_100


@pytest.fixture
def measured(tmp_path):
    def call(samples, **how):
        return qc.measure(write_sound(tmp_path / "one.wav", samples, **how), picture=tmp_path / "one.png")

    return call


def rules(quality):
    return {finding.rule for finding in qc.judge(quality)}


def noise(seconds, level=0.1, rate=RATE):
    return np.random.default_rng(1).normal(0, level, (round(seconds * rate), 2))


def test_faults_at_known_places_are_found_there(measured):
    sound = noise(4.5)
    sound[RATE : RATE + 20, 0] = 1.0  # clipped at 1 s, on the left
    sound[2 * RATE + 7 : 2 * RATE + 12, 1] = -1.0  # five samples at 2 s, on the right
    sound[3 * RATE : 3 * RATE + 2205] = 0.0  # 50 ms of zeros at 3 s
    found = measured(sound)
    assert [(run.start, run.length, run.channel) for run in found.clipped] == [(RATE, 20, 0), (2 * RATE + 7, 5, 1)]
    assert [(run.start, run.length) for run in found.zeros] == [(3 * RATE, 2205)]
    assert found.zeros[0].beside > -40
    places = {finding.rule: finding.places_ms for finding in qc.judge(found)}
    assert (places["clipping"], places["dropout"]) == ((1000, 2000), (3000,))
    assert (found.frames, found.duration_ms) == (round(4.5 * RATE), 4500)


def test_offset_phase_and_depth_of_a_file_are_measured(measured):
    one = noise(2)[:, :1]
    wide = measured(np.hstack((one + 0.01, -one)), bits=24)
    assert wide.dc_offset == pytest.approx((0.01, 0.0), abs=1e-3)
    assert (wide.bits, wide.effective_bits, wide.correlation < -0.98) == (24, 24, True)
    assert rules(wide) >= {"dc_offset", "inverted"}
    padded = measured(np.rint(one * 32768).repeat(2, axis=1) / 32768, bits=24)
    assert (padded.bits, padded.effective_bits, padded.identical) == (24, 16, True)
    assert rules(padded) == {"padded_bits", "dual_mono"}


def test_silence_at_the_ends_is_told_from_silence_inside(measured):
    zeros = np.zeros((RATE, 2))
    found = measured(np.concatenate((zeros, noise(1), zeros, noise(1), zeros[: RATE // 2])))
    assert (found.lead_zeros_ms, found.trail_zeros_ms) == (1000, 500)
    assert (found.lead_silence_ms, found.trail_silence_ms) == (1000, 500)
    assert [(run.start, run.length) for run in found.zeros] == [(2 * RATE, RATE)]
    assert (found.start_level, found.end_level) == (-120.0, -120.0)
    assert rules(found) == {"inner_silence"}


def test_a_master_of_44_khz_delivered_as_96_is_noticed_also_at_intake(tmp_path):
    honest = write_sound(tmp_path / "honest.wav", noise(3, rate=96_000), rate=96_000, bits=24)
    source = write_sound(tmp_path / "source.wav", noise(3))
    signals.ffmpeg("-i", str(source), "-ar", "96000", "-c:a", "pcm_s24le", str(tmp_path / "up.wav"))
    for name, upsampled in (("honest", False), ("up", True)):
        path = tmp_path / f"{name}.wav"
        found, taken_in = qc.measure(path, picture=tmp_path / "x.png"), probe.examine(path)
        assert ("upsampled" in rules(found)) is upsampled
        assert qc.looks_upsampled(96_000, taken_in.bandwidth) is upsampled
    assert honest.exists()


def test_a_lossless_file_made_from_mp3_is_noticed(tmp_path):
    wav = write_sound(tmp_path / "noise.wav", noise(3))
    signals.ffmpeg("-i", str(wav), "-c:a", "libmp3lame", "-b:a", "128k", str(tmp_path / "a.mp3"))
    signals.ffmpeg("-i", str(tmp_path / "a.mp3"), "-sample_fmt", "s16", str(tmp_path / "b.flac"))
    found = qc.measure(tmp_path / "b.flac", picture=tmp_path / "b.png")
    assert 15_500 <= found.bandwidth <= 17_500
    assert "lossy_source" in rules(found)
    assert "lossy_source" not in rules(qc.measure(tmp_path / "a.mp3", picture=tmp_path / "a.png"))


def test_a_master_of_48_khz_that_is_fine_has_no_findings(measured):
    found = measured(tune(3, seconds=6, rate=48_000) + noise(6, level=1e-4, rate=48_000), rate=48_000, bits=24)
    assert rules(found) == set()
    assert (found.bandwidth, found.effective_bits) == (24_000, 24)


def test_the_spectrogram_is_a_small_picture_and_the_same_each_time(measured, tmp_path):
    sound = noise(3)
    measured(sound)
    first = (tmp_path / "one.png").read_bytes()
    measured(sound)
    assert (tmp_path / "one.png").read_bytes() == first
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.height == 256
        assert 20 <= picture.width <= 2400


def test_one_channel_and_a_few_samples_are_measured(measured):
    mono = measured(noise(1)[:, :1])
    assert (mono.channels, mono.correlation, mono.curves.correlation) == (1, None, ())
    click = measured(np.full((3, 2), 0.5))
    assert click.frames == 3
    assert rules(measured(np.zeros((RATE, 2)))) == {"silent"}


def test_curves_of_six_channels_are_bounded(measured):
    found = measured(np.tile(noise(2), (1, 3)))
    assert found.channels == len(found.channel_levels) == 6
    assert all(len(course) <= 600 for course in (found.curves.momentary, found.curves.true_peak))
