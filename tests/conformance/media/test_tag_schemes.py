"""What every tag scheme does, over the registry: what is written is read again, and is the same bytes each time."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.media import signals

from bandstand.media import probe, tags
from bandstand.media.sniff import Container, sniff
from bandstand.media.tags import SCHEMES, Picture, Tags
from bandstand.media.tags._files import scheme

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
KINDS = sorted(signals.ENCODED)

FULL = Tags(
    title="Wet Street / 雨の道 🎷",
    artists=("Åse Øst", "AC/DC", "שלום"),
    artists_sort=("Øst, Åse", "AC/DC", "שלום"),
    album="Night; Harbour",
    album_artists=("The Quay",),
    album_artists_sort=("Quay, The",),
    track=3,
    tracks=12,
    disc=2,
    discs=2,
    date="2024-05-17",
    genre="Chamber Jazz",
    isrc="DEABC2400001",
    barcode="04012345123456",
    label="Kai & Söhne",
    catalogue_number="KAI-007",
    composers=("A. Müller", "B. Søe"),
    composers_sort=("Müller, A.", "Søe, B."),
    credits=(("guitar [lead]", "Bob (the other one)"), ("mastering engineer", "Zoë")),
    lyrics="First line\n\n  Third line: naïve",
    copyright="© 2024 Kai",
    phonogram="℗ 2024 Kai",
    language="deu",
    comment="Recorded live",
    url="https://kai.example/ü",
    explicit=True,
    track_gain=-7.03,
    track_peak=0.988553,
    album_gain=-6.5,
    album_peak=1.023,
    picture=Picture(JPEG, "image/jpeg"),
)

texts = st.text(max_size=60)
names = st.lists(texts, max_size=3).map(tuple)
counts = st.none() | st.integers(1, 9999)
gains = st.none() | st.floats(-60, 60)
peaks = st.none() | st.floats(0, 4)
any_tags = st.builds(
    Tags,
    title=texts,
    artists=names,
    artists_sort=names,
    album=texts,
    album_artists=names,
    track=counts,
    tracks=counts,
    disc=counts,
    discs=counts,
    date=texts | st.dates().map(str),
    genre=st.text(st.characters(categories=["L"]), max_size=30),  # ID3 gives numbers a meaning of their own
    isrc=texts,
    barcode=texts,
    label=texts,
    catalogue_number=texts,
    composers=names,
    credits=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    lyrics=st.text(max_size=200),
    copyright=texts,
    phonogram=texts,
    language=texts,
    comment=texts,
    url=texts,
    explicit=st.none() | st.booleans(),
    track_gain=gains,
    track_peak=peaks,
    album_gain=gains,
    album_peak=peaks,
    picture=st.none() | st.binary(max_size=500).map(lambda rest: Picture(b"\xff\xd8\xff" + rest, "image/jpeg")),
)


def copy(source: Path, folder: Path, name: str = "copy") -> Path:
    target = folder / f"{name}{source.suffix}"
    target.write_bytes(source.read_bytes())
    return target


def cover(value: Tags) -> bytes | None:
    return value.picture.data if value.picture else None


def test_no_scheme_is_broken_and_each_container_has_one():
    schemes = list(SCHEMES)
    assert not SCHEMES.broken
    assert sorted(container for found in schemes for container in found.containers) == sorted(Container)


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_written_is_read_again(encoded: dict[str, Path], tmp_path: Path, kind: str):
    path = copy(encoded[kind], tmp_path)
    tags.write(path, FULL, picture=JPEG)
    assert tags.read(path) == FULL


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=any_tags)
def test_any_tags_survive_the_round_trip(encoded: dict[str, Path], tmp_path: Path, kind: str, written: Tags):
    path = copy(encoded[kind], tmp_path)
    tags.write(path, written, picture=cover(written))
    container = sniff(path)
    assert scheme(container).read(path, container) == written


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_tags_give_the_same_bytes_whatever_was_there(encoded: dict[str, Path], tmp_path: Path, kind: str):
    once, twice = copy(encoded[kind], tmp_path, "once"), copy(encoded[kind], tmp_path, "twice")
    tags.write(once, FULL, picture=JPEG)
    tags.write(twice, Tags(title="Something longer " * 100, comment="else"), picture=PNG)
    tags.write(twice, FULL, picture=JPEG)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (once, twice)]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("kind", KINDS)
def test_writing_replaces_everything(encoded: dict[str, Path], tmp_path: Path, kind: str):
    path = copy(encoded[kind], tmp_path)
    tags.write(path, FULL, picture=JPEG)
    tags.write(path, Tags(title="Only this"), picture=None)
    assert tags.read(path) == Tags(title="Only this")
    assert JPEG not in path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_sound_is_not_touched(encoded: dict[str, Path], tmp_path: Path, kind: str):
    path = copy(encoded[kind], tmp_path)
    before = probe.probe(path)
    tags.write(path, FULL, picture=JPEG)
    after = probe.probe(path)
    assert dataclasses.replace(after, bit_rate=0) == dataclasses.replace(before, bit_rate=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_tags_gives_empty_ones(encoded: dict[str, Path], kind: str):
    assert tags.read(encoded[kind]) == Tags()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "oggflac"])
def test_an_independent_program_reads_them(encoded: dict[str, Path], tmp_path: Path, kind: str):
    path = copy(encoded[kind], tmp_path)
    plain = Tags(
        title="Wet Street 雨", artists=("Åse",), album="Harbour", track=3, tracks=12, genre="Jazz", date="2024"
    )
    tags.write(path, plain, picture=None)
    show = ["-v", "error", "-of", "json", "-show_entries", "format_tags:stream_tags"]
    told = json.loads(
        subprocess.run([signals.judge("ffprobe"), *show, str(path)], capture_output=True, check=True).stdout
    )
    found = {**told["streams"][0].get("tags", {}), **told.get("format", {}).get("tags", {})}
    found = {name.lower(): value for name, value in found.items()}
    assert (found["title"], found["artist"], found["album"]) == (plain.title, "Åse", "Harbour")
    assert found["track"].split("/")[0] == "3"
    assert found["genre"] == "Jazz"
    assert found["date"].startswith("2024")


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_cover_is_kept_and_what_is_none_is_refused(encoded: dict[str, Path], tmp_path: Path, kind: str):
    path = copy(encoded[kind], tmp_path)
    large = JPEG + bytes(2_000_000)
    tags.write(path, Tags(title="x"), picture=large)
    assert cover(tags.read(path)) == large
    for wrong in (JPEG + bytes(11_000_000), b"RIFF\x10\0\0\0WEBP", b"<svg/>", b""):
        with pytest.raises(tags.CoverNotTakenError):
            tags.write(path, Tags(title="x"), picture=wrong)
    assert cover(tags.read(path)) == large


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_bytes_give_tags_or_a_plain_refusal(
    encoded: dict[str, Path], tmp_path: Path, kind: str, data: st.DataObject
):
    from bandstand.kernel.errors import InputError
    from bandstand.media.tags import _inside

    path = copy(encoded[kind], tmp_path, "tagged")
    tags.write(path, FULL, picture=PNG)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, min(len(content), 6000) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:  # either is right; any other error is not
        told = _inside.read({"path": str(path), "container": sniff(path)})
    except InputError:
        return
    json.dumps(told)
