"""The booklet that a release comes with: cover, tracks, credits and words, set by our own code. Latin scripts only."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

from fpdf import FPDF

from bandstand.demo.catalogue import Release, Track

SIDE = 120.0  # millimetres: as it would lie in a jewel case
MARGIN = 12.0


def write_booklet(release: Release, folder: Path, *, today: date) -> Path:
    """Set the booklet of a release whose cover is in the folder; the same release gives the same bytes."""
    book = FPDF(unit="mm", format=(SIDE, SIDE))
    book.set_creation_date(datetime.combine(release.day(today), time(12), tzinfo=UTC))
    book.set_title(f"{release.artists[0].name}: {release.title}")
    book.set_auto_page_break(auto=True, margin=MARGIN)
    book.set_margin(MARGIN)
    book.add_page()
    book.image(folder / "cover.jpg", x=0, y=0, w=SIDE, h=SIDE)
    _page(book, release.title, [release.artists[0].name, "", *_tracks(release), "", release.description])
    _page(book, "Credits", [f"{credit.role.capitalize()}: {credit.name}" for credit in release.credits])
    for track in release.tracks:
        if words := _words(track):
            _page(book, track.title, words)
    path = folder / "Booklet.pdf"
    book.output(str(path))
    return path


def _page(book: FPDF, title: str, lines: list[str]) -> None:
    book.add_page()
    book.set_font("Times", "B", 16)
    book.multi_cell(0, 7, title, new_x="LMARGIN", new_y="NEXT")
    book.ln(3)
    book.set_font("Times", "", 9.5)
    for line in lines:
        book.multi_cell(0, 4.6, line or " ", new_x="LMARGIN", new_y="NEXT")


def _tracks(release: Release) -> list[str]:
    return [f"{number}  {track.title}" for number, track in release.numbered()]


def _words(track: Track) -> list[str]:
    return [line for _section, lines in track.lines for line in (*lines, "")]
