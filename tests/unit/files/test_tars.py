"""Tars that are never built: other programs read them, and any part of one is the same part of the whole."""

from __future__ import annotations

import hashlib
import io
import random
import shutil
import subprocess
import tarfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.kernel.units import Bytes
from bandstand.webkit.files import tars, zips
from bandstand.webkit.files.manifests import Entry, Manifest

WHEN = datetime(2026, 3, 3, 12, 30, 58, tzinfo=UTC)
NAMES = (
    "Mara Linde - Evening Ferry/01 Harbour.flac",
    "星野ナミ - 雨の日の喫茶店/01 雨.flac",
    "Ноябрь - Тихий дом/01 Снег.flac",
    "فرقة الميناء - مساء/01 البحر.flac",
    "Ομίχλη - Λιμάνι/01 Φάρος.flac",
    "Jörn Teßmer - Kühlhaus/01 Für dich.flac",
    "A" * 90 + "/" + "b" * 150 + ".flac",
    "empty.txt",
    "many        blanks/        .txt",
    "🎷🎹/01 Session.flac",
)


def bodies(seed=1):
    noise = random.Random(seed)
    sizes = [1000, 512, 511, 513, 0, 70_000, 3, 0, 1024, 9]
    return {f"deliverables/{number}": noise.randbytes(size) for number, size in enumerate(sizes)}


def manifest_of(stored, names=NAMES):
    return Manifest(
        entries=tuple(
            Entry(
                name=name,
                path=path,
                size=Bytes(len(body)),
                crc32=zlib.crc32(body),
                sha256=hashlib.sha256(body).hexdigest(),
            )
            for name, (path, body) in zip(names, stored.items(), strict=True)
        ),
        modified=WHEN,
    )


def read(plan, stored, start=0, stop=None):
    opened = lambda entry: io.BytesIO(stored[entry.path])
    return b"".join(zips.read_range(plan, start, plan.size if stop is None else stop, opened))


def test_python_reads_every_name_and_byte():
    stored = bodies()
    manifest = manifest_of(stored)
    whole = read(tars.layout(manifest), stored)
    with tarfile.open(fileobj=io.BytesIO(whole), mode="r:", errorlevel=2) as archive:
        members = archive.getmembers()
        assert [member.name for member in members] == list(NAMES)
        assert {member.mtime for member in members} == {int(WHEN.timestamp())}
        assert [archive.extractfile(member).read() for member in members] == list(stored.values())


@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar")
def test_the_systems_tar_unpacks_it_without_a_word(tmp_path):
    stored = bodies()
    whole = read(tars.layout(manifest_of(stored)), stored)
    done = subprocess.run(["tar", "-xf", "-", "-C", tmp_path], input=whole, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert [(tmp_path / name).read_bytes() for name in NAMES] == list(stored.values())


def test_the_size_is_known_before_and_is_whole_records():
    stored = bodies()
    plan = tars.layout(manifest_of(stored))
    assert plan.size == len(read(plan, stored))
    assert plan.size % tars.RECORD == 0
    assert tars.layout(Manifest(entries=(), modified=WHEN)).size == tars.RECORD


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_part_is_that_part_of_the_whole(data):
    stored = bodies()
    plan = tars.layout(manifest_of(stored))
    whole = read(plan, stored)
    start = data.draw(st.integers(0, plan.size))
    stop = data.draw(st.integers(start, plan.size))
    assert read(plan, stored, start, stop) == whole[start:stop]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 90_000), min_size=1, max_size=20))
def test_cut_anywhere_and_resumed_it_has_the_same_hash(cuts):
    stored = bodies()
    plan = tars.layout(manifest_of(stored))
    edges = sorted({0, plan.size, *(min(cut, plan.size) for cut in cuts)})
    parts = [read(plan, stored, start, stop) for start, stop in pairwise(edges)]
    assert hashlib.sha256(b"".join(parts)).digest() == hashlib.sha256(read(plan, stored)).digest()


@pytest.mark.parametrize("size", [(8 << 30) - 1, 8 << 30, 5 << 40])
def test_a_huge_file_says_its_size(size):
    entry = replace(manifest_of(bodies()).entries[0], size=Bytes(size))
    plan = tars.layout(Manifest(entries=(entry,), modified=WHEN))
    assert isinstance(plan.pieces[0], bytes)
    with tarfile.open(fileobj=io.BytesIO(plan.pieces[0]), mode="r:") as archive:
        assert archive.next().size == size
    assert plan.size >= size + len(plan.pieces[0])


@given(st.text("aé星\u0301 -", min_size=1, max_size=300))
def test_a_record_counts_its_own_length(name):
    record = tars._record(b"path", name.encode())
    assert int(record.split(b" ", 1)[0]) == len(record)
