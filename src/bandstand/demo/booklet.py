"""The booklet that a release comes with: cover, tracks, credits and words, set by our own code."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from bandstand.demo.catalogue import Release, Track
from bandstand.webkit import paper

SHEET = paper.Sheet(340, 340, 34)  # 12 cm: as it would lie in a jewel case
CSS = """
body { font-family: serif; font-size: 9.5pt; line-height: 1.35; }
h1 { font-size: 16pt; margin: 0 0 6pt 0; }
p { margin: 0 0 2pt 0; }
.next { page-break-before: always; }
"""


def write_booklet(release: Release, folder: Path) -> Path:
    """Set the booklet of a release whose cover is in the folder; the same release gives the same bytes."""
    artist = release.artists[0].name
    songs = [f"{number}  {track.title}" for number, track in release.numbered()]
    pages = [
        (release.title, [artist, "", *songs, "", release.description]),
        ("Credits", [f"{credit.role.capitalize()}: {credit.name}" for credit in release.credits]),
        *((track.title, words) for track in release.tracks if (words := _words(track))),
    ]
    html = "".join(_page(title, lines, first=at == 0) for at, (title, lines) in enumerate(pages))
    path = folder / "Booklet.pdf"
    path.write_bytes(
        paper.pdf(
            html,
            css=CSS,
            title=f"{artist}: {release.title}",
            sheet=SHEET,
            cover=(folder / "cover.jpg").read_bytes(),
        )
    )
    return path


def _page(title: str, lines: Iterable[str], *, first: bool) -> str:
    text = "".join(f"<p>{escape(line) or '&#160;'}</p>" for line in lines)
    turned = "" if first else ' class="next"'
    return f"<h1{turned}>{escape(title)}</h1>{text}"


def _words(track: Track) -> list[str]:
    return [line for _section, lines in track.lines for line in (*lines, "")]
