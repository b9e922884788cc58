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
