from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest
from tests.sounds import make_picture

from bandstand.media import extras
from bandstand.media.extras import ExtraFacts, ExtraRefusedError, Kind


def write_pdf(path: Path, *, pages: int = 1, password: str = "") -> Path:
    document = pymupdf.open()
    for _ in range(pages):
        document.new_page(width=300, height=300)
    lock = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": password} if password else {}
    document.save(path, use_objstms=1, **lock)
    return path


def test_a_booklet_is_known_with_its_pages(tmp_path: Path):
    found = extras.examine_extra(write_pdf(tmp_path / "Booklet.PDF", pages=12))
    assert found == ExtraFacts(kind=Kind.BOOKLET, media_type="application/pdf", suffix=".pdf", pages=12)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("back.jpeg", make_picture(), Kind.PICTURE),
        ("inlay.png", make_picture(kind="PNG"), Kind.PICTURE),
        ("liner notes.txt", "Aufgenommen im März.\r\n".encode(), Kind.TEXT),
        ("notes.txt", "夜の海\n".encode("utf-16"), Kind.TEXT),
        ("words.lrc", b"[00:01.00]La\n", Kind.TEXT),
    ],
)
def test_pictures_and_texts_are_known_by_content(tmp_path: Path, name: str, content: bytes, kind: Kind):
    (tmp_path / name).write_bytes(content)
    assert extras.examine_extra(tmp_path / name).kind is kind


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("booklet.pdf", b"<html><script>alert(1)</script>"),
        ("booklet.pdf", b"GIF89a %PDF-1.7"),
        ("booklet.pdf", b"%PDF-1.7\nnothing else"),
        ("booklet.pdf", b"%PDF"),
        ("booklet.pdf", b""),
        ("back.jpg", make_picture(kind="PNG")),
        ("back.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("notes.txt", b"MZ\x90\0\x03"),
        ("notes.txt", "Größe".encode("latin-1")),
        ("notes.txt", b"x" * 1_000_001),
        ("run.exe", b"MZ"),
        ("page.html", b"<p>"),
        ("drawing.svg", b"<svg/>"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused_with_the_reason(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ExtraRefusedError) as refused:
        extras.examine_extra(tmp_path / name)
    assert refused.value.why


def test_a_locked_or_endless_booklet_is_refused(tmp_path: Path):
    with pytest.raises(ExtraRefusedError, match="password"):
        extras.examine_extra(write_pdf(tmp_path / "locked.pdf", password="canary"))
    with pytest.raises(ExtraRefusedError, match="2001 pages"):
        extras.examine_extra(write_pdf(tmp_path / "long.pdf", pages=2_001))
