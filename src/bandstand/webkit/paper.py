"""Pages on paper: HTML of ours becomes a PDF, with every script set right.

PyMuPDF lays it out: its fonts cover what titles are written in (Latin, Greek, Cyrillic, Arabic, Hebrew, Indic scripts,
Thai, Chinese, Japanese, Korean), and only the signs that occur go into the file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import pymupdf

MOST_PAGES = 200
_ONE = Lock()  # the library is not made for threads


class PaperTooLongError(ValueError):
    """More pages than anybody prints: the caller's content has no bound."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The paper, in points."""

    width: float
    height: float
    margin: float


A4 = Sheet(595, 842, 50)


def pdf(
    html: str,
    *,
    css: str = "",
    title: str,
    sheet: Sheet = A4,
    cover: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a PDF of a piece of HTML that we made (never a stranger's); the same in gives the same out.

    Parameters
    ----------
    cover
        A picture that fills a page of its own in front.
    files
        What is attached inside the PDF, by file name.
    """
    with _ONE, pymupdf.open("pdf", _set(html, css, sheet)) as document:
        if cover is not None:
            front = document.new_page(0, width=sheet.width, height=sheet.height)
            front.insert_image(front.rect, stream=cover)
        document.subset_fonts()
        document.set_metadata({"title": title, "producer": "Bandstand", "creator": "Bandstand"})
        for name, data in (files or {}).items():
            document.embfile_add(name, data, filename=name, ufilename=name)
        return bytes(document.tobytes(garbage=4, deflate=True, no_new_id=True))


def _set(html: str, css: str, sheet: Sheet) -> bytes:
    buffer = io.BytesIO()
    story, writer = pymupdf.Story(html=html, user_css=css), pymupdf.DocumentWriter(buffer)
    page = pymupdf.Rect(0, 0, sheet.width, sheet.height)
    inside = pymupdf.Rect(sheet.margin, sheet.margin, sheet.width - sheet.margin, sheet.height - sheet.margin)
    for _ in range(MOST_PAGES):
        device = writer.begin_page(page)
        more, _filled = story.place(inside)
        story.draw(device)
        writer.end_page()
        if not more:
            break
    else:
        raise PaperTooLongError(f"more than {MOST_PAGES} pages")
    writer.close()
    return buffer.getvalue()
