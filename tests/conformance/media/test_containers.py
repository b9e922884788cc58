"""What every container of our own does, over the registry."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests import omas
from tests.conformance.media.test_tag_schemes import FULL, JPEG, PNG, any_tags, cover

from bandstand.licences.openmg import Keys
from bandstand.media import containers, tags
from bandstand.media.containers import FORMATS
from bandstand.media.sniff import Container, expected_suffixes, recognise
from bandstand.media.tags import Tags
from bandstand.media.tags._files import scheme

ALL = list(FORMATS)
each = pytest.mark.parametrize("found", ALL, ids=lambda found: found.slug)


def written(folder: Path, found: containers.Format, said: Tags = FULL, name: str = "song") -> Path:
    path = folder / f"{name}{found.suffixes[0]}"
    path.write_bytes(omas.made(found.slug, omas.facts(cut_off=5), omas.frames(), said))
    return path


def test_no_container_is_broken_and_all_are_there():
    assert [found.slug for found in ALL] == ["at3", "oma"]
    assert not FORMATS.broken


@each
def test_a_descriptor_is_complete_and_agrees_with_what_sniffing_knows(found: containers.Format):
    assert re.fullmatch(r"[a-z0-9]+", found.slug)
    assert found.title
    assert found.media_type.startswith("audio/")
    assert found.suffixes == expected_suffixes(Container(found.slug))


@each
def test_its_first_bytes_tell_it(tmp_path: Path, found: containers.Format):
    path = written(tmp_path, found)
    assert containers.recognise(path.read_bytes()[:64]) == found
    assert recognise(path) is Container(found.slug)


@pytest.mark.parametrize("head", [b"", b"ID3\x03", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0", b"fLaC", b"ea4\x03"])
def test_other_first_bytes_tell_none(head: bytes):
    assert containers.recognise(head) is None


@each
def test_sound_that_was_put_in_comes_out(tmp_path: Path, found: containers.Format):
    with written(tmp_path, found).open("rb") as stream:
        reader = found.open(stream, Keys())
        assert dataclasses.replace(reader.facts, duration_ms=None) == omas.facts(cut_off=5)
        assert b"".join(reader.blocks()) == b"".join(reader.payload()) == b"".join(omas.frames())
        assert b"".join(reader.blocks(7, frames=1)) == b"".join(list(omas.frames())[7:])


@each
@pytest.mark.parametrize(("start", "frames"), [(-1, 1), (0, 0)])
def test_a_frame_before_the_first_is_not_given(found: containers.Format, start: int, frames: int):
    reader = found.open(BytesIO(omas.made(found.slug, omas.facts(), omas.frames())), Keys())
    with pytest.raises(ValueError, match="no frame"):
        reader.blocks(start, frames=frames)


@each
def test_no_frames_give_a_file_without_sound(found: containers.Format):
    empty = dataclasses.replace(omas.facts(), frames=0, trim=None)
    content = omas.made(found.slug, empty, iter(()))
    reader = found.open(BytesIO(content), Keys())
    assert (reader.facts.frames, list(reader.blocks())) == (0, [])


@each
def test_all_that_is_said_is_read_again(tmp_path: Path, found: containers.Format):
    assert tags.read(written(tmp_path, found)) == FULL


@each
@settings(max_examples=60, deadline=None)
@given(said=any_tags)
def test_any_tags_survive_the_round_trip(found: containers.Format, said: Tags):
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), found)
        tags.write(path, said, picture=cover(said))
        container = recognise(path)
        assert scheme(container).read(path, container) == said


@each
def test_tagging_is_a_copy_of_the_frames_and_the_same_tags_give_the_same_bytes(
    tmp_path: Path, found: containers.Format
):
    plain = written(tmp_path, found, Tags(), "plain")
    once, twice = tmp_path / "once.oma", tmp_path / "twice.oma"
    tags.retag(plain, once, FULL, picture=JPEG)
    tags.write(plain, Tags(title="Something longer " * 100, comment="else"), picture=PNG)
    tags.retag(plain, twice, FULL, picture=JPEG)
    assert once.read_bytes() == twice.read_bytes()
    assert tags.read(once) == FULL
    with once.open("rb") as stream:
        reader = found.open(stream, Keys())
        assert dataclasses.replace(reader.facts, duration_ms=None) == omas.facts(cut_off=5)
        assert b"".join(reader.payload()) == b"".join(omas.frames())


def test_a_file_that_is_tagged_anew_is_the_one_that_would_have_been_written(tmp_path: Path):
    plain, target = written(tmp_path, FORMATS.get("oma"), Tags()), tmp_path / "target.oma"
    tags.retag(plain, target, FULL, picture=JPEG)
    assert target.read_bytes() == omas.made("oma", omas.facts(cut_off=5), omas.frames(), FULL)


@each
def test_without_tags_it_says_nothing(tmp_path: Path, found: containers.Format):
    assert tags.read(written(tmp_path, found, Tags())) == Tags()
