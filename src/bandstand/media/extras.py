"""What comes with a release beside its sound: booklets, pictures, texts. Looked at by content, never by name alone."""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bandstand.kernel.errors import InputError
from bandstand.kernel.units import Bytes, Seconds, size
from bandstand.media import child, pictures

MAX_BYTES = Bytes(200_000_000)
MAX_TEXT = Bytes(1_000_000)
MAX_PAGES = 2_000
MEMORY = Bytes(2 * 1024**3)
SUFFIXES = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".txt": "text/plain",
    ".lrc": "text/plain",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Kind(StrEnum):
    """What an extra file is for."""

    BOOKLET = "booklet"
    PICTURE = "picture"
    TEXT = "text"


class ExtraRefusedError(InputError):
    """A file that we don't pass on."""

    code = "media.extra"
    facts = ("path", "why")

    def __init__(self, *, path: str | Path, why: str) -> None:
        self.path, self.why = str(path), why
        super().__init__(
            f"{Path(path).name} is {why}.", hint="Give PDF, JPEG, PNG, or text in UTF-8; see the limits in the docs."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraFacts:
    """What an extra file is."""

    kind: Kind
    media_type: str
    suffix: str  # the one it is kept and given under
    pages: int | None = None


def examine_extra(path: Path) -> ExtraFacts:
    """Look at a foreign file by its content; whatever has a decoder meets it in a child process.

    Raises
    ------
    ExtraRefusedError
        It is of no kind we take, too large, broken, locked, or not what its name says.
    child.MediaToolError, child.MediaTimeoutError
        The reader failed or went over its limits.
    """
    suffix = path.suffix.lower()
    media_type = SUFFIXES.get(suffix)
    if media_type is None:
        raise ExtraRefusedError(path=path, why="of a kind we don't pass on")
    if path.stat().st_size > MAX_BYTES:
        raise ExtraRefusedError(path=path, why=f"larger than {size(MAX_BYTES)}")
    if media_type == "application/pdf":
        return ExtraFacts(kind=Kind.BOOKLET, media_type=media_type, suffix=".pdf", pages=_pages(path))
    if media_type == "text/plain":
        _check_text(path)
        return ExtraFacts(kind=Kind.TEXT, media_type=media_type, suffix=suffix)
    try:
        found = pictures.examine_picture(path)
    except pictures.PictureRefusedError as error:
        raise ExtraRefusedError(path=path, why=f"no picture we take: {error.why}") from error
    if found.media_type != media_type:
        raise ExtraRefusedError(path=path, why=f"{found.media_type}, not what its name says")
    return ExtraFacts(kind=Kind.PICTURE, media_type=media_type, suffix=".jpg" if media_type == "image/jpeg" else ".png")


def _pages(path: Path) -> int:
    with path.open("rb") as stream:
        if stream.read(5) != b"%PDF-":  # some readers search for it: then a file is a PDF and something else as well
            raise ExtraRefusedError(path=path, why="no PDF")
    told = child.call(
        "pages", {"path": str(path.resolve())}, seconds=Seconds(60), memory=MEMORY, refusals=(ExtraRefusedError,)
    )
    pages = told["pages"]
    assert isinstance(pages, int)
    return pages


def _check_text(path: Path) -> None:
    body = path.read_bytes()[: MAX_TEXT + 1]
    if len(body) > MAX_TEXT:
        raise ExtraRefusedError(path=path, why=f"a text of more than {size(MAX_TEXT)}")
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise ExtraRefusedError(path=path, why="no text in UTF-8") from error
    if any(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f" for c in text):
        raise ExtraRefusedError(path=path, why="no plain text")
