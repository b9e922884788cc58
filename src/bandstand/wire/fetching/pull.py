"""Fetching one file so that any interruption leaves a part that the next try goes on with."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from bandstand.kernel.errors import OutsideError, SetupError
from bandstand.wire.fetching.plan import Wanted, digest
from bandstand.wire.fetching.state import PARTS
from bandstand.wire.v1.client import Store
from bandstand.wire.web import Answer

_BLOCK = 1 << 20
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
Progress = Callable[[int], None]


class StoppedError(OutsideError):
    """Somebody asked to stop."""

    code = "fetch.stopped"

    def __init__(self) -> None:
        super().__init__("Stopped.", hint="Run the same again: it goes on where it stopped.")


class DiskFullError(SetupError):
    """The folder's disk has no room left."""

    code = "fetch.disk_full"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"The disk of {folder} is full.", hint="Make room and run the same again: it goes on where it stopped."
        )


class FolderError(SetupError):
    """The folder can't be written to."""

    code = "fetch.folder"

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        super().__init__(f"{folder} can't be written to: {why}.", hint="Choose another folder with --to.")


class DamagedError(OutsideError):
    """What came is not what the manifest says."""

    code = "fetch.damaged"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} did not arrive as the store has it.", hint="It was thrown away; run the same again.")


def part_of(folder: Path, sha256: str) -> Path:
    """Return where the part of a file stands until it is whole. Its name is its hash: what it is can't be mistaken."""
    return folder / PARTS / f"{sha256}.part"


def pull(store: Store, one: Wanted, folder: Path, *, stopped: Callable[[], bool], progress: Progress) -> Path:
    """Fetch what is missing of a file's part, check all of it, and return the part: whole, and on the disk.

    Raises
    ------
    StoppedError, DiskFullError, FolderError, DamagedError
        It stopped; there is no room; the bytes are not those of the manifest.
    LinkEndedError, UnreachableError, BusyError, RefusedByStoreError
        As the store says. The part stays.
    """
    part = part_of(folder, one.sha256)
    with contextlib.ExitStack() as unread:
        unread.callback(store.web.drop, one.url)  # unless all of the body is read
        try:
            _make_folder(part.parent, folder)
            with part.open("ab+") as sink:
                hasher, have = _begun(sink, one)
                if have < one.size:
                    answer = store.open_file(one.url, sha256=one.sha256, start=have)
                    if have and answer.status == 200:  # not the same file any more, says the other side
                        sink.truncate(0)
                        hasher, have = hashlib.sha256(), 0
                    elif have:
                        _make_sure(answer, have, one)
                    have = _receive(answer, sink, hasher, have, one, stopped, progress)
                sink.flush()
                os.fsync(sink.fileno())
        except OSError as error:
            raise of_disk(error, folder) from error
        unread.pop_all()
    if have != one.size or hasher.hexdigest() != one.sha256:
        part.unlink(missing_ok=True)
        raise DamagedError(one.path.name)
    return part


def _begun(sink: BinaryIO, one: Wanted) -> tuple[hashlib._Hash, int]:
    """Return the hash and length of what is there already; too much of it is thrown away."""
    hasher, have = hashlib.sha256(), 0
    sink.seek(0, os.SEEK_END)
    if sink.tell() > one.size:
        sink.truncate(0)
    sink.seek(0)
    while block := sink.read(_BLOCK):
        hasher.update(block)
        have += len(block)
    return hasher, have


def _make_sure(answer: Answer, have: int, one: Wanted) -> None:
    if not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
        raise DamagedError(one.path.name)


def _receive(
    answer: Answer,
    sink: BinaryIO,
    hasher: hashlib._Hash,
    have: int,
    one: Wanted,
    stopped: Callable[[], bool],
    progress: Progress,
) -> int:
    for block in answer.blocks():
        if stopped():
            raise StoppedError
        have += len(block)
        if have > one.size:
            raise DamagedError(one.path.name)
        sink.write(block)
        hasher.update(block)
        progress(len(block))
    return have


def settle(part: Path, targets: list[Path], folder: Path) -> None:
    """Put a whole part where it belongs, at each of its places; there is the old file or the new one, never half.

    Raises
    ------
    DiskFullError, FolderError
        It can't be written.
    """
    try:
        for extra in targets[1:]:
            copy_in(part, extra, folder)
        place(part, targets[0], folder)
    except OSError as error:
        raise of_disk(error, folder) from error


def copy_in(source: Path, target: Path, folder: Path) -> None:
    """Copy a whole file to its place."""
    aside = folder / PARTS / f"{hashlib.sha256(str(target).encode()).hexdigest()[:16]}.copy"
    _make_folder(aside.parent, folder)
    try:
        with source.open("rb") as reader, aside.open("wb") as sink:
            shutil.copyfileobj(reader, sink, _BLOCK)
            sink.flush()
            os.fsync(sink.fileno())
        place(aside, target, folder)
    finally:
        aside.unlink(missing_ok=True)


def reuse(source: Path, one: Wanted, folder: Path) -> bool:
    """Copy a file that is here under another name already; tell whether it really was the one."""
    try:
        if digest(source) != one.sha256:
            return False
        copy_in(source, folder / one.path, folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise of_disk(error, folder) from error
    return True


def place(part: Path, target: Path, folder: Path) -> None:
    """Move a whole, synced file to its place and wait until its name is on the disk."""
    _make_folder(target.parent, folder)
    part.replace(target)
    if os.name == "posix":
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _make_folder(wanted: Path, folder: Path) -> None:
    """Make a folder in ours, unless a symbolic link leads out of it: then nothing is made there either."""
    if not wanted.resolve().is_relative_to(folder.resolve()):
        raise FolderError(wanted, "it leads out of the folder")
    wanted.mkdir(parents=True, exist_ok=True)


def of_disk(error: OSError, folder: Path) -> SetupError:
    """Return what to tell when a disk refuses to write."""
    if error.errno in _FULL:
        return DiskFullError(folder)
    return FolderError(folder, error.strerror or str(error))
