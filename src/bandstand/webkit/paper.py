"""Pages on paper: HTML of ours becomes a PDF, with every script set right.

PyMuPDF lays it out: its fonts cover what titles are written in (Latin, Greek, Cyrillic, Arabic, Hebrew, Indic scripts,
Thai, Chinese, Japanese, Korean), and only the signs that occur go into the file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from threading import Lock

import pymupdf

MARGIN = 50  # points
MOST_PAGES = 200
_ONE = Lock()  # the library is not made for threads


class PaperTooLongError(ValueError):
    """More pages than anybody prints: the caller's content has no bound."""


def pdf(html: str, *, css: str = "", title: str, files: Mapping[str, bytes] | None = None) -> bytes:
    """Return a PDF on A4 of a piece of HTML that we made (never a stranger's).

    Parameters
    ----------
    files
        What is attached inside the PDF, by file name.
    """
    with _ONE:
        return _written(html, css, title, files or {})


def _written(html: str, css: str, title: str, files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    story, writer = pymupdf.Story(html=html, user_css=css), pymupdf.DocumentWriter(buffer)
    sheet = pymupdf.paper_rect("a4")
    inside = pymupdf.Rect(MARGIN, MARGIN, sheet.x1 - MARGIN, sheet.y1 - MARGIN)
    for _ in range(MOST_PAGES):
        device = writer.begin_page(sheet)
        more, _filled = story.place(inside)
        story.draw(device)
        writer.end_page()
        if not more:
            break
    else:
        raise PaperTooLongError(f"more than {MOST_PAGES} pages")
    writer.close()
    with pymupdf.open("pdf", buffer.getvalue()) as document:
        document.subset_fonts()
        document.set_metadata({"title": title, "producer": "Bandstand", "creator": "Bandstand"})
        for name, data in files.items():
            document.embfile_add(name, data, filename=name, ufilename=name)
        return bytes(document.tobytes(garbage=4, deflate=True))
