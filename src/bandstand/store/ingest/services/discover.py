"""Finding deliveries under a folder, and noticing when one has settled."""

from __future__ import annotations

import os
from pathlib import Path

from bandstand.store.ingest.rules import names
from bandstand.store.ingest.rules.table import FILE

MAX_DEPTH = 4
Fingerprint = tuple[tuple[str, int, int], ...]  # name, size, time of change in nanoseconds


def deliveries_in(folder: Path) -> list[Path]:
    """Return what a folder stands for: itself when it holds audio, release.toml or discs, else those in it."""
    if is_delivery(folder):
        return [folder]
    found = _below(folder, MAX_DEPTH - 1)
    return found or [folder]  # an empty one is refused with its reason, not passed over


def is_delivery(folder: Path) -> bool:
    """Whether a folder holds audio, release.toml or folders of discs."""
    with os.scandir(folder) as listed:
        for entry in listed:
            if names.is_ignored(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                if names.disc_of_folder(entry.name) is not None:
                    return True
            elif entry.name == FILE or Path(entry.name).suffix.lower() in names.AUDIO:
                return True
    return False


def fingerprint(folder: Path) -> Fingerprint:
    """Return what changes when anything in a folder does; two equal ones seconds apart: it has settled."""
    found: list[tuple[str, int, int]] = []
    for base, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(base, name)
            try:
                facts = path.lstat()
            except FileNotFoundError:
                continue
            found.append((str(path.relative_to(folder)), facts.st_size, facts.st_mtime_ns))
    return tuple(found)


def _below(folder: Path, depth: int) -> list[Path]:
    with os.scandir(folder) as listed:
        inside = sorted(
            (entry for entry in listed if entry.is_dir(follow_symlinks=False) and not names.is_ignored(entry.name)),
            key=lambda entry: names.natural(entry.name),
        )
    found: list[Path] = []
    for entry in inside:
        path = Path(entry.path)
        if is_delivery(path):
            found.append(path)
        elif depth > 1:
            found += _below(path, depth - 1)
    return found
