"""The same recording is known again; others are not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.integration.media import signals
from tests.sounds import RATE, tune, write_sound

from bandstand.media import fingerprints
from bandstand.media.sniff import UnsupportedMediaError

OTHERWISE = {
    "mp3": (".mp3", "-c:a", "libmp3lame", "-b:a", "320k"),
    "aac": (".m4a", "-c:a", "aac", "-b:a", "192k"),
    "opus": (".opus", "-c:a", "libopus", "-b:a", "96k"),
    "vorbis": (".ogg", "-c:a", "libvorbis"),
    "alac": (".m4a", "-c:a", "alac"),
    "aiff": (".aiff", "-c:a", "pcm_s16be"),
    "louder": (".wav", "-af", "volume=1dB"),
    "limited": (".flac", "-af", "volume=6dB,alimiter=limit=0.5,aresample=96000"),
    "later": (".wav", "-ss", "3.05"),
    "earlier": (".wav", "-af", "adelay=2950:all=1"),
}


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = write_sound(tmp_path_factory.mktemp("recording") / "one.wav", tune(1, seconds=25))
    return path, fingerprints.fingerprint(path)


@pytest.mark.parametrize("way", OTHERWISE)
def test_a_recording_is_known_again_in_another_form(recording, tmp_path, way):
    path, items = recording
    suffix, *how = OTHERWISE[way]
    signals.ffmpeg("-i", str(path), *how, str(tmp_path / f"other{suffix}"))
    other = fingerprints.fingerprint(tmp_path / f"other{suffix}")
    found = fingerprints.compare(items, other)
    assert found.same
    assert found.error < 0.1
    assert len(set(fingerprints.marks(items)) & set(fingerprints.marks(other))) >= 3
    expected = {"later": 3050, "earlier": -2950}.get(way, 0)
    assert found.offset_ms == pytest.approx(expected, abs=150)


def test_other_music_is_no_match(recording, tmp_path):
    for seed in (2, 3, 4):
        other = fingerprints.fingerprint(write_sound(tmp_path / "other.wav", tune(seed, seconds=25)))
        assert fingerprints.compare(recording[1], other).error > 0.25


def test_sounds_without_a_fingerprint_are_told_apart(tmp_path):
    click = fingerprints.fingerprint(write_sound(tmp_path / "click.wav", np.full((RATE // 10, 2), 0.5)))
    assert not fingerprints.comparable(click)
    (tmp_path / "list.mp3").write_text("#EXTM3U\n", encoding="utf-8")
    with pytest.raises(UnsupportedMediaError):
        fingerprints.fingerprint(tmp_path / "list.mp3")
