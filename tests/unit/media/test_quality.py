"""Quality control of signals whose truth is known; the judging of its figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandstand.media import qc
from bandstand.media.qc import Curves, Quality, Run, Severity, charts
from bandstand.media.qc._runs import Depth, Runs
from bandstand.media.qc._spectrum import COLUMNS, SIZE, Spectrum, edge
from bandstand.media.qc._stereo import Stereo

RATE = 44_100

MINUTE = Curves(
    momentary=(-14.0,) * 60,
    short_term=(-14.0,) * 60,
    true_peak=(-1.0,) * 60,
    correlation=(0.5,) * 60,
    spectrum=(-60.0,) * 256,
)
FINE = Quality(
    rate=RATE, channels=2, frames=RATE * 60, bits=16, lossless=True, integrated=-14.0, loudness_range=6.0,
    true_peak=-1.0, sample_peak=-1.2, bandwidth=22_050, edge_drop=0.0, effective_bits=16, clipped_runs=0, clipped=(),
    zero_runs=0, zeros=(), lead_silence_ms=0, trail_silence_ms=100, lead_zeros_ms=0, trail_zeros_ms=0,
    start_level=-20.0, end_level=-90.0, dc_offset=(0.0, 0.0), channel_levels=(-18.0, -18.0), correlation=0.5,
    mono_loss=1.2, identical=False, digital_silence=False, curves=MINUTE,
)  # fmt: skip


def rules(**facts: object) -> dict[str, qc.Finding]:
    return {finding.rule: finding for finding in qc.judge(replace(FINE, **facts))}


def low_passed(rate: int, hertz: float, *, floor: float, seconds: int = 2) -> np.ndarray:
    """White noise that ends at `hertz`, over a floor of noise that does not."""
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.normal(0, 0.1, rate * seconds))
    spectrum[round(hertz * seconds) :] = 0
    return np.fft.irfft(spectrum) + rng.normal(0, floor, rate * seconds)


def spectrum_of(samples: np.ndarray, rate: int) -> Spectrum:
    spectrum = Spectrum()
    for at in range(0, samples.size, rate):
        spectrum.feed(samples[None, at : at + rate].astype(np.float32))
    return spectrum


@pytest.mark.parametrize(
    ("rate", "hertz"), [(44_100, 16_000), (44_100, 20_000), (48_000, 16_000), (96_000, 22_050), (192_000, 24_000)]
)
def test_the_edge_of_a_spectrum_is_found_to_a_hundred_hertz(rate: int, hertz: int):
    found, drop = edge(spectrum_of(low_passed(rate, hertz, floor=1e-5), rate).mean, rate)
    assert abs(found - hertz) <= 100
    assert drop > 40


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_noise_of_every_frequency_has_no_edge(rate: int):
    found, drop = edge(spectrum_of(np.random.default_rng(2).normal(0, 0.1, rate * 2), rate).mean, rate)
    assert (found, drop) == (rate // 2, 0.0)


def test_a_spectrum_that_falls_gently_has_no_edge():
    level = np.linspace(-20, -110, 2049)  # 4 dB in each kHz
    assert edge(10 ** (level / 10), RATE)[1] == 0.0


def test_silence_has_no_spectrum():
    assert edge(np.zeros(2049), RATE) == (0, 0.0)


def test_a_sine_of_full_scale_reads_as_its_level():
    time = np.arange(RATE) / RATE
    mean = spectrum_of(np.sin(2 * np.pi * (100 * RATE / SIZE) * time), RATE).mean
    assert 10 * np.log10(mean[100]) == pytest.approx(0, abs=0.1)


def test_the_picture_of_three_hours_is_no_wider_than_that_of_minutes():
    spectrum, block = Spectrum(), np.random.default_rng(3).normal(0, 0.1, (1, SIZE * 10)).astype(np.float32)
    for _ in range(1_000):  # a quarter of an hour: the columns were merged twice
        spectrum.feed(block)
    assert COLUMNS <= spectrum.picture().shape[1] <= 2 * COLUMNS
    assert len(spectrum._columns) <= 2 * COLUMNS


@pytest.mark.parametrize("cut", [1, 7, 1000, 10_000])
def test_runs_are_the_same_however_the_stream_is_cut(cut: int):
    mask = np.zeros(10_000, bool)
    mask[0:5] = mask[100:103] = mask[200:202] = mask[990:1010] = mask[9_998:] = True
    runs = Runs(3)
    for at in range(0, mask.size, cut):
        block = mask[at : at + cut]
        runs.feed(block) if block.any() else runs.skip(block.size)
    runs.finish()
    assert (runs.count, runs.kept) == (3, [(0, 5), (100, 3), (990, 20)])


@pytest.mark.parametrize(
    ("used", "width", "bits"), [(16, 32, 16), (24, 32, 24), (16, 16, 16), (12, 16, 12), (1, 32, 1)]
)
def test_bits_that_are_never_used_are_not_counted(used: int, width: int, bits: int):
    rng = np.random.default_rng(4)
    counts = rng.integers(-(2 ** (used - 1)), 2 ** (used - 1), 1000).astype(np.int64) << (width - used)
    depth = Depth()
    depth.feed(counts.astype(f"int{width}"))
    depth.feed(np.full(1, -(2 ** (width - 1)), f"int{width}"))
    assert depth.bits == bits


def test_floats_and_silence_have_no_depth():
    depth = Depth()
    depth.feed(np.ones(10, np.float32))
    depth.feed(np.zeros(10, np.int16))
    assert depth.bits is None


def stereo_of(left: np.ndarray, right: np.ndarray) -> Stereo:
    stereo = Stereo(RATE, 2)
    stereo.feed(np.stack((left, right)).astype(np.float32))
    return stereo


def test_channels_that_are_inverted_equal_or_unrelated_are_told_apart():
    rng = np.random.default_rng(5)
    one, two = rng.normal(0, 0.1, (2, RATE))
    inverted, equal, apart = stereo_of(one, -one), stereo_of(one, one), stereo_of(one, two)
    assert (inverted.correlation, equal.correlation) == (-1.0, 1.0)
    assert apart.correlation == pytest.approx(0, abs=0.02)
    assert (equal.mono_loss, equal.identical, apart.identical) == (0.0, True, False)
    assert apart.mono_loss == pytest.approx(3.0, abs=0.1)
    assert inverted.mono_loss == pytest.approx(60)
    assert inverted.course(600) == [-1.0] * 10


def test_offset_and_level_are_those_of_each_channel():
    time = np.arange(RATE) / RATE
    stereo = stereo_of(0.1 * np.sin(2 * np.pi * 441 * time) + 0.01, 0.05 * np.sin(2 * np.pi * 441 * time))
    assert stereo.offsets == pytest.approx([0.01, 0.0], abs=1e-5)
    assert stereo.levels[1] == pytest.approx(-29.03, abs=0.01)


def test_a_fine_master_has_no_findings():
    assert rules() == {}


@pytest.mark.parametrize(
    ("facts", "rule", "severity"),
    [
        ({"rate": 96_000, "bandwidth": 22_050}, "upsampled", "warning"),
        ({"bandwidth": 16_000, "edge_drop": 50.0}, "lossy_source", "warning"),
        ({"bandwidth": 20_100, "edge_drop": 50.0}, "lossy_source", "note"),
        ({"bits": 24}, "padded_bits", "warning"),
        ({"true_peak": 0.4}, "true_peak", "note"),
        ({"true_peak": 1.4}, "true_peak", "warning"),
        ({"dc_offset": (0.0, 0.01)}, "dc_offset", "warning"),
        ({"correlation": -0.9, "mono_loss": 20.0}, "inverted", "warning"),
        ({"correlation": -0.1, "mono_loss": 8.0}, "mono", "warning"),
        ({"channel_levels": (-18.0, -120.0)}, "one_sided", "warning"),
        ({"channel_levels": (-18.0, -27.0)}, "balance", "note"),
        ({"identical": True}, "dual_mono", "note"),
        ({"lead_silence_ms": 4_000}, "lead", "note"),
        ({"trail_silence_ms": 12_000}, "trail", "note"),
        ({"zeros": (Run(RATE, 441, beside=-20.0),)}, "dropout", "warning"),
        ({"zeros": (Run(RATE, RATE),)}, "inner_silence", "note"),
        ({"digital_silence": True}, "silent", "stop"),
        ({"integrated": -4.0}, "loud", "note"),
        ({"integrated": -45.0}, "quiet", "note"),
    ],
)
def test_each_fault_is_one_finding(facts: dict[str, object], rule: str, severity: str):
    found = rules(**facts)
    assert {name: finding.severity for name, finding in found.items()} == {rule: Severity(severity)}
    assert found[rule].sentence.endswith(".")


@pytest.mark.parametrize(
    "facts",
    [
        {"rate": 48_000, "bandwidth": 20_800},  # converters differ
        {"rate": 96_000, "bandwidth": 48_000},
        {"bandwidth": 16_000, "edge_drop": 0.0},  # fades
        {"bandwidth": 16_000, "edge_drop": 50.0, "lossless": False, "bits": None, "effective_bits": None},
        {"zeros": (Run(RATE, 441, beside=-70.0),)},  # a fade that passes through zero
    ],
)
def test_what_is_no_fault_is_no_finding(facts: dict[str, object]):
    assert rules(**facts) == {}


def test_clipping_says_where():
    found = rules(clipped_runs=2, clipped=(Run(RATE, 4, 0), Run(2 * RATE, 100, 1)))["clipping"]
    assert (found.severity, found.places_ms) == (Severity.WARNING, (1000, 2000))
    assert rules(clipped_runs=1, clipped=(Run(RATE, 4, 0),))["clipping"].severity == Severity.NOTE


@pytest.mark.parametrize(
    ("rate", "bandwidth", "upsampled"),
    [(96_000, 22_050, True), (96_000, 24_000, True), (192_000, 24_000, True), (96_000, 40_000, False),
     (48_000, 16_000, False), (44_100, 22_050, False), (96_000, None, False), (96_000, 0, False)],
)  # fmt: skip
def test_only_a_high_rate_that_holds_no_more_looks_upsampled(rate: int, bandwidth: int | None, upsampled: bool):
    assert qc.looks_upsampled(rate, bandwidth) is upsampled


def test_figures_survive_being_kept():
    kept = replace(FINE, clipped=(Run(5, 6, 1),), zeros=(Run(7, 8, beside=-3.0),))
    assert Quality.from_json(kept.to_json()) == kept


def test_charts_stay_in_their_box_and_mark_the_edge():
    wild = replace(FINE, bandwidth=16_000, curves=replace(FINE.curves, true_peak=(9.0, -200.0), momentary=()))
    loud = charts.loudness(wild)
    assert [line.kind for line in loud.lines] == ["true-peak", "short-term"]
    assert loud.lines[0].path == "M0.0 0.0L640.0 180.0"
    assert [tick.label for tick in charts.spectrum(wild).marks] == ["16.0 kHz"]
    assert charts.spectrum(FINE).marks == ()
    for chart in (loud, charts.spectrum(wild), charts.spectrogram(wild), charts.correlation(wild)):
        assert all(0 <= tick.at <= 640 for tick in chart.across)
        assert all(0 <= tick.at <= 180 for tick in chart.up)
    assert charts.correlation(replace(FINE, curves=replace(FINE.curves, correlation=()))) is None
