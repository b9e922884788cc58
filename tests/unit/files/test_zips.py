"""Zips that are computed: other people's readers open them, and every range is a slice of the whole."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import unicodedata
import zipfile
import zlib
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.units import Bytes
from bandstand.webkit.files import zips
from bandstand.webkit.files.manifests import MAX_ENTRIES, Entry, Manifest, ManifestError

DATE = datetime(2026, 3, 3, 12, 30, 58, tzinfo=UTC)
BODIES = {"a": b"first file" * 30, "b": b"", "c": bytes(range(256)) * 3, "d": b"x"}
NAMES = ("01 Größe.flac", "empty.txt", "夜/02 🎵.flac", "LICENCE")


def entry(name: str = "a.flac", path: str = "deliverables/a", size: int = 1, crc32: int = 0) -> Entry:
    return Entry(name=name, path=path, size=Bytes(size), crc32=crc32, sha256="0" * 64)


def stored(name: str, path: str) -> Entry:
    body = BODIES[path]
    digest = hashlib.sha256(body).hexdigest()
    return Entry(name=name, path=path, size=Bytes(len(body)), crc32=zlib.crc32(body), sha256=digest)


MANIFEST = Manifest(
    entries=tuple(stored(name, path) for name, path in zip(NAMES, BODIES, strict=True)),
    modified=DATE,
    comment="Session 3 ✓",
)


def open_body(found: Entry) -> io.BytesIO:
    return io.BytesIO(BODIES[found.path])


@cache
def whole() -> bytes:
    plan = zips.layout(MANIFEST)
    return b"".join(zips.read_range(plan, 0, plan.size, open_body))


def test_the_standard_reader_opens_it() -> None:
    with zipfile.ZipFile(io.BytesIO(whole())) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == list(NAMES)
        assert [opened.read(name) for name in NAMES] == list(BODIES.values())
        assert opened.comment.decode() == "Session 3 ✓"
        for info in opened.infolist():
            assert info.date_time == (2026, 3, 3, 12, 30, 58)
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.flag_bits == 1 << 11
            assert info.external_attr >> 16 == 0o100644


def test_its_size_is_known_before_a_byte_is_read() -> None:
    assert zips.layout(MANIFEST).size == len(whole())


def test_a_zip_of_nothing_is_a_zip() -> None:
    plan = zips.layout(Manifest(entries=(), modified=DATE))
    body = b"".join(zips.read_range(plan, 0, plan.size, open_body))
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == []


def test_every_range_up_to_every_end_is_the_slice_of_the_whole() -> None:
    plan, body = zips.layout(MANIFEST), whole()
    edges = sorted(
        {edge + shift for edge in (*plan.offsets, plan.size) for shift in (-1, 0, 1)} & {*range(plan.size + 1)}
    )
    for start in edges:
        for stop in (stop for stop in edges if stop >= start):
            assert b"".join(zips.read_range(plan, start, stop, open_body)) == body[start:stop]


@given(st.data())
def test_any_range_is_the_slice_of_the_whole(data: st.DataObject) -> None:
    plan = zips.layout(MANIFEST)
    start = data.draw(st.integers(0, plan.size))
    stop = data.draw(st.integers(start, plan.size))
    assert b"".join(zips.read_range(plan, start, stop, open_body)) == whole()[start:stop]


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, 10**9)])
def test_a_range_outside_is_refused(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="not inside"):
        list(zips.slices(zips.layout(MANIFEST), start, stop))


def test_a_file_that_became_shorter_is_noticed() -> None:
    plan = zips.layout(MANIFEST)
    with pytest.raises(zips.EntryChangedError) as changed:
        list(zips.read_range(plan, 0, plan.size, lambda found: io.BytesIO(b"short")))
    assert changed.value.path == "a"


def headers(plan: zips.Layout) -> list[bytes]:
    return [piece for piece in plan.pieces if isinstance(piece, bytes)]


@pytest.mark.parametrize(("size", "wide"), [(0xFFFFFFFE, False), (0xFFFFFFFF, True), (1 << 33, True)])
def test_a_size_that_fills_its_field_moves_to_the_zip64_one(size: int, wide: bool) -> None:
    local, tail = headers(zips.layout(Manifest(entries=(entry(size=size),), modified=DATE)))
    version, packed, unpacked = struct.unpack_from("<H", local, 4)[0], *struct.unpack_from("<2I", local, 18)
    assert (version, packed, unpacked) == ((45, 0xFFFFFFFF, 0xFFFFFFFF) if wide else (20, size, size))
    if wide:
        assert struct.unpack_from("<2H2Q", local, 30 + len("a.flac")) == (1, 16, size, size)
    assert (b"PK\6\6" in tail) is (len(local) + size >= 0xFFFFFFFF)


def test_an_offset_that_fills_its_field_moves_alone() -> None:
    big = tuple(entry(f"{number}", size=3 << 30) for number in range(3))
    plan = zips.layout(Manifest(entries=big, modified=DATE))
    tail = headers(plan)[-1]
    third = tail.index(b"PK\1\2", tail.index(b"PK\1\2", 4) + 4)
    assert struct.unpack_from("<2I", tail, third + 20) == (3 << 30, 3 << 30)  # the sizes still fit
    assert struct.unpack_from("<I", tail, third + 42) == (0xFFFFFFFF,)
    offset = 2 * (31 + (3 << 30))
    assert struct.unpack_from("<2HQ", tail, third + 47) == (1, 8, offset)
    at = tail.index(b"PK\6\6")
    count, length, start = struct.unpack_from("<QQQ", tail, at + 32)
    assert (count, length, start) == (3, at, 3 * (31 + (3 << 30)))
    assert struct.unpack_from("<IQI", tail, tail.index(b"PK\6\7") + 4) == (0, start + length, 1)
    assert plan.size == start + len(tail)


def test_the_largest_zip_has_its_layout() -> None:
    many = tuple(entry(f"{number}.flac", size=1 << 30) for number in range(MAX_ENTRIES))
    plan = zips.layout(Manifest(entries=many, modified=DATE))
    assert plan.size == sum(map(len, headers(plan))) + MAX_ENTRIES * (1 << 30)


names = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\:"), min_size=1, max_size=30)


@given(st.lists(names.filter(lambda name: name not in (".", "..")), max_size=8))
def test_a_manifest_survives_the_round_trip_or_is_refused(texts: list[str]) -> None:
    try:
        manifest = Manifest(entries=tuple(entry(text) for text in texts), modified=DATE)
    except ManifestError:
        folded = {unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()) for text in texts}
        assert len(folded) < len(texts) or set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(
            "".join(texts)
        )
        return
    assert Manifest.read(manifest.pack()) == manifest
    assert Manifest.read(manifest.pack()).etag == manifest.etag


def test_the_etag_changes_with_whatever_changes_the_zip() -> None:
    base = [entry(), entry("b.flac")]
    variants = [
        Manifest(entries=tuple(base), modified=DATE),
        Manifest(entries=tuple(reversed(base)), modified=DATE),
        Manifest(entries=(base[0],), modified=DATE),
        Manifest(entries=(base[0], entry("b.flac", crc32=1)), modified=DATE),
        Manifest(entries=tuple(base), modified=DATE.replace(year=2025)),
        Manifest(entries=tuple(base), modified=DATE, comment="x"),
    ]
    assert len({manifest.etag for manifest in variants}) == len(variants)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_manifest_or_a_manifest_error(text: bytes) -> None:
    with pytest.raises(ManifestError):
        Manifest.read(text)


ROW = ["a", "p", 1, "00000000", "0" * 64]


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"version": None},
        {"comment": 5},
        {"comment": "x" * 1025},
        {"comment": "\ud800"},
        {"modified": "2026-01-01"},
        {"modified": "1979-12-31T23:59:59Z"},
        {"modified": "2108-01-01T00:00:00Z"},
        {"modified": 5},
        {"entries": None},
        {"entries": {"a": 1}},
        {"entries": [ROW[:4]]},
        {"entries": [[*ROW[:2], True, *ROW[3:]]]},
        {"entries": [[*ROW[:2], -1, *ROW[3:]]]},
        {"entries": [[*ROW[:2], 1 << 50, *ROW[3:]]]},
        {"entries": [[*ROW[:3], "-1000000", ROW[4]]]},
        {"entries": [[*ROW[:4], "A" * 64]]},
        {"entries": [["a", "../x", *ROW[2:]]]},
        {"entries": [[f"{number}", *ROW[1:]] for number in range(MAX_ENTRIES + 1)]},
    ],
)
def test_a_manifest_with_wrong_values_is_refused(changed: dict[str, object]) -> None:
    good = {"version": 1, "comment": "", "modified": "2026-01-01T00:00:00Z", "entries": [ROW]}
    assert len(Manifest.read(json.dumps(good).encode()).entries) == 1
    with pytest.raises(ManifestError):
        Manifest.read(json.dumps(good | changed).encode())


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../up",
        "a/../b",
        "a//b",
        "a/",
        ".",
        "C:x",
        "c:/x",
        "a\\b",
        "a\x00b",
        "a\nb",
        "\x7f",
        "evil\u202egpj.exe",
        chr(0xD800),
        "n" * 1025,
    ],
)
def test_a_name_that_leaves_its_folder_or_lies_is_refused(name: str) -> None:
    with pytest.raises(ManifestError):
        Manifest(entries=(entry(name),), modified=DATE)


@pytest.mark.parametrize(
    "names",
    [("a", "a"), ("A.flac", "a.FLAC"), ("Straße", "STRASSE"), ("e\u0301", "\u00e9"), ("a", "a/b"), ("x/Y/z", "X/y")],
)
def test_names_that_meet_on_some_disk_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ManifestError):
        Manifest(entries=tuple(entry(name) for name in names), modified=DATE)
