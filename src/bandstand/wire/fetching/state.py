"""What was fetched into a folder, remembered there, so that unchanged files need not be read again."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bandstand.kernel.errors import RefusedError

NAME = ".bandstand-fetch.json"
PARTS = ".bandstand-parts"  # files that are not complete yet, by their hash
LOCK = ".bandstand-fetch.lock"
_MAX_STATE = 256 << 20
_VERSION = 1


class FolderBusyError(RefusedError):
    """Another fetch works on the folder."""

    code = "fetch.folder_busy"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"Another fetch works on {folder}.", hint="Let it finish, or stop it.")


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it was when it was written or last read: if size and time are still these, so is the hash."""

    sha256: str
    size: int
    mtime_ns: int
    damaged: bool = False  # found by `--check`: its bytes changed while its time did not


class State:
    """The memory of a folder. Losing it costs time, never files: what is not in it is read again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, _load(folder / NAME)
        self._lock = threading.Lock()
        self._changed = False

    def known(self, path: str) -> Known | None:
        """Return what is remembered of a file."""
        return self.files.get(path)

    def note(self, path: str, known: Known) -> None:
        """Remember a file; `save` writes it down."""
        with self._lock:
            self.files[path] = known
            self._changed = True

    def forget(self, path: str) -> None:
        """Remember a file no more."""
        with self._lock:
            self._changed = self.files.pop(path, None) is not None or self._changed

    def save(self) -> None:
        """Write the memory down, whole or not at all."""
        with self._lock:
            if not self._changed:
                return
            rows = {path: [k.sha256, k.size, k.mtime_ns, k.damaged] for path, k in sorted(self.files.items())}
            part = self.folder / f"{NAME}.part"
            with part.open("w", encoding="utf-8") as sink:
                json.dump({"version": _VERSION, "files": rows}, sink, ensure_ascii=False, indent=0)
                sink.flush()
                os.fsync(sink.fileno())
            part.replace(self.folder / NAME)
            self._changed = False


def _load(path: Path) -> dict[str, Known]:
    try:
        with path.open("rb") as source:
            said = json.loads(source.read(_MAX_STATE))
        if said["version"] != _VERSION:
            return {}
        return {
            str(name): Known(str(sha256), int(size), int(mtime_ns), bool(damaged))
            for name, (sha256, size, mtime_ns, damaged) in said["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it when the process ends, however it ends."""
    with (folder / LOCK).open("a") as handle:
        if os.name == "posix":
            import fcntl

            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise FolderBusyError(folder) from error
        yield
