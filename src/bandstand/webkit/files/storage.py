"""The folder that files are served from, and nothing outside it."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.units import Bytes
from bandstand.licences.tickets import is_storage_key

_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES}  # else it is the disk that fails
_MAX_KEY = 1024  # characters
_OPEN = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class FileGoneError(RefusedError):
    """There is no such file, or not the one that was meant."""

    code = "file.gone"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__("This file is not here.", hint="Open your shelf and press Download again.")


@dataclass(frozen=True, slots=True)
class Found:
    """A stored file: its real path, size and time of change."""

    path: str
    size: Bytes
    modified: datetime
    stamp: int  # of the change, in nanoseconds


def find(root: Path, key: str, *, size: int | None = None) -> Found:
    """Find the regular file `key` under `root`.

    Links are followed only as long as they stay under `root`, which must be a real path itself.

    Raises
    ------
    FileGoneError
        There is none, it lies elsewhere, or it has another `size`.
    OSError
        The disk or the system failed.

    """
    if len(key) > _MAX_KEY or not is_storage_key(key):
        raise FileGoneError(key)
    try:
        path = os.path.realpath(root / key, strict=True)
        facts = os.stat(path)  # noqa: PTH116  (hot path: thousands for one zip)
    except OSError as error:
        raise _gone_or(error, key) from None
    inside = path.startswith(f"{root}{os.sep}")
    if not inside or not stat.S_ISREG(facts.st_mode) or size not in (None, facts.st_size):
        raise FileGoneError(key)
    modified = datetime.fromtimestamp(facts.st_mtime, UTC)
    return Found(path, Bytes(facts.st_size), modified, facts.st_mtime_ns)


def present(root: Path, key: str, size: int) -> bool:
    """Tell whether there is a file of `size` at a checked `key`; cheap, for the thousands that one zip may have.

    Whether it really lies under `root` is `open_file`'s business.
    """
    try:
        facts = os.stat(f"{root}/{key}")  # noqa: PTH116  (a Path costs more than the call)
    except OSError as error:
        if error.errno in _GONE:
            return False
        raise
    return stat.S_ISREG(facts.st_mode) and facts.st_size == size


def open_file(root: Path, key: str, *, size: int) -> int:
    """Open the file `key` for reading and return its descriptor.

    Raises
    ------
    FileGoneError
        There is none with that size.
    OSError
        The disk or the system failed.

    """
    found = find(root, key, size=size)
    try:
        return os.open(found.path, _OPEN)
    except OSError as error:
        raise _gone_or(error, key) from None


def _gone_or(error: OSError, key: str) -> FileGoneError | OSError:
    return FileGoneError(key) if error.errno in _GONE else error
