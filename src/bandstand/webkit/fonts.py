"""The typefaces, served as static files straight from the packages that carry them.

Nothing is copied into this repository: `collectstatic` and the development server find the files through `FontFinder`,
and each family's licence is served beside it, as the Open Font License asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage


@dataclass(frozen=True, slots=True)
class Family:
    """One typeface: the package that carries it and the few files of it that pages use."""

    slug: str
    package: str
    files: tuple[str, ...]

    def folder(self) -> Path | None:
        """Return the folder of the installed files, or None when the package is absent."""
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            return None
        return Path(spec.origin).parent / "files"


FAMILIES = (
    Family(
        "source-serif",
        "font_source_serif_pro",
        ("SourceSerifPro-Regular.otf", "SourceSerifPro-It.otf", "SourceSerifPro-Semibold.otf", "LICENSE.txt"),
    ),
    Family(
        "hanken",
        "font_hanken_grotesk",
        ("HankenGrotesk-Regular.otf", "HankenGrotesk-Italic.otf", "HankenGrotesk-SemiBold.otf", "OFL.txt"),
    ),
)


class FontFinder(BaseFinder):
    """Finds `fonts/<family>/<file>` for the files named in `FAMILIES`, and nothing else."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:  # Django passes the app names, which don't matter here
        self._storages: dict[str, FileSystemStorage] = {}
        for family in FAMILIES:
            folder = family.folder()
            if folder is not None:
                storage = FileSystemStorage(location=folder)
                storage.prefix = f"fonts/{family.slug}"  # type: ignore[attr-defined]  # collectstatic reads it
                self._storages[family.slug] = storage

    def check(self, **_kwargs: Any) -> list[CheckMessage]:
        """Return one error for each typeface whose files are missing."""
        return [
            Error(
                f"The typeface package {family.package} is incomplete.", hint="Install the pinned requirements again."
            )
            for family in FAMILIES
            if any(self._path(family, name) is None for name in family.files)
        ]

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:  # noqa: FBT001, FBT002 (Django's signature)
        """Return the file's place on disk, or an empty list."""
        for family in FAMILIES:
            for name in family.files:
                if path.replace("\\", "/") == f"fonts/{family.slug}/{name}":
                    found = self._path(family, name)
                    if found is not None:
                        return [found] if find_all else found
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, FileSystemStorage]]:
        """Yield every file with the storage that holds it."""
        for family in FAMILIES:
            if family.slug in self._storages:
                for name in family.files:
                    yield name, self._storages[family.slug]

    def _path(self, family: Family, name: str) -> str | None:
        storage = self._storages.get(family.slug)
        return storage.path(name) if storage is not None and storage.exists(name) else None
