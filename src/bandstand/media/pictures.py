"""Covers: look at a foreign picture, make the sizes that pages need, find its colours; all in a child process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bandstand.kernel.errors import InputError
from bandstand.kernel.units import Bytes, Seconds
from bandstand.media import child
from bandstand.media.digest import digest

SIZES = (96, 240, 480, 960, 1600)
MAX_PIXELS = 50_000_000
MAX_BYTES = Bytes(64 * 1024 * 1024)
MEMORY = Bytes(2 * 1024**3)


class PictureRefusedError(InputError):
    """A picture we don't take."""

    code = "media.picture"
    facts = ("path", "why")

    def __init__(self, *, path: str | Path, why: str) -> None:
        self.path, self.why = str(path), why
        super().__init__(
            f"{Path(path).name} can't be used as a picture: {why}.",
            hint=f"Give a PNG, JPEG or WebP file of at most {MAX_PIXELS // 1_000_000} megapixels.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """What a picture is, as it is meant to be seen (turned the way its camera says)."""

    width: int
    height: int
    media_type: str
    size: Bytes
    sha256: str
    palette: tuple[str, str, str]  # "#rrggbb", the leading colour first


@dataclass(frozen=True, slots=True, kw_only=True)
class Resized:
    """One file that was made."""

    path: Path
    bound: int  # pixels that neither side exceeds; a smaller picture is never blown up
    width: int
    height: int
    media_type: str
    size: Bytes
    sha256: str


def examine_picture(source: Path | bytes) -> PictureFacts:
    """Decode all of a picture and return its facts.

    Raises
    ------
    PictureRefusedError
        It is no PNG, JPEG or WebP, too large, or broken.
    """
    with _file(source) as path:
        found = digest(path)
        told = _ask("picture", path, {})
    first, second, third = told["palette"]
    return PictureFacts(
        width=told["width"],
        height=told["height"],
        media_type=told["media_type"],
        size=found.size,
        sha256=found.sha256,
        palette=(first, second, third),
    )


def dominant(source: Path | bytes) -> tuple[str, str, str]:
    """Return the three colours that stand for a picture, the leading one first; errors as `examine_picture`."""
    return examine_picture(source).palette


def resize(source: Path | bytes, sizes: Sequence[int], out_dir: Path) -> tuple[Resized, ...]:
    """Make a picture fit into squares of `sizes` pixels: `<size>.webp` each, and `<largest>.jpg`, in `out_dir`.

    Proportions are kept, colours are sRGB, nothing else of the file is carried over; the same source gives the same
    bytes.
    Errors are those of `examine_picture`.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    with _file(source) as path:
        told = _ask("resize", path, {"sizes": sorted(set(sizes)), "out_dir": str(out_dir.resolve())})
    return tuple(_resized(out_dir, entry) for entry in told["files"])


def _resized(out_dir: Path, entry: dict[str, Any]) -> Resized:  # Any: JSON
    path = out_dir / entry["name"]
    found = digest(path)
    return Resized(
        path=path,
        bound=entry["bound"],
        width=entry["width"],
        height=entry["height"],
        media_type=entry["media_type"],
        size=found.size,
        sha256=found.sha256,
    )


def _ask(function: str, path: Path, more: dict[str, object]) -> dict[str, Any]:  # Any: JSON
    if path.stat().st_size > MAX_BYTES:
        raise PictureRefusedError(path=path, why=f"it has more than {MAX_BYTES // 1024**2} MB")
    request = {"path": str(path.resolve()), **more}
    return child.call(function, request, seconds=Seconds(60), memory=MEMORY, refusals=(PictureRefusedError,))


@contextmanager
def _file(source: Path | bytes) -> Iterator[Path]:
    if isinstance(source, Path):
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="bandstand-") as folder:
        path = Path(folder) / "picture"
        path.write_bytes(source)
        yield path
