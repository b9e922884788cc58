"""Making renditions: whole or not at all, the same bytes each time."""

from __future__ import annotations

import os
import wave
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.integration.media import signals
from tests.sounds import tune

from bandstand.kernel.progress import CancelledError
from bandstand.media import child, encoders, pipeline, probe
from bandstand.media.digest import digest
from bandstand.media.recipes import RECIPES

FLAC, PREVIEW, STREAM = RECIPES.get("flac"), RECIPES.get("preview"), RECIPES.get("stream")


def test_flac_keeps_every_sample(encoded: dict[str, Path], tmp_path: Path):
    facts = probe.probe(encoded["wav24"])
    pipeline.make(FLAC, encoded["wav24"], tmp_path / "out.flac", facts=facts)
    raw = [tmp_path / "a.raw", tmp_path / "b.raw"]
    for path, source in zip(raw, (encoded["wav24"], tmp_path / "out.flac"), strict=True):
        signals.ffmpeg("-i", str(source), "-f", "s24le", str(path))
    assert raw[0].read_bytes() == raw[1].read_bytes()
    assert probe.probe(tmp_path / "out.flac").bits == 24


def test_a_flac_master_and_its_rendition_carry_the_same_checksum(
    song: Path, tmp_path: Path, song_facts: probe.AudioFacts
):
    pipeline.make(FLAC, song, tmp_path / "out.flac", facts=song_facts)
    assert probe.probe(tmp_path / "out.flac").md5 == song_facts.md5


def test_a_lossy_master_does_not_become_flac(
    encoded: dict[str, Path], tmp_path: Path, facts: dict[str, probe.AudioFacts]
):
    with pytest.raises(pipeline.RecipeDoesNotApplyError):
        pipeline.make(FLAC, encoded["mp3"], tmp_path / "out.flac", facts=facts["mp3"])
    assert list(tmp_path.iterdir()) == []


def test_what_was_made_is_told_exactly(song: Path, tmp_path: Path, song_facts: probe.AudioFacts):
    target = tmp_path / "deep" / "out.m4a"
    made = pipeline.make(STREAM, song, target, facts=song_facts)
    found = digest(target)
    assert (made.size, made.sha256, made.crc32) == (found.size, found.sha256, found.crc32)
    assert made.encoder == encoders.build()
    assert made.duration_ms == 40_000
    assert [path.name for path in target.parent.iterdir()] == ["out.m4a"]


def test_an_m4a_can_start_before_all_of_it_is_there(song: Path, tmp_path: Path, song_facts: probe.AudioFacts):
    pipeline.make(STREAM, song, tmp_path / "out.m4a", facts=song_facts)
    whole = (tmp_path / "out.m4a").read_bytes()
    assert 0 < whole.index(b"moov") < whole.index(b"mdat")


def test_the_preview_is_thirty_seconds_levelled_and_faded(song: Path, tmp_path: Path, song_facts: probe.AudioFacts):
    target = tmp_path / "preview.mp3"
    made = pipeline.make(PREVIEW, song, target, facts=song_facts, start_ms=8_000)
    found = probe.examine(target)
    assert made.duration_ms == found.facts.duration_ms == 30_000
    assert (found.facts.rate, found.facts.channels) == (44_100, 2)
    assert found.loudness.integrated == pytest.approx(-16.0, abs=0.3)
    assert found.loudness.true_peak <= -1.0
    signals.ffmpeg("-i", str(target), str(tmp_path / "preview.wav"))
    with wave.open(str(tmp_path / "preview.wav")) as source:
        samples = np.abs(np.frombuffer(source.readframes(source.getnframes()), "<i2").astype(float))
    middle = samples[len(samples) // 2 :][:44_100].mean()
    assert samples[:1000].mean() < middle / 4
    assert samples[-4000:].mean() < middle / 4


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (22_050, 1), (48_000, 6), (96_000, 2), (11_025, 2)])
def test_what_intake_measured_gives_the_preview_that_measuring_now_gives(tmp_path: Path, rate: int, channels: int):
    sound = tune(3, seconds=34, rate=rate)[:, np.arange(channels) % 2]
    source = signals.write_wav(tmp_path / "tune.wav", sound / channels**0.5, rate=rate)
    examined = probe.examine(source)
    how = {"facts": examined.facts, "start_ms": examined.preview_start_ms}
    told = pipeline.make(PREVIEW, source, tmp_path / "told.mp3", level=examined.preview, **how)
    measured = pipeline.make(PREVIEW, source, tmp_path / "measured.mp3", **how)
    assert told == measured
    found = probe.loudness(tmp_path / "told.mp3")
    assert found.integrated == pytest.approx(-16.0, abs=0.2)  # the meter itself is 0.15 off at 11,025 Hz
    assert found.true_peak <= -1.0


@pytest.mark.parametrize("level", [0.9, 0.001])
def test_rare_loud_peaks_stay_under_the_ceiling(tmp_path: Path, level: float):
    sound = signals.noise(31, level=0.02)
    sound[:: signals.RATE // 2] = level
    source = signals.write_wav(tmp_path / "clicks.wav", sound)
    pipeline.make(PREVIEW, source, tmp_path / "preview.mp3", facts=probe.probe(source), start_ms=500)
    found = probe.loudness(tmp_path / "preview.mp3")
    assert found.true_peak <= -1.0
    assert found.integrated <= -15.7


def test_what_the_coder_adds_to_peaks_is_taken_off_again(tmp_path: Path):
    at = np.arange(31 * signals.RATE) / signals.RATE
    beat = np.exp(-8 * (at % 0.5))[:, None] * np.sign(signals.tone(31, hertz=700))
    source = signals.write_wav(tmp_path / "square.wav", 0.6 * beat + 0.05 * np.sign(signals.tone(31, hertz=110)))
    pipeline.make(PREVIEW, source, tmp_path / "preview.mp3", facts=probe.probe(source), start_ms=200)
    assert probe.loudness(tmp_path / "preview.mp3").true_peak <= -1.0


def test_a_track_shorter_than_a_preview_is_taken_whole(master: Path, tmp_path: Path, master_facts: probe.AudioFacts):
    made = pipeline.make(PREVIEW, master, tmp_path / "preview.mp3", facts=master_facts)
    assert made.duration_ms == 3_000


def test_silence_can_be_previewed(tmp_path: Path):
    source = signals.write_wav(tmp_path / "nothing.wav", signals.silence(2))
    pipeline.make(PREVIEW, source, tmp_path / "preview.mp3", facts=probe.probe(source))
    assert probe.loudness(tmp_path / "preview.mp3").integrated == -70.0


@pytest.mark.parametrize("start_ms", [-1, 3_000, 10**9])
def test_an_excerpt_does_not_start_outside_the_track(
    master: Path, tmp_path: Path, start_ms: int, master_facts: probe.AudioFacts
):
    with pytest.raises(pipeline.StartBeyondEndError):
        pipeline.make(PREVIEW, master, tmp_path / "preview.mp3", facts=master_facts, start_ms=start_ms)
    assert list(tmp_path.iterdir()) == []


def test_progress_reaches_one_hundred_and_no_more(song: Path, tmp_path: Path, song_facts: probe.AudioFacts):
    for recipe in (PREVIEW, STREAM):
        counted: list[int] = []
        pipeline.make(recipe, song, tmp_path / f"out{recipe.suffix}", facts=song_facts, progress=counted.append)
        assert sum(counted) == 100
        assert len(counted) > 1
        assert min(counted) > 0


def test_cancelling_leaves_what_stood_there_before(song: Path, tmp_path: Path, song_facts: probe.AudioFacts):
    target = tmp_path / "out.m4a"
    target.write_bytes(b"before")

    def stop(_percent: int) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        pipeline.make(STREAM, song, target, facts=song_facts, progress=stop)
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_master_that_breaks_on_the_way_leaves_nothing(song: Path, tmp_path: Path, song_facts: probe.AudioFacts):
    broken = tmp_path / "broken.flac"
    broken.write_bytes(song.read_bytes()[: song.stat().st_size // 2])
    with pytest.raises(child.MediaToolError):
        pipeline.make(STREAM, broken, tmp_path / "out.m4a", facts=song_facts)
    assert list(tmp_path.iterdir()) == [broken]


def test_names_that_look_like_options_or_addresses_are_only_names(master: Path, tmp_path: Path):
    for name in ("-i.wav", "http:x.wav", "a%03d.wav", "ü 'quoted' \u202e.wav"):
        source = tmp_path / name
        source.write_bytes(master.read_bytes())
        made = pipeline.make(STREAM, source, tmp_path / f"{name}.m4a", facts=probe.probe(source))
        assert made.duration_ms == 3_000


def test_another_ffmpeg_can_be_named(
    master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, master_facts: probe.AudioFacts
):
    theirs = signals.judge("ffmpeg")
    monkeypatch.setenv(encoders.VARIABLE, theirs)
    assert encoders.ffmpeg() == Path(theirs).resolve()
    made = pipeline.make(STREAM, master, tmp_path / "out.m4a", facts=master_facts)
    assert made.encoder == encoders.build(Path(theirs).resolve())
    monkeypatch.delenv(encoders.VARIABLE)
    assert made.encoder != encoders.build()


def test_a_named_ffmpeg_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(encoders.VARIABLE, str(tmp_path / "nothing"))
    with pytest.raises(encoders.EncoderMissingError):
        encoders.ffmpeg()


def test_what_a_killed_maker_left_is_swept_later(tmp_path: Path, now: datetime):
    old, new = tmp_path / f"{pipeline.UNFINISHED}old", tmp_path / f"{pipeline.UNFINISHED}new"
    for folder, age in ((old, 7200), (new, 60)):
        folder.mkdir()
        (folder / "part.flac").write_bytes(b"half")
        os.utime(folder, (now.timestamp() - age,) * 2)
    assert pipeline.sweep(tmp_path, before=now - timedelta(hours=1)) == 1
    assert list(tmp_path.iterdir()) == [new]
