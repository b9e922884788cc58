"""Names from the network never touch the disk raw: they stay inside one folder, and every system can keep them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from bandstand.kernel.errors import InputError

MAX_PART = 240  # bytes of UTF-8 of one folder or file
MAX_DEPTH = 8
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")  # Windows opens devices under these
_FORBIDDEN = set('<>:"\\|?*')


class UnsafeNameError(InputError):
    """A name that does not stay in the folder, or that some disk can't keep."""

    code = "fetch.name"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"The store names a file {name[:200]!r}, which is not safe to write.",
            hint="Nothing was written under that name. Tell the store.",
        )


def safe_path(folder: str, name: str) -> PurePosixPath:
    """Return where a file goes, relative to the library: a folder and a name, which may have folders in it.

    Raises
    ------
    UnsafeNameError
        Some part of it is empty, `.` or `..`, hidden, reserved, too long, or has characters that a disk refuses.
    """
    parts = [folder, *name.split("/")]
    if len(parts) > MAX_DEPTH:
        raise UnsafeNameError(f"{folder}/{name}")
    for part in parts:
        if not _is_safe(part):
            raise UnsafeNameError(f"{folder}/{name}")
    return PurePosixPath(*parts)


def folded(path: PurePosixPath | str) -> str:
    """Return what two paths share that are one on a disk without upper and lower case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())


def _is_safe(part: str) -> bool:
    if not part or part.startswith(".") or part[-1] in ". " or part[0] == " " or "/" in part:
        return False
    if _FORBIDDEN & set(part) or _RESERVED.fullmatch(part):
        return False
    if any(unicodedata.category(c) in ("Cc", "Cs") or c in _TURNING for c in part):
        return False
    return len(part.encode("utf-8", "replace")) <= MAX_PART


_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
