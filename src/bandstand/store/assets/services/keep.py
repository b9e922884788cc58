"""Putting files into the store's own folder: staged on the same disk, synced, then renamed to where they stay."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bandstand.kernel.errors import InputError
from bandstand.kernel.progress import Progress
from bandstand.media.digest import Digest, copy_digest
from bandstand.store.assets import rules
from bandstand.store.assets.queries import place


class ChangedWhileReadError(InputError):
    """A file was written to while it was being taken in."""

    code = "assets.changed"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} changed while it was being taken in.", hint="Deliver it again when it is complete.")


@contextmanager
def staging() -> Iterator[Path]:
    """Give a folder of one's own on the store's disk; what is left in it afterwards is removed."""
    folder = place(rules.STAGING) / secrets.token_hex(8)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_kept(key: str) -> bool:
    """Whether something stands under a key; it then counts as new, so that no sweep takes it for an orphan."""
    try:
        os.utime(place(key))
    except FileNotFoundError:
        return False
    return True


def copy_in(source: Path, folder: Path, *, expected: Digest | None, progress: Progress) -> tuple[Path, Digest]:
    """Copy a foreign file into a staging folder and return the copy with its digest; progress counts bytes.

    Raises
    ------
    ChangedWhileReadError
        Its bytes are not the expected ones.
    """
    copy = folder / "copy"
    with copy.open("xb") as sink:
        found = copy_digest(source, sink, progress=progress)
        sink.flush()
        os.fsync(sink.fileno())
    if expected is not None and found != expected:
        raise ChangedWhileReadError(source.name)
    return copy, found


def settle(staged: Path, key: str) -> None:
    """Move a complete, synced file or folder to its key, where it is there at once or not at all."""
    final = place(key)
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        staged.replace(final)
    except OSError:
        if not (staged.is_dir() and final.is_dir()):  # a folder that another worker settled first holds the same files
            raise
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
