"""A delivery folder is what a label would send: whole or not there at all."""

from __future__ import annotations

import tomllib
import unicodedata
from datetime import date
from pathlib import Path

import pymupdf
import pytest

from bandstand.demo import catalogue, deliver
from bandstand.kernel.progress import CancelledError
from bandstand.media import tags
from bandstand.media.extras import Kind, examine_extra
from bandstand.media.probe import probe

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliver the free single once for all tests."""
    counted: list[int] = []
    out = tmp_path_factory.mktemp("deliveries")
    folders = deliver.deliver(out, today=TODAY, progress=counted.append, only={"first-light"})
    assert folders == [out / "first-light"]
    assert counted == [1]
    return folders[0]


def test_a_delivery_holds_sound_cover_words_and_facts_and_nothing_else(single):
    names = {path.name for path in single.rglob("*")}
    assert names == {"01 First Light.flac", "01 First Light.lrc", "cover.jpg", "release.toml"}
    assert [path.name for path in single.parent.iterdir()] == ["first-light"]
    assert (single / "cover.jpg").stat().st_size < 3_000_000


def test_the_facts_name_the_files_that_are_there(single):
    told = tomllib.loads((single / "release.toml").read_text(encoding="utf-8"))
    assert [(single / track["file"]).is_file() for track in told["track"]] == [True]
    assert (single / "01 First Light.lrc").read_text(encoding="utf-8").startswith("[00:")


def test_the_sound_is_lossless_stereo_and_tagged(single):
    path = single / "01 First Light.flac"
    facts = probe(path)
    assert (facts.codec, facts.rate, facts.channels, facts.bits, facts.lossless) == ("flac", 44_100, 2, 16, True)
    found = tags.read(path)
    release = next(release for release in catalogue.RELEASES if release.slug == "first-light")
    assert (found.title, found.album, found.isrc) == ("First Light", "First Light", release.tracks[0].isrc)
    assert found.artists == ("Ines Paragon", "Mara Linde")
    assert found.barcode == release.gtin


def test_a_delivery_that_is_stopped_leaves_what_stood_there_before(single):
    before = {path.name: path.read_bytes() for path in single.iterdir()}

    def stop(_done: int) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        deliver.deliver(single.parent, today=TODAY, progress=stop, only={"first-light"})
    assert {path.name: path.read_bytes() for path in single.iterdir()} == before
    assert [path.name for path in single.parent.iterdir()] == ["first-light"]


def test_a_release_that_is_wanted_by_nobody_is_not_made(tmp_path):
    assert deliver.deliver(tmp_path, today=TODAY, only={"no-such-record"}) == []
    assert list(tmp_path.iterdir()) == []


def test_a_booklet_comes_with_a_release_whole_and_the_same_each_time(tmp_path):
    (release,) = (release for release in catalogue.RELEASES if release.booklet)
    books = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        deliver.write_cover(release, tmp_path / name)
        books.append(deliver.write_booklet(release, tmp_path / name))
    found = examine_extra(books[0])
    assert found.kind is Kind.BOOKLET
    assert found.pages >= 3
    assert books[0].read_bytes() == books[1].read_bytes()
    assert books[0].stat().st_size < 3_000_000
    with pymupdf.open(books[0]) as book:
        text = unicodedata.normalize("NFKC", book[1].get_text())  # the fonts set "fi" as one sign
    assert all(track.title in text for track in release.tracks)
