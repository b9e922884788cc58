"""Bodies of many pieces: a full pipe stops the writer, and nothing is lost where it stopped."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from bandstand.kernel.units import Bytes
from bandstand.webkit.files.flow import CHUNK, BodyCutError, Piece, Source, pour


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


class Deaf:
    """A server whose client left before it looked at the answer: it opens nothing."""

    def __init__(self) -> None:
        self.file = ""
        self.body = b""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.body = body

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self.file = file

    async def client_disconnect(self) -> None:
        """The client has left."""


class Attentive(Deaf):
    """A server that opens what it is given, reads it all, and whose client stays."""

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self.reading = asyncio.get_running_loop().run_in_executor(None, self._read, os.open(file, os.O_RDONLY))

    def _read(self, file: int) -> None:
        with open(file, "rb") as opened:
            self.body = opened.read()

    async def client_disconnect(self) -> None:
        await asyncio.Event().wait()


async def poured(proto: Deaf, pieces: list[bytes | Piece], length: int) -> int:
    with ThreadPoolExecutor(1) as pool:
        return await asyncio.wait_for(pour(proto, 200, (), iter(pieces), length=Bytes(length), pool=pool), 10)


def test_an_answer_that_nobody_takes_up_is_let_go(pieces: tuple[list[bytes | Piece], bytes]) -> None:
    proto = Deaf()
    assert asyncio.run(poured(proto, *pieces[:1], len(pieces[1]))) < len(pieces[1])
    assert proto.file.startswith("/dev/fd/")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(int(proto.file.rpartition("/")[2]))


def test_a_server_that_reads_gets_it_all(pieces: tuple[list[bytes | Piece], bytes]) -> None:
    async def scene() -> bytes:
        proto = Attentive()
        assert await poured(proto, pieces[0], len(pieces[1])) == len(pieces[1])
        await proto.reading
        return proto.body

    assert asyncio.run(scene()) == pieces[1]


def test_a_small_body_needs_no_pipe() -> None:
    proto = Deaf()
    assert asyncio.run(poured(proto, [b"small", b" body"], 10)) == 10
    assert (proto.body, proto.file) == (b"small body", "")
