"""Covers: every size that pages need, and one that goes into files, made once from the delivered picture."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bandstand.media import pictures
from bandstand.media.digest import digest
from bandstand.store.assets import rules
from bandstand.store.assets.services import keep


@dataclass(frozen=True, slots=True)
class CoverFacts:
    """What a release keeps of its cover."""

    sha256: str
    palette: tuple[str, ...]


def store_cover(*, source: Path | bytes, now: datetime) -> CoverFacts:
    """Make and keep all sizes of a picture; the same picture is kept once.

    Raises
    ------
    PictureRefusedError
        It is no picture we take.
    ChangedWhileReadError
        It changed while it was being read.
    """
    facts = pictures.examine_picture(source)
    key = rules.cover_folder(facts.sha256)
    if not keep.is_kept(key):
        with keep.staging() as folder:
            made = folder / "cover"
            pictures.resize(source, rules.COVER_SIZES, made)
            if isinstance(source, Path) and digest(source).sha256 != facts.sha256:
                raise keep.ChangedWhileReadError(source.name)
            _sync(made)
            keep.settle(made, key)
    return CoverFacts(facts.sha256, facts.palette)


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
    keep.sync_folder(folder)
