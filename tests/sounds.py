"""Short sounds and pictures for tests, made on the spot by our own code; each kind is encoded once and then copied."""

from __future__ import annotations

import io
import shutil
import tempfile
import wave
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from bandstand.media import pipeline, probe, tags
from bandstand.media.recipes import RECIPES
from bandstand.media.tags import Tags

RATE = 44_100
_RECIPES = {"flac": "flac", "mp3": "mp3-v0", "m4a": "aac-256"}


def make_sound(
    path: Path,
    *,
    hertz: float = 440.0,
    seconds: float = 1.0,
    level: float = 0.4,
    picture: bytes | None = None,
    **facts: object,
) -> Path:
    """Write a tone with these tags; the kind follows from the name (wav, flac, mp3, m4a)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_encoded(path.suffix.removeprefix(".").lower(), hertz, seconds, level), path)
    if facts or picture:
        tags.write(path, Tags(**facts), picture=picture)  # type: ignore[arg-type]  # each test gives tags of their own type
    return path


def write_sound(path: Path, samples: np.ndarray, *, rate: int = RATE, bits: int = 16) -> Path:
    """Write samples (n, c) of full scale 1.0 as WAV of 16 or 24 bit: signals whose faults a test knows."""
    top = 2 ** (bits - 1)
    counts = np.clip(np.rint(samples * top), -top, top - 1).astype("<i4")
    body = counts.reshape(-1, 1).view(np.uint8)[:, : bits // 8] if bits == 24 else counts.astype("<i2")
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(samples.shape[1])
        stream.setsampwidth(bits // 8)
        stream.setframerate(rate)
        stream.writeframes(np.ascontiguousarray(body).tobytes())
    return path


def tune(seed: int, *, seconds: float = 15.0, rate: int = RATE) -> np.ndarray:
    """Return plucked notes in stereo, shape (n, 2): other ones for each seed."""
    rng = np.random.default_rng(seed)
    sound = np.zeros((round(seconds * rate), 2))
    for at in np.arange(0, seconds - 0.3, 0.25):
        start = int(at * rate)
        time = np.arange(min(rate // 2, sound.shape[0] - start)) / rate
        for note in rng.choice(36, 2 + int(rng.integers(2)), replace=False):
            hertz = 110 * 2 ** (note / 12)
            voice = sum(np.sin(2 * np.pi * hertz * part * time) / part**1.5 for part in (1, 2, 3, 4))
            pan = rng.uniform(0.3, 0.7)
            sound[start : start + time.size] += (0.12 * voice * np.exp(-5 * time))[:, None] * (pan, 1 - pan)
    return sound / np.abs(sound).max() * 0.5


def make_picture(*, width: int = 600, height: int = 600, colour: str = "#205070", kind: str = "JPEG") -> bytes:
    """Return a picture with a square of another colour in it."""
    picture = Image.new("RGB", (width, height), colour)
    picture.paste("#e0a030", (width // 4, height // 4, width // 2, height // 2))
    stream = io.BytesIO()
    picture.save(stream, kind)
    return stream.getvalue()


@cache
def _encoded(kind: str, hertz: float, seconds: float, level: float) -> Path:
    folder = _folder() / f"{kind}-{hertz:g}-{seconds:g}-{level:g}"
    folder.mkdir()
    plain = folder / "tone.wav"
    _write_tone(plain, hertz, seconds, level)
    if kind == "wav":
        return plain
    made = folder / f"tone.{kind}"
    pipeline.make(RECIPES.get(_RECIPES[kind]), plain, made, facts=probe.probe(plain))
    return made


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="bandstand-sounds-"))


def _write_tone(path: Path, hertz: float, seconds: float, level: float) -> None:
    time = np.arange(int(seconds * RATE)) / RATE
    left, right = (level * np.sin(2 * np.pi * hertz * factor * time) for factor in (1.0, 1.5))
    samples = (np.stack([left, right], axis=1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(2)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes(samples.tobytes())
