"""Bodies of many pieces: a full pipe stops the writer, and nothing is lost where it stopped."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from bandstand.webkit.files.flow import CHUNK, BodyCutError, Piece, Source


@dataclass(frozen=True)
class Slice:
    path: Path
    start: int
    stop: int

    def open(self) -> int:
        return os.open(self.path, os.O_RDONLY)


@pytest.fixture
def pieces(tmp_path: Path) -> tuple[list[bytes | Piece], bytes]:
    body = bytes(range(256)) * 4096
    (tmp_path / "a").write_bytes(body)
    made: list[bytes | Piece] = [
        b"head",
        Slice(tmp_path / "a", 5, 800_000),
        b"",
        b"between",
        Slice(tmp_path / "a", 0, 1),
    ]
    made += [Slice(tmp_path / "a", 7, 7), b"x" * (CHUNK + 1)]
    return made, b"head" + body[5:800_000] + b"between" + body[:1] + b"x" * (CHUNK + 1)


def test_all_at_once(pieces: tuple[list[bytes | Piece], bytes]) -> None:
    source = Source(iter(pieces[0]))
    assert source.read_all() == pieces[1]
    assert source.sent == len(pieces[1])


def test_a_full_pipe_stops_the_writer_and_an_empty_one_lets_it_go_on(
    pieces: tuple[list[bytes | Piece], bytes],
) -> None:
    source, (reader, writer) = Source(iter(pieces[0])), os.pipe()
    try:
        os.set_blocking(writer, False)
        got, stops = b"", 0
        while (done := source.fill(writer)) is not True:
            assert source.sent - len(got) <= 1 << 20, "no more is out than a pipe holds"
            stops += done is False
            got += os.read(reader, 100_000)
        while len(got) < len(pieces[1]):
            got += os.read(reader, 100_000)
        assert got == pieces[1]
        assert stops > 3
    finally:
        os.close(reader)
        os.close(writer)


def test_a_reader_that_left_is_noticed(pieces: tuple[list[bytes | Piece], bytes]) -> None:
    source, (reader, writer) = Source(iter(pieces[0])), os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        source.fill(writer)
    os.close(writer)
    source.close()


def test_a_file_that_became_shorter_cuts_the_body(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"only this")
    source = Source(iter([Slice(tmp_path / "short", 0, 100)]))
    with pytest.raises(BodyCutError):
        source.read_all()
    source.close()
