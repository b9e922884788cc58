"""Content-Disposition as RFC 6266 and RFC 8187 have it."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.webkit.files.headers import disposition, media_type

_SHAPE = re.compile(r"attachment; filename=\"([\x20-\x7e]*)\"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*))?")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "inline"),
        ("song.flac", 'attachment; filename="song.flac"'),
        ("Größe.flac", "attachment; filename=\"Große.flac\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.flac".replace("ß", "_")),
        ('a"b\\c.mp3', "attachment; filename=\"a_b_c.mp3\"; filename*=UTF-8''a%22b%5Cc.mp3"),
        ("100%.mp3", "attachment; filename=\"100_.mp3\"; filename*=UTF-8''100%25.mp3"),
        ("夜.mp3", "attachment; filename=\"_.mp3\"; filename*=UTF-8''%E5%A4%9C.mp3"),
    ],
)
def test_a_name_is_written_twice_when_ascii_cannot_say_it(name: str, value: str) -> None:
    assert disposition(name) == value


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_gives_one_clean_line_that_reads_back(name: str) -> None:
    found = _SHAPE.fullmatch(disposition(name))
    assert found is not None
    assert '"' not in found[1]
    assert "\\" not in found[1]
    assert (found[1] if found[2] is None else unquote(found[2])) == name


def test_nothing_that_a_browser_runs_has_a_type() -> None:
    assert [media_type(f"a.{ending}") for ending in ("svg", "html", "js", "xhtml", "xml", "")] == [
        "application/octet-stream"
    ] * 6
    assert media_type("covers/A.JPG") == "image/jpeg"
