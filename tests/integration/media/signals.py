"""Sound for tests, made here: tones, noise and silence as WAV, and any other kind by the pinned ffmpeg."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from bandstand.media import encoders

RATE = 44_100

ENCODED = {
    "flac": (".flac", "-c:a", "flac"),
    "mp3": (".mp3", "-c:a", "libmp3lame", "-q:a", "4"),
    "alac": (".m4a", "-c:a", "alac"),
    "aac": (".m4a", "-c:a", "aac", "-b:a", "128k"),
    "opus": (".opus", "-c:a", "libopus", "-b:a", "64k"),
    "vorbis": (".ogg", "-c:a", "libvorbis"),
    "oggflac": (".oga", "-c:a", "flac", "-f", "ogg"),
    "wav": (".wav", "-c:a", "pcm_s16le"),
    "wav24": (".wav", "-c:a", "pcm_s24le"),
    "aiff": (".aiff", "-c:a", "pcm_s16be"),
}


def tone(seconds: float, *, hertz: float = 440.0, level: float = 0.5, rate: int = RATE) -> np.ndarray:
    """Return a stereo sine, shape (n, 2), the right channel a fifth higher."""
    at = np.arange(round(seconds * rate)) / rate
    return level * np.stack((np.sin(2 * np.pi * hertz * at), np.sin(3 * np.pi * hertz * at)), axis=1)


def noise(seconds: float, *, level: float = 0.3, seed: int = 1) -> np.ndarray:
    """Return stereo noise, shape (n, 2)."""
    return np.random.default_rng(seed).uniform(-level, level, (round(seconds * RATE), 2))


def silence(seconds: float) -> np.ndarray:
    """Return digital silence, shape (n, 2)."""
    return np.zeros((round(seconds * RATE), 2))


def write_wav(path: Path, samples: np.ndarray, *, rate: int = RATE) -> Path:
    """Write samples of full scale 1.0 as 16 bit."""
    counts = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(counts.shape[1])
        sink.setsampwidth(2)
        sink.setframerate(rate)
        sink.writeframes(counts.tobytes())
    return path


def encode(source: Path, kind: str, folder: Path | None = None) -> Path:
    """Encode a WAV file as one of ENCODED."""
    suffix, *arguments = ENCODED[kind]
    target = (folder or source.parent) / f"{source.stem}-{kind}{suffix}"
    ffmpeg("-i", str(source), "-map_metadata", "-1", "-bitexact", *arguments, "-y", str(target))
    return target


def ffmpeg(*arguments: str) -> None:
    """Run the pinned ffmpeg."""
    subprocess.run([str(encoders.ffmpeg()), "-nostdin", "-v", "error", *arguments], check=True, timeout=120)


def judge(name: str) -> str:
    """Return the system's own `ffmpeg` or `ffprobe`, which judges ours; without it the test is skipped or fails."""
    found = shutil.which(name)
    if found is None and os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is missing, and REQUIRE_ALL=1")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found
