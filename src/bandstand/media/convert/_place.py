"""Where a run works: a hidden folder of its own below the target folder, which one run has at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bandstand.kernel.errors import RefusedError
from bandstand.media._disk import sync

NAME = ".bandstand-convert"


class InUseError(RefusedError):
    """Another run writes there."""

    code = "convert.in_use"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"Another program converts into {folder}.", hint="Wait until it is done, or stop it.")


@contextmanager
def workplace(out: Path) -> Iterator[Path]:
    """Give an empty folder for unfinished files. What a killed run left in it is removed first.

    Raises
    ------
    InUseError
        Another run has it.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _held(out):
        folder = out / NAME
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def settle(made: Path, target: Path, *, force: bool) -> bool:
    """Give a finished file its name, on the disk and all at once; False: another is there, and stays.

    Parameters
    ----------
    force
        What stands there is replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sync(made)
    if force:
        made.replace(target)
    elif not _named(made, target):
        return False
    sync(target.parent)
    return True


def _named(made: Path, target: Path) -> bool:
    try:
        os.link(made, target)  # unlike a rename it never replaces anything
    except FileExistsError:
        return False
    except OSError:  # no such links on this file system
        if os.path.lexists(target):
            return False
        made.replace(target)
    return True


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder against other runs, where the system can do that; the lock ends with the process."""
    if os.name != "posix":
        yield
        return
    import fcntl  # POSIX only

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUseError(folder) from error
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)
