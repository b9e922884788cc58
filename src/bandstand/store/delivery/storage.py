"""Files by what they contain: a file is there whole under its own hash, or it is not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.conf import settings

from bandstand.media.digest import Digest, digest


def place(key: str) -> Path:
    """Return where a storage key is on this machine."""
    return Path(settings.FILES_ROOT) / key


def keep(source: Path, *, folder: str, suffix: str) -> tuple[str, Digest]:
    """Move a finished file of ours under its hash; return its storage key and digest. The same bytes are kept once.

    Name and bytes are on the disk before this returns, so that a row about the file is never ahead of it.
    """
    found = digest(source)
    key = f"{folder}/{found.sha256[:2]}/{found.sha256}{suffix}"
    target = place(key)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(source)
        source.replace(target)
        _sync(target.parent)
    return key, found


def keep_bytes(data: bytes, *, folder: str, suffix: str) -> tuple[str, Digest]:
    """Store a small file of ours under its hash."""
    with work_folder() as work:
        path = Path(work) / f"part{suffix}"
        path.write_bytes(data)
        return keep(path, folder=folder, suffix=suffix)


def work_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for unfinished files, on the same disk as the finished ones, removed after use."""
    root = Path(settings.FILES_ROOT) / "work"
    root.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="delivery-", dir=root)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
