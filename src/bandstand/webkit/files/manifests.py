"""Manifests: what a zip holds, written down before anybody asks for a byte of it (docs/formats/zip.md, section 1)."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from bandstand.kernel.errors import InputError
from bandstand.kernel.units import Bytes
from bandstand.licences.tickets import MAX_PATH, is_storage_key

MAX_MANIFEST = 16 << 20  # bytes of JSON
MAX_ENTRIES = 50_000
MAX_NAME = 1024  # bytes of UTF-8
MAX_COMMENT = 1024
MAX_FILE = 1 << 44  # 16 TiB: all sums then stay far below 2**63
_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")  # turn the rest of a name around and hide its real ending
_DRIVE = re.compile(r"[A-Za-z]:")
_FIRST, _LAST = (
    datetime(1980, 1, 1, tzinfo=UTC),
    datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC),
)  # what a DOS date can say


class ManifestError(InputError):
    """A list of files that no zip is made of."""

    code = "zip.manifest"

    def __init__(self, sentence: str, *, entry: int | None = None) -> None:
        self.entry = entry
        super().__init__(sentence if entry is None else f"Entry {entry}: {sentence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of a zip: its name inside, where its bytes are stored, and what they are."""

    name: str
    path: str
    size: Bytes
    crc32: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The entries of a zip in their order, with one date for all. Checked when it is made."""

    entries: tuple[Entry, ...]
    modified: datetime
    comment: str = ""

    def __post_init__(self) -> None:
        if len(self.entries) > MAX_ENTRIES:
            raise ManifestError(f"A bundle holds at most {MAX_ENTRIES} files; this one has {len(self.entries)}.")
        if self.modified.tzinfo is None or not _FIRST <= self.modified <= _LAST:
            raise ManifestError("The date must be aware and lie between 1980 and 2107.")
        if len(_encoded(self.comment, None)) > MAX_COMMENT:
            raise ManifestError(f"The comment has more than {MAX_COMMENT} bytes.")
        for number, entry in enumerate(self.entries):
            _check_entry(entry, number)
        _check_clashes(self.entries)

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """Read what `pack` wrote.

        Raises
        ------
        ManifestError
            It is no manifest, or one of its files can't be in a zip.

        """
        if len(text) > MAX_MANIFEST:
            raise ManifestError(f"A manifest has at most {MAX_MANIFEST} bytes; this one has {len(text)}.")
        try:
            found = json.loads(text)
            if found["version"] != _VERSION or not isinstance(found["comment"], str):
                raise ManifestError("This manifest was written by another version.")
            modified = datetime.strptime(found["modified"], "%Y-%m-%dT%H:%M:%S%z")
            entries = tuple(_entry(row, number) for number, row in enumerate(found["entries"][: MAX_ENTRIES + 1]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ManifestError("These bytes are no manifest.") from error
        return cls(entries=entries, modified=modified, comment=found["comment"])

    def pack(self) -> bytes:
        """Return the canonical bytes: the same manifest always gives the same ones."""
        rows = [[e.name, e.path, e.size, f"{e.crc32:08x}", e.sha256] for e in self.entries]
        modified = f"{self.modified.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        whole = {"comment": self.comment, "entries": rows, "modified": modified, "version": _VERSION}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def etag(self) -> str:
        """A strong ETag of the zip, the same on every node: the zip is computed from nothing but these bytes."""
        return hashlib.sha256(self.pack()).hexdigest()


def _entry(row: object, number: int) -> Entry:
    if not isinstance(row, list) or [type(value) for value in row] != [str, str, int, str, str]:
        raise ManifestError("must be name, path, size, CRC-32 and SHA-256.", entry=number)
    name, path, size, crc32, sha256 = row
    if not re.fullmatch(r"[0-9a-f]{8}", crc32):
        raise ManifestError("the CRC-32 must be eight digits of lower-case hex.", entry=number)
    return Entry(name=name, path=path, size=Bytes(size), crc32=int(crc32, 16), sha256=sha256)


def _check_entry(entry: Entry, number: int) -> None:
    name = entry.name
    if not 0 < len(_encoded(name, number)) <= MAX_NAME:
        raise ManifestError(f"a name has 1 to {MAX_NAME} bytes.", entry=number)
    if not is_storage_key(name) or _DRIVE.match(name) or _BIDI.search(name):
        raise ManifestError(f"{name!r} is no plain relative name.", entry=number)
    if len(_encoded(entry.path, number)) > MAX_PATH or not is_storage_key(entry.path):
        raise ManifestError("the path is no storage key.", entry=number)
    if not 0 <= entry.size <= MAX_FILE:
        raise ManifestError(f"a file has 0 to {MAX_FILE} bytes.", entry=number)
    if not 0 <= entry.crc32 < 1 << 32 or not _SHA256.fullmatch(entry.sha256):
        raise ManifestError("the CRC-32 or the SHA-256 is none.", entry=number)


def _check_clashes(entries: Iterable[Entry]) -> None:
    """Refuse two names that are one on a disk that ignores case or accents' spelling, and a file that is a folder."""
    files: set[str] = set()
    folders: set[str] = set()
    for number, entry in enumerate(entries):
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", entry.name).casefold())
        if folded in files:
            raise ManifestError(f"{entry.name!r} is in the zip already.", entry=number)
        files.add(folded)
        parts = folded.split("/")
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    if both := files & folders:
        raise ManifestError(f"{min(both)!r} is a file and a folder.")


def _encoded(text: str, number: int | None) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ManifestError("a text has lone surrogates.", entry=number) from None
