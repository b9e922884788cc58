"""Digests of files and streams."""

from __future__ import annotations

import hashlib
import io
import zlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.units import Bytes
from bandstand.media import digest as digests
from bandstand.media.digest import Digest, copy_digest, digest


@given(st.binary(max_size=4096))
def test_a_copy_and_its_digest_are_those_of_the_bytes(content: bytes):
    sink = io.BytesIO()
    expected = Digest(Bytes(len(content)), hashlib.sha256(content).hexdigest(), zlib.crc32(content))
    assert copy_digest(io.BytesIO(content), sink) == expected == digest(io.BytesIO(content))
    assert sink.getvalue() == content


def test_progress_counts_every_byte_of_a_file_of_several_blocks(tmp_path: Path):
    path = tmp_path / "large"
    path.write_bytes(bytes(2 * digests.BLOCK + 5))
    counted: list[int] = []
    assert digest(path, progress=counted.append).size == sum(counted) == 2 * digests.BLOCK + 5
    assert len(counted) == 3
