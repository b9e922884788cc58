"""First stage: what is in the folder, by names and sizes alone; no link is followed, no byte is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bandstand.kernel.errors import InputError
from bandstand.kernel.units import size
from bandstand.store.ingest.rules import names
from bandstand.store.ingest.rules.report import Findings
from bandstand.store.ingest.rules.table import FILE

MAX_FILES = 2_000
MAX_FILE = 5_000_000_000
MAX_FOLDER = 50_000_000_000
MAX_DEPTH = 4
MAX_NAME = 300  # characters, with the folders before it
MAX_EXTRAS = 60
MAX_TEXT = 1_000_000  # release.toml, and lyrics


class NoFolderError(InputError):
    """What was named is no folder that can be read."""

    code = "ingest.no_folder"

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder.name
        super().__init__(f"{folder.name} is no folder that can be read: {why}.", hint="Name the folder of one release.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a delivery."""

    name: str  # within the folder, with slashes
    path: Path
    size: int


@dataclass(slots=True)
class Collected:
    """The files that count; others are remarked on and left alone."""

    folder: str
    audio: list[Entry] = field(default_factory=list)
    cover: Entry | None = None
    manifest: Entry | None = None
    lyrics: dict[str, Entry] = field(default_factory=dict)  # by the name of the audio file
    extras: list[Entry] = field(
        default_factory=list
    )  # booklets, pictures, texts, by their names: nobody has looked yet
    too_much: bool = False  # a cap was passed: the rest was not looked at

    def entries(self) -> list[Entry]:
        """Return all files that count, in the order of names."""
        others = [entry for entry in (self.cover, self.manifest) if entry is not None]
        return sorted([*self.audio, *self.lyrics.values(), *self.extras, *others], key=lambda entry: entry.name)

    @property
    def size(self) -> int:
        """Bytes of all files that count."""
        return sum(entry.size for entry in self.entries())


def collect(folder: Path, findings: Findings) -> Collected:
    """List a delivery.

    Raises
    ------
    NoFolderError
        It is no folder, or can't be read.
    """
    found = Collected(_printable(folder.resolve().name)[-MAX_NAME:])
    try:
        entries = list(_capped(_walk(folder, PurePosixPath(), findings), found, findings))
    except OSError as error:
        raise NoFolderError(folder, error.strerror or type(error).__name__) from error
    by_suffix = {entry.name: PurePosixPath(entry.name).suffix.lower() for entry in entries}
    found.audio = sorted(
        (entry for entry in entries if by_suffix[entry.name] in names.AUDIO),
        key=lambda entry: names.natural(entry.name),
    )
    found.manifest = next((entry for entry in entries if entry.name == FILE), None)
    found.cover = _cover(entries)
    found.lyrics = _lyrics(entries, found.audio)
    found.extras = _extras(entries, found)
    _remark_on_others(entries, found, findings)
    if not found.audio and not found.too_much:
        findings.refuse(
            "folder.no_audio",
            "There is no audio file in the folder.",
            hint="Deliver FLAC, WAV, AIFF, MP3, M4A, Ogg or Opus files.",
        )
    _check_texts(found, findings)
    return found


def _walk(folder: Path, within: PurePosixPath, findings: Findings) -> Iterator[Entry]:
    with os.scandir(folder) as listed:
        inside = sorted(listed, key=lambda entry: entry.name)
    for entry in inside:
        name = _printable((within / entry.name).as_posix())
        if names.is_ignored(entry.name):
            continue
        if not _is_decent(name, findings):
            continue
        facts = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(facts.st_mode):
            if len(within.parts) + 1 > MAX_DEPTH:
                findings.refuse(
                    "folder.deep",
                    f"{name} lies too deep.",
                    hint=f"Use at most {MAX_DEPTH} folders in each other.",
                    file=name,
                )
            else:
                yield from _walk(Path(entry.path), within / entry.name, findings)
        elif stat.S_ISREG(facts.st_mode):
            yield Entry(name, Path(entry.path), facts.st_size)
        else:
            what = "a link" if stat.S_ISLNK(facts.st_mode) else "neither file nor folder"
            findings.refuse("file.link", f"{name} is {what}.", hint="Deliver the file itself.", file=name)


def _capped(entries: Iterator[Entry], found: Collected, findings: Findings) -> Iterator[Entry]:
    total = 0
    for count, entry in enumerate(entries, start=1):
        total += entry.size
        if count > MAX_FILES or total > MAX_FOLDER:
            found.too_much = True
            findings.refuse(
                "folder.large",
                f"The folder holds more than {MAX_FILES} files or {size(MAX_FOLDER)}.",
                hint="Deliver one release in each folder.",
            )
            return
        if entry.size > MAX_FILE:
            findings.refuse(
                "file.large",
                f"{entry.name} has {size(entry.size)}.",
                hint=f"At most {size(MAX_FILE)} each.",
                file=entry.name,
            )
            continue
        yield entry


def _is_decent(name: str, findings: Findings) -> bool:
    if len(name) > MAX_NAME:
        findings.refuse(
            "file.long_name", f"{name[:60]}… has a very long name.", hint="Shorten it.", file=name[:MAX_NAME]
        )
        return False
    if not name.isprintable() or "\\" in name:
        shown = name.encode("unicode_escape").decode()[:MAX_NAME]
        findings.refuse("file.name", f"{shown} has characters that names must not have.", hint="Rename it.", file=shown)
        return False
    return True


def _cover(entries: list[Entry]) -> Entry | None:
    """Return the cover, the least deep first; a drawing called cover is chosen too, so that it is refused by name."""

    def rank(entry: Entry) -> tuple[int, int, int, str] | None:
        pure = PurePosixPath(entry.name)
        stem, suffix = pure.stem.casefold(), pure.suffix.lower()
        if stem not in names.COVER_NAMES or suffix not in names.PICTURES | names.OTHER_PICTURES:
            return None
        return len(pure.parts), suffix in names.OTHER_PICTURES, names.COVER_NAMES.index(stem), entry.name

    ranked = [(rank(entry), entry) for entry in entries]
    return min(
        ((key, entry) for key, entry in ranked if key is not None), key=lambda pair: pair[0], default=(None, None)
    )[1]


def _lyrics(entries: list[Entry], audio: list[Entry]) -> dict[str, Entry]:
    stems = {PurePosixPath(entry.name).with_suffix("").as_posix(): entry.name for entry in audio}
    found: dict[str, Entry] = {}
    for entry in entries:  # in the order of names, so that .lrc comes before .txt
        pure = PurePosixPath(entry.name)
        track = stems.get(pure.with_suffix("").as_posix())
        if track is not None and pure.suffix.lower() in names.LYRICS:
            found.setdefault(track, entry)
    return found


def _extras(entries: list[Entry], found: Collected) -> list[Entry]:
    """Return what may come with the release beside its sound; a second cover is none of it."""
    taken = {entry.name for entry in found.entries()}
    chosen = [
        entry
        for entry in entries
        if entry.name not in taken
        and (pure := PurePosixPath(entry.name)).suffix.lower() in names.EXTRAS
        and pure.stem.casefold() not in names.COVER_NAMES
    ]
    return sorted(chosen, key=lambda entry: names.natural(entry.name))[:MAX_EXTRAS]


def _remark_on_others(entries: list[Entry], found: Collected, findings: Findings) -> None:
    taken = {entry.name for entry in found.entries()}
    for entry in entries:
        if entry.name not in taken:
            findings.remark("file.other", f"{entry.name} is left alone.", hint="", file=entry.name)


def _check_texts(found: Collected, findings: Findings) -> None:
    for entry in [*found.lyrics.values(), *([found.manifest] if found.manifest else [])]:
        if entry.size > MAX_TEXT:
            findings.refuse(
                "file.large",
                f"{entry.name} has {size(entry.size)}.",
                hint=f"At most {size(MAX_TEXT)}.",
                file=entry.name,
            )


def _printable(name: str) -> str:
    """Return a name that a database and a page can hold: bytes that are no UTF-8 are written as escapes."""
    return name.encode("utf-8", "backslashreplace").decode()
