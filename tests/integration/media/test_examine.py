"""Facts and measurements of real files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.integration.media import signals

from bandstand.media import probe, waveform
from bandstand.media.sniff import Container, sniff

KINDS = {  # kind: container, codec, bits, lossless
    "flac": (Container.FLAC, "flac", 16, True),
    "mp3": (Container.MP3, "mp3", None, False),
    "alac": (Container.MP4, "alac", 16, True),
    "aac": (Container.MP4, "aac", None, False),
    "opus": (Container.OGG, "opus", None, False),
    "vorbis": (Container.OGG, "vorbis", None, False),
    "oggflac": (Container.OGG, "flac", None, True),
    "wav": (Container.WAV, "pcm_s16le", 16, True),
    "wav24": (Container.WAV, "pcm_s24le", 24, True),
    "aiff": (Container.AIFF, "pcm_s16be", 16, True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_facts_of_every_kind_are_right(facts: dict[str, probe.AudioFacts], kind: str):
    found = facts[kind]
    assert (found.container, found.codec, found.bits, found.lossless) == KINDS[kind]
    assert (found.rate, found.channels) == (48_000 if kind == "opus" else signals.RATE, 2)
    assert found.duration_ms == pytest.approx(3000, abs=30)
    assert found.bit_rate > 0
    if found.lossless:
        assert found.frames == 3 * signals.RATE


@pytest.mark.parametrize("kind", KINDS)
def test_an_independent_program_agrees(encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], kind: str):
    show = ["-v", "error", "-of", "json", "-show_entries", "stream=codec_name,sample_rate,channels:format=duration"]
    told = subprocess.run([signals.judge("ffprobe"), *show, str(encoded[kind])], capture_output=True, check=True)
    theirs = json.loads(told.stdout)
    found = facts[kind]
    stream = theirs["streams"][0]
    assert (stream["codec_name"], int(stream["sample_rate"])) == (found.codec, found.rate)
    assert float(theirs["format"]["duration"]) * 1000 == pytest.approx(found.duration_ms, abs=60)


def test_a_file_named_wrongly_is_still_what_it_is(encoded: dict[str, Path], tmp_path: Path):
    path = tmp_path / "song.mp3"
    path.write_bytes(encoded["flac"].read_bytes())
    assert sniff(path) is Container.FLAC
    assert probe.probe(path).codec == "flac"


@pytest.mark.parametrize(("level_db", "lufs"), [(-23.0, -23.0), (-33.0, -33.0)])
def test_loudness_is_that_of_the_reference_signals(tmp_path: Path, level_db: float, lufs: float):
    # EBU Tech 3341, table 1, tests 1 and 2: a stereo sine of 1 kHz; the tolerance is 0.1 LU
    at = np.arange(20 * signals.RATE) / signals.RATE
    sine = 10 ** (level_db / 20) * np.sin(2 * np.pi * 1000 * at)
    found = probe.loudness(signals.write_wav(tmp_path / "sine.wav", np.stack((sine, sine), axis=1)))
    assert found.integrated == pytest.approx(lufs, abs=0.1)
    assert found.true_peak == pytest.approx(level_db, abs=0.2)


def test_loudness_and_peak_agree_with_an_independent_program(song: Path):
    command = [
        signals.judge("ffmpeg"),
        "-nostdin",
        "-hide_banner",
        "-i",
        str(song),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    told = subprocess.run(command, capture_output=True, check=True).stderr.decode()
    summary = told[told.rindex("Summary:") :]
    theirs = {name: float(summary.split(f"{name}:")[1].split()[0]) for name in ("I", "LRA", "Peak")}
    ours = probe.examine(song).loudness
    assert ours.integrated == pytest.approx(theirs["I"], abs=0.1)
    assert ours.range == pytest.approx(theirs["LRA"], abs=0.1)
    assert ours.true_peak == pytest.approx(theirs["Peak"], abs=0.3)


def test_one_examination_tells_all(song: Path, song_facts: probe.AudioFacts):
    found = probe.examine(song)
    assert found.facts == song_facts
    assert found.facts.md5 is not None
    assert found.clipped_runs == 0
    assert not found.digital_silence
    pairs = waveform.pairs(found.peaks)
    assert len(pairs) == waveform.MAX_BUCKETS
    assert max(high for _, high in pairs[:90]) < 5 < max(high for _, high in pairs[150:])
    assert 3_000 <= found.preview_start_ms <= 10_000


def test_silence_clipping_and_offset_are_found(tmp_path: Path):
    clipped = np.clip(signals.tone(1, level=2.0), -1, 1)
    sound = np.concatenate((signals.silence(0.5), clipped, signals.silence(0.25)))
    found = probe.examine(signals.write_wav(tmp_path / "clipped.wav", sound))
    assert found.lead_silence_ms == pytest.approx(500, abs=2)
    assert found.trail_silence_ms == pytest.approx(250, abs=2)
    assert found.clipped_runs > 1000
    assert found.preview_start_ms == 0

    offset = probe.examine(signals.write_wav(tmp_path / "offset.wav", signals.tone(1, level=0.1) + 0.05))
    assert offset.dc_offset == pytest.approx(0.05, abs=0.001)


def test_digital_silence_is_told_apart(tmp_path: Path):
    found = probe.examine(signals.write_wav(tmp_path / "nothing.wav", signals.silence(2)))
    assert found.digital_silence
    assert (found.loudness.integrated, found.loudness.true_peak) == (-70.0, -120.0)
    assert (found.lead_silence_ms, found.trail_silence_ms) == (2000, 0)


def test_a_sound_of_a_few_frames_is_measured(tmp_path: Path):
    found = probe.examine(signals.write_wav(tmp_path / "click.wav", np.full((3, 2), 0.5)))
    assert found.facts.frames == 3
    assert len(waveform.pairs(found.peaks)) == 1


@pytest.mark.parametrize(("bits", "format_"), [(24, "s32"), (16, "s16")])
def test_the_checksum_of_a_flac_of_any_depth_is_proved(tmp_path: Path, bits: int, format_: str):
    wav = signals.write_wav(tmp_path / "noise.wav", signals.noise(1))
    path = tmp_path / "noise.flac"
    signals.ffmpeg(
        "-i",
        str(wav),
        "-af",
        "volume=0.7",
        "-c:a",
        "flac",
        "-sample_fmt",
        format_,
        "-bits_per_raw_sample",
        str(bits),
        str(path),
    )
    facts = probe.probe(path)
    assert facts.bits == bits
    assert facts.md5 is not None


def test_more_than_two_channels_are_measured(tmp_path: Path):
    wav = signals.write_wav(tmp_path / "surround.wav", np.tile(signals.noise(1), (1, 3)))
    found = probe.examine(wav)
    assert found.facts.channels == 6
    assert found.loudness.integrated > -30
