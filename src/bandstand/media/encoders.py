"""Which ffmpeg program encodes, and the name of exactly that build: the same build gives the same bytes everywhere."""

from __future__ import annotations

import importlib.util
import os
from functools import lru_cache
from pathlib import Path

from bandstand.kernel.errors import SetupError
from bandstand.kernel.units import Seconds
from bandstand.media import child
from bandstand.media.digest import digest

VARIABLE = "BANDSTAND_FFMPEG"


class EncoderMissingError(SetupError):
    """There is no ffmpeg to run."""

    code = "media.encoder_missing"

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"There is no ffmpeg program at {where}.", hint=f"Install Bandstand again, or name one in {VARIABLE}."
        )


class EncoderLacksError(SetupError):
    """The ffmpeg at hand was built without an encoder."""

    code = "media.encoder_lacks"

    def __init__(self, encoder: str, program: Path) -> None:
        self.encoder = encoder
        super().__init__(
            f"{program.name} was built without {encoder}.",
            hint=f"Choose another format, or name an ffmpeg that has it in {VARIABLE}.",
        )


def ffmpeg() -> Path:
    """Return the program: the one that BANDSTAND_FFMPEG names, else the one that the pinned package holds.

    Raises
    ------
    EncoderMissingError
        There is none.
    """
    named = os.environ.get(VARIABLE)
    return _existing(Path(named) if named else _packaged())


@lru_cache(maxsize=1)
def _packaged() -> Path:
    """Find the program of the pinned package; it stays where it is as long as this process runs."""
    spec = importlib.util.find_spec("imageio_ffmpeg")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        for program in sorted(Path(folder, "binaries").glob("ffmpeg-*")):
            return program
    raise EncoderMissingError(", ".join(folders) or "the package imageio-ffmpeg")


def build(program: Path | None = None) -> str:
    """Return the identity of an encoder build: its version, and the start of the SHA-256 of the program itself."""
    program = program or ffmpeg()
    state = program.stat()
    return _build(program, state.st_mtime_ns, state.st_size)


def has(encoder: str, program: Path | None = None) -> bool:
    """Whether a build of ffmpeg (the configured one) has an encoder, such as "libvorbis"; no name: nothing special."""
    if not encoder:
        return True
    program = program or ffmpeg()
    state = program.stat()
    return encoder in _encoders(program, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _encoders(program: Path, _changed: int, _size: int) -> frozenset[str]:
    told = child.run([str(program), "-hide_banner", "-encoders"], seconds=Seconds(30)).output.decode(errors="replace")
    rows = (line.split() for line in told.splitlines())
    return frozenset(row[1] for row in rows if len(row) > 2 and row[0].startswith("A"))


@lru_cache(maxsize=8)
def _build(program: Path, _changed: int, _size: int) -> str:
    told = child.run([str(program), "-version"], seconds=Seconds(30)).output.decode(errors="replace").split()
    version = told[2] if told[:2] == ["ffmpeg", "version"] else "unknown"
    return f"ffmpeg {version[:60]} {digest(program).sha256[:12]}"


def _existing(program: Path) -> Path:
    if not os.access(program, os.X_OK) or not program.is_file():
        raise EncoderMissingError(str(program))
    return program.resolve()
