"""What has to be fetched: the manifest compared with the folder. Nothing is written here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bandstand.wire.fetching import names
from bandstand.wire.fetching.names import UnsafeNameError
from bandstand.wire.fetching.state import Known, State
from bandstand.wire.v1.messages import RECEIPTS, File, Manifest

_BLOCK = 1 << 20
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file as it should be."""

    path: PurePosixPath
    size: int
    sha256: str
    url: str


@dataclass(slots=True)
class Plan:
    """What is there, what is missing, and what stands in the way."""

    wanted: dict[str, Wanted] = field(default_factory=dict)  # by path
    fetch: list[Wanted] = field(default_factory=list)
    kept: list[Wanted] = field(default_factory=list)
    changed: list[Wanted] = field(default_factory=list)  # files of somebody's own stand there
    unsafe: list[str] = field(default_factory=list)
    making: int = 0  # titles that the store still works on
    failed: list[str] = field(default_factory=list)  # titles that it could not make
    ask_again: int = 0
    receipts: int = 0
    receipts_left: int = 0  # that the store has not signed yet

    @property
    def missing(self) -> int:
        """How many bytes are to be fetched, the same bytes counted once."""
        return sum({one.sha256: one.size for one in self.fetch}.values())

    @property
    def size(self) -> int:
        """How many bytes all files have together."""
        return sum(one.size for one in self.wanted.values())


def gather(pages: Iterable[Manifest]) -> Plan:
    """Return what should be there after these pages, with names that are safe to write."""
    plan = Plan()
    taken: set[str] = set()
    for page in pages:
        plan.ask_again = max(plan.ask_again, page.ask_again)
        plan.receipts_left += page.receipts_left
        for title in page.titles:
            waiting = [one for one in title.pending if not one.failed]
            plan.making += bool(waiting)
            if any(one.failed for one in title.pending) or not (title.files or title.pending):
                plan.failed.append(title.folder)
            for file in title.files:
                _add(plan, taken, title.folder, file)
        for file in page.receipts:
            plan.receipts += 1
            _add(plan, taken, RECEIPTS, file)
    return plan


def _add(plan: Plan, taken: set[str], folder: str, file: File) -> None:
    try:
        path = names.safe_path(folder, file.name)
    except UnsafeNameError as error:
        plan.unsafe.append(error.name)
        return
    if names.folded(path) in taken:
        plan.unsafe.append(str(path))
        return
    taken.add(names.folded(path))
    plan.wanted[str(path)] = Wanted(path, file.size, file.sha256, file.url)


def compare(
    plan: Plan, folder: Path, state: State, *, replace: bool = False, progress: Progress = lambda _: None
) -> None:
    """Sort what is wanted into fetch, kept and changed; files that are not known are read.

    A file that we wrote and nobody touched may be replaced when the store has a newer one. One that somebody changed,
    or put there, is left alone, unless `replace` says otherwise.
    """
    for name, one in plan.wanted.items():
        place = folder / one.path
        verdict = _look(name, one, place, state, progress)
        if verdict == "changed" and replace:
            verdict = "fetch"
        {"fetch": plan.fetch, "kept": plan.kept, "changed": plan.changed}[verdict].append(one)


def _look(name: str, one: Wanted, place: Path, state: State, progress: Progress) -> str:
    try:
        facts = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return "fetch"
    if not place.is_file() or place.is_symlink():
        return "changed"
    known = state.known(name)
    untouched = known is not None and (known.size, known.mtime_ns) == (facts.st_size, facts.st_mtime_ns)
    if known is not None and untouched:
        return "kept" if known.sha256 == one.sha256 and not known.damaged else "fetch"
    found = digest(place, progress)
    if found == one.sha256:
        state.note(name, Known(found, facts.st_size, facts.st_mtime_ns))
        return "kept"
    return "fetch" if known is not None and found == known.sha256 else "changed"  # only touched: still ours


def digest(path: Path, progress: Progress = lambda _: None) -> str:
    """Return a file's SHA-256."""
    hasher = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            hasher.update(block)
            progress(len(block))
    return hasher.hexdigest()
