"""Which sources become which files: folders walked, structure kept, no two of them the same."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bandstand.kernel.errors import BandstandError, InputError, RefusedError
from bandstand.media.convert._kinds import SUFFIXES, kind_of
from bandstand.media.sniff import LockedMediaError, UnsupportedMediaError

DEEPEST = 64  # folders within folders
MOST = 1_000_000  # files


class FolderError(InputError):
    """A folder that can't be looked into."""

    code = "convert.folder"

    def __init__(self, folder: Path, error: OSError) -> None:
        self.folder = folder
        super().__init__(f"{folder} can't be read: {error.strerror}.", hint="Make it readable, or name other sources.")


class IntoItselfError(RefusedError):
    """What is made would lie among its own sources."""

    code = "convert.into_itself"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"What is made from {folder} would be written into it.", hint="Choose another folder for --out."
        )


class OntoSourceError(RefusedError):
    """A file would be written over a source."""

    code = "convert.onto_source"

    def __init__(self, target: Path) -> None:
        self.target = target
        super().__init__(f"{target} is itself a source.", hint="Choose another folder for --out.")


class SameTargetError(RefusedError):
    """Several sources would become the same file."""

    code = "convert.same_target"

    def __init__(self, target: Path, others: Sequence[Path]) -> None:
        self.target, self.others = target, tuple(others)
        super().__init__(
            f"{target.name} would also be made from {', '.join(map(str, others[:3]))}.",
            hint="Convert one of them into another folder.",
        )


class TooManyError(InputError):
    """More files than one run takes."""

    code = "convert.too_many"

    def __init__(self) -> None:
        super().__init__(f"There are more than {MOST} files.", hint="Convert a folder at a time.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One source and what it shall become; `refused` says why it can't."""

    source: Path
    target: Path
    refused: BandstandError | None = None


def plan(sources: Iterable[Path], out: Path, *, suffix: str) -> list[Task]:
    """Return what is to be made, in the order of the sources.

    A file goes right into `out`, a folder with its name and structure. Hidden files, symbolic links, and in folders
    also what is no sound, are left out; so is `out` itself. Two sources of the same name and place, `song.flac` and
    `song.mp3`, become `song (flac)` and `song (mp3)`; what still is the same is refused, all of it.

    Raises
    ------
    IntoItselfError, FolderError
        A source folder is where its files would be written to.
    """
    whole = out.resolve()
    tasks: dict[Path, Task] = {}
    for source in sources:
        for path, place in _found(source, whole):
            tasks.setdefault(path.resolve(), Task(source=path, target=out / place.with_name(place.stem + suffix)))
            if len(tasks) > MOST:
                raise TooManyError
    return _guarded(_apart(list(tasks.values()), suffix), set(tasks))


def _found(source: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield files, and where they stand below the folder that was named, with its name."""
    if not source.is_dir():
        yield source, Path(source.name)
        return
    root = source.resolve()
    if root in (out.resolve(), (out / root.name).resolve()):  # each run would take in what the last one made
        raise IntoItselfError(source)
    yield from ((path, Path(root.name) / path.relative_to(source)) for path in _walk(source, out, DEEPEST))


def _walk(folder: Path, out: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise FolderError(folder, error) from error
    for entry in found:
        path = folder / entry.name
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth and path.resolve() != out:
                yield from _walk(path, out, depth - 1)
        elif entry.is_file(follow_symlinks=False) and _means_sound(path):
            yield path


def _means_sound(path: Path) -> bool:
    """Say whether a file in a folder is sound by its name, or else by its first bytes."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        kind_of(path)
    except LockedMediaError:
        return True
    except (UnsupportedMediaError, OSError):
        return False
    return True


def _apart(tasks: list[Task], suffix: str) -> list[Task]:
    """Give those another name that would become the same file, by what they are made from."""
    same = _by_target(tasks)
    return [
        replace(task, target=task.target.with_name(f"{task.source.stem} ({task.source.suffix[1:].lower()}){suffix}"))
        if len(same[_key(task.target)]) > 1 and task.source.suffix
        else task
        for task in tasks
    ]


def _guarded(tasks: list[Task], sources: set[Path]) -> list[Task]:
    same, taken = _by_target(tasks), {_key(source) for source in sources}
    return [replace(task, refused=_refusal(task, same[_key(task.target)], taken)) for task in tasks]


def _refusal(task: Task, same: list[Path], taken: set[str]) -> BandstandError | None:
    if len(same) > 1:
        return SameTargetError(task.target, [other for other in same if other != task.source])
    return OntoSourceError(task.target) if _key(task.target.resolve()) in taken else None


def _by_target(tasks: list[Task]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for task in tasks:
        found[_key(task.target)].append(task.source)
    return found


def _key(path: Path) -> str:
    """Return what is the same for names that some file systems take for the same."""
    return unicodedata.normalize("NFC", str(path)).casefold()
