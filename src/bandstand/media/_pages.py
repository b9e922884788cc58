"""Opening a foreign PDF; runs in the child process only (see `extras` for the way in)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pymupdf

from bandstand.media.extras import MAX_PAGES, ExtraRefusedError


def count(request: Mapping[str, object]) -> dict[str, object]:
    """Return how many pages `path` has.

    Raises
    ------
    ExtraRefusedError
        It is locked, broken, or a very long one.
    """
    path = Path(str(request["path"]))
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with pymupdf.open(path, filetype="pdf") as document:
            if document.needs_pass:
                raise ExtraRefusedError(path=path, why="locked with a password")
            pages = document.page_count
    except (RuntimeError, ValueError) as error:  # what the library raises for every kind of damage
        raise ExtraRefusedError(path=path, why="a broken PDF") from error
    if not 1 <= pages <= MAX_PAGES:
        raise ExtraRefusedError(path=path, why=f"a PDF of {pages} pages")
    return {"pages": pages}
