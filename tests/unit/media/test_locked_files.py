"""A protected file never meets the media library or the ffmpeg program, which would try keys of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import omas
from tests.omas import ROOT

from bandstand.licences import openmg
from bandstand.media import child, demuxers, fingerprints, probe, qc, tags
from bandstand.media.containers.oma import OmaReader
from bandstand.media.declared import DamagedMediaError
from bandstand.media.sniff import TAKEN, Container, UnsupportedMediaError, recognise, sniff
from bandstand.media.tags import Tags

CALLS = [
    probe.probe,
    probe.examine,
    probe.examine_with_tags,
    probe.loudness,
    probe.true_peak,
    lambda path: probe.excerpt(path, start_ms=0, length_ms=1000, fade_in_ms=0, fade_out_ms=0),
    fingerprints.fingerprint,
    lambda path: qc.measure(path, picture=path.with_suffix(".png")),
]


@pytest.fixture(params=["protected", "scrambled", "clear", "in WAV"])
def sony(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file of each kind that the store doesn't take, under a name that promises something else."""
    content = {
        "protected": lambda: omas.sealed(openmg.seal(ROOT)),
        "scrambled": lambda: omas.made("oma", omas.facts(), omas.frames()).replace(b"\x60\xff\xff", b"\x60\xff\xfe"),
        "clear": lambda: omas.made("oma", omas.facts(), omas.frames()),
        "in WAV": lambda: omas.made("at3", omas.facts(), omas.frames()),
    }[request.param]()
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("call", CALLS)
def test_it_is_refused_before_a_child_process_could_open_it(monkeypatch: pytest.MonkeyPatch, sony: Path, call):
    begun: list[object] = []
    monkeypatch.setattr(child, "call", lambda *arguments, **_: begun.append(arguments))
    monkeypatch.setattr(child, "run", lambda *arguments, **_: begun.append(arguments))
    with pytest.raises(UnsupportedMediaError):
        call(sony)
    assert begun == []


def test_no_demuxer_stands_for_what_the_store_does_not_take():
    assert set(demuxers.DEMUXERS) == set(TAKEN)
    assert "oma" not in demuxers.DEMUXERS.values()
    for container in (Container.OMA, Container.AT3):
        with pytest.raises(KeyError):
            demuxers.options(container)
        with pytest.raises(KeyError):
            demuxers.arguments(container, Path("song.oma"))


@pytest.mark.parametrize("name", ["probe", "examine", "intake", "level", "peak", "excerpt"])
def test_the_child_itself_never_names_the_demuxer_that_has_keys(monkeypatch: pytest.MonkeyPatch, sony: Path, name: str):
    import av

    from bandstand.media import measure

    opened: list[dict] = []

    def refuse(*_: object, **options: object) -> None:
        opened.append(options)
        raise OSError

    monkeypatch.setattr(av, "open", refuse)
    part = {"start": 0, "length": 1, "fade_in": 0, "fade_out": 0}
    for container in TAKEN:
        with pytest.raises((OSError, EOFError, DamagedMediaError)):
            getattr(measure, name)({"path": str(sony), "container": container, **part})
    assert opened
    assert all(options["format"] in demuxers.DEMUXERS.values() for options in opened)
    for container in (Container.OMA, Container.AT3):
        with pytest.raises(KeyError):
            getattr(measure, name)({"path": str(sony), "container": container, **part})


def test_its_tags_are_read_without_the_media_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    import av

    from bandstand.media.tags import _inside

    monkeypatch.setattr(av, "open", lambda *_, **__: pytest.fail("the library was asked"))
    path = tmp_path / "locked.oma"
    path.write_bytes(omas.sealed(openmg.seal(ROOT)))
    assert _inside.read({"path": str(path), "container": recognise(path)})["title"] == omas.TAGGED.title


@pytest.mark.parametrize("keep", ["OMG_LSI"])
def test_other_tags_leave_the_protection_as_it_is(tmp_path: Path, keep: str):
    source, target = tmp_path / "source.oma", tmp_path / "target.oma"
    source.write_bytes(omas.sealed(openmg.seal(ROOT)))
    tags.retag(source, target, Tags(title="Other"), picture=None)
    for path, title in ((source, omas.TAGGED.title), (target, "Other")):
        with path.open("rb") as stream:
            reader = OmaReader(stream, openmg.Keys(roots=(ROOT,)))
            assert reader.tags.title == title
            assert b"".join(reader.payload()) == b"".join(omas.frames())
            assert reader.tag.object(keep)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"ea3\x03\0\0\0\0\0\x20" + bytes(200), "tag"),
        (b"EA3\x01\0\x60", "cut off"),
        (b"ea3\x03\0\0", "tag"),
    ],
)
def test_what_only_starts_like_one_is_refused_by_what_it_is(tmp_path: Path, content: bytes, found: str):
    path = tmp_path / "song.oma"
    path.write_bytes(content)
    with pytest.raises(UnsupportedMediaError) as refused:
        sniff(path)
    assert found in refused.value.found


def test_a_large_cover_does_not_hide_the_mark(tmp_path: Path):
    path = tmp_path / "song.oma"
    large = Tags(picture=tags.Picture(b"\xff\xd8\xff" + b"EA3\x01\0\x60\0\x01" * 40_000, ""))
    path.write_bytes(omas.made("oma", omas.facts(), omas.frames(), large))
    assert recognise(path) is Container.OMA
    with pytest.raises(UnsupportedMediaError) as refused:
        sniff(path)
    assert "protected" not in refused.value.found
