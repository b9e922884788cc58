"""RFC 9110, section 14, over a real socket: the same for a file and for a zip that is never built."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from tests.integration.files.conftest import (
    Door,
    boundary_of,
    link,
    noise,
    put,
    put_zip,
    read_head,
    read_reply,
    sparse,
    ticket_for,
)

SIZE = 3_000_001


@pytest.fixture(scope="module")
def routes(door: Door) -> dict[str, str]:
    song = put(door.root, "deliverables/ab/song.flac", noise(SIZE, 1))
    put(door.root, "public/covers/big.jpg", noise(SIZE, 2))
    others = [put(door.root, f"deliverables/{n}.flac", noise(n, n)) for n in (0, 1, 70_000, 1_500_000)]
    return {
        "file": link(ticket_for(song)),
        "public": "/public/covers/big.jpg",
        "zip": link(put_zip(door.root, [song, *others])),
    }


@pytest.fixture(scope="module", params=["file", "public", "zip"])
def route(request: pytest.FixtureRequest, routes: dict[str, str]) -> str:
    return routes[request.param]


@pytest.fixture(scope="module")
def whole(door: Door, route: str) -> bytes:
    reply = door.ask(route)
    assert reply.status == 200
    assert len(reply.body) == int(reply.headers["content-length"]) >= SIZE
    return reply.body


def test_the_whole_is_the_stored_file(door: Door, routes: dict[str, str]) -> None:
    assert door.ask(routes["file"]).body == noise(SIZE, 1)
    assert door.ask(routes["public"]).body == noise(SIZE, 2)


def test_the_zip_is_a_zip_to_other_programs(door: Door, routes: dict[str, str], tmp_path: Path) -> None:
    body = door.ask(routes["zip"]).body
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        assert opened.testzip() is None
        assert opened.namelist()[0] == "Ä 0/deliverables/ab/song.flac"
        assert opened.read(opened.namelist()[0]) == noise(SIZE, 1)
    (tmp_path / "x.zip").write_bytes(body)
    readers = {"unzip": ["-tq"], "bsdtar": ["-tf"], "7z": ["t"], "7zz": ["t"]}
    present = [name for name in readers if shutil.which(name)]
    for name in present:
        subprocess.run([name, *readers[name], str(tmp_path / "x.zip")], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("field", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-70099", 100, 70_100),
        ("bytes=1000000-", 1_000_000, None),
        ("bytes=-7", -7, None),
        ("bytes=-999999999", 0, None),
        ("bytes=5-999999999", 5, None),
        ("Bytes=0-9, 5-19", 0, 20),
    ],
)
def test_one_range(door: Door, route: str, whole: bytes, field: str, start: int, stop: int | None) -> None:
    reply = door.ask(route, Range=field)
    expected = whole[start:stop]
    first = start if start >= 0 else len(whole) + start
    assert reply.status == 206
    assert reply.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{len(whole)}"
    assert reply.headers["content-length"] == str(len(expected))
    assert reply.body == expected


def test_many_ranges_come_as_parts_of_right_length(door: Door, route: str, whole: bytes) -> None:
    reply = door.ask(route, Range="bytes=2000000-2499999,0-4,-5")
    mark, size = boundary_of(reply), len(whole)
    expected = b""
    for start, stop in ((2_000_000, 2_500_000), (0, 5), (size - 5, size)):
        kind = door.ask(route, "HEAD").headers["content-type"]
        expected += f"\r\n--{mark}\r\nContent-Type: {kind}\r\n".encode()
        expected += f"Content-Range: bytes {start}-{stop - 1}/{size}\r\n\r\n".encode() + whole[start:stop]
    expected += f"\r\n--{mark}--\r\n".encode()
    assert reply.status == 206
    assert reply.body == expected[2:]
    assert reply.headers["content-length"] == str(len(expected) - 2)


@pytest.mark.parametrize("field", ["items=0-5", "bytes=9-5", "bytes=a", "bytes=" + ",".join(["0-0"] * 21)])
def test_a_range_that_means_nothing_gives_the_whole(door: Door, route: str, whole: bytes, field: str) -> None:
    reply = door.ask(route, Range=field)
    assert (reply.status, reply.body == whole) == (200, True)


def test_two_range_lines_are_one_broken_field(door: Door, route: str, whole: bytes) -> None:
    lines = f"GET {route} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=0-1\r\nRange: bytes=4-5\r\n\r\n"
    assert door.raw(lines.encode()).status == 200


@pytest.mark.parametrize("field", ["bytes=99999999-", "bytes=-0"])
def test_a_range_beyond_the_end(door: Door, route: str, whole: bytes, field: str) -> None:
    reply = door.ask(route, Range=field)
    assert reply.status == 416
    assert reply.headers["content-range"] == f"bytes */{len(whole)}"
    assert reply.body == b""


def test_head_tells_all_and_sends_nothing(door: Door, route: str, whole: bytes) -> None:
    reply = door.ask(route, "HEAD", Range="bytes=0-5")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-length"] == str(len(whole))
    assert reply.headers["accept-ranges"] == "bytes"


def test_conditions(door: Door, route: str, whole: bytes) -> None:
    head = door.ask(route, "HEAD").headers
    etag, modified = head["etag"], head["last-modified"]
    assert etag.startswith('"')
    assert [door.ask(route, If_None_Match=tag).status for tag in (etag, f"W/{etag}", "*", '"x"')] == [
        304,
        304,
        304,
        200,
    ]
    assert [door.ask(route, If_Match=tag).status for tag in (etag, "*", f"W/{etag}", '"x"')] == [200, 200, 412, 412]
    assert door.ask(route, If_Modified_Since=modified).status == 304
    assert door.ask(route, If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT").status == 200
    assert door.ask(route, If_Unmodified_Since=modified).status == 200
    assert door.ask(route, If_Unmodified_Since="Thu, 01 Jan 1970 00:00:00 GMT").status == 412
    assert door.ask(route, If_None_Match='"x"', If_Modified_Since=modified).status == 200
    unchanged = door.ask(route, If_None_Match=etag, Range="bytes=0-1")
    assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, b"", etag)
    assert "content-length" not in unchanged.headers


def test_if_range_gives_the_rest_of_the_same_and_the_whole_of_another(door: Door, route: str, whole: bytes) -> None:
    etag = door.ask(route, "HEAD").headers["etag"]
    assert door.ask(route, Range="bytes=9-", If_Range=etag).body == whole[9:]
    for other in ('"x"', f"W/{etag}", "Thu, 01 Jan 1970 00:00:00 GMT"):
        assert door.ask(route, Range="bytes=9-", If_Range=other).body == whole


def test_a_download_cut_at_random_bytes_resumes_to_the_same_hash(door: Door, route: str, whole: bytes) -> None:
    chance = random.Random(14)
    etag = door.ask(route, "HEAD").headers["etag"]
    for _ in range(5):
        got = b""
        while len(got) < len(whole):
            upto = chance.randint(len(got) + 1, min(len(whole), len(got) + 900_000))
            with door.connect() as wire:
                condition = f"Range: bytes={len(got)}-\r\nIf-Range: {etag}\r\n" if got else ""
                wire.sendall(f"GET {route} HTTP/1.1\r\nHost: 127.0.0.1\r\n{condition}\r\n".encode())
                status, _, rest = read_head(wire)
                assert status == (206 if got else 200)
                got += rest
                while len(got) < upto:
                    got += wire.recv(65536)
        assert hashlib.sha256(got).digest() == hashlib.sha256(whole).digest()


def test_one_connection_serves_one_request_after_the_other(door: Door, route: str, whole: bytes) -> None:
    with door.connect() as wire:
        for start in (0, 1_000_000, 2_999_990):
            wire.sendall(f"GET {route} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={start}-\r\n\r\n".encode())
            assert read_reply(wire).body == whole[start:]


def test_slow_readers_do_not_hold_up_a_fast_one(door: Door, routes: dict[str, str]) -> None:
    """16 readers of 1 kB/s on each kind of route: others are served while all of them still have their file open."""
    films = {name: sparse(door.root, f"deliverables/{name}.mkv", 64 << 20) for name in ("file", "zip")}
    slow_routes = {
        "file": link(ticket_for(films["file"])),
        "zip": link(put_zip(door.root, [films["zip"]], "manifests/film.json")),
    }
    for name, slow_route in slow_routes.items():
        slow = [door.connect() for _ in range(16)]
        try:
            for wire in slow:
                wire.sendall(f"GET {slow_route} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            for wire in slow:
                read_head(wire)
            for _ in range(3):
                assert len(door.ask(routes[name]).body) >= SIZE
                assert all(len(wire.recv(100)) == 100 for wire in slow)
                time.sleep(0.1)
            still = sum(path.endswith(f"/{name}.mkv") for path in door.descriptors())
            assert still == len(slow), "each reader's file is still open: nothing was buffered away"
        finally:
            for wire in slow:
                wire.close()


def test_a_reader_that_leaves_frees_what_it_held(door: Door, routes: dict[str, str]) -> None:
    door.ask(routes["zip"])
    before = door.held()
    for _ in range(8):
        with door.connect() as wire:
            wire.sendall(f"GET {routes['zip']} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            read_head(wire)
    deadline = time.monotonic() + 20
    while door.held() > before:
        assert time.monotonic() < deadline, "descriptors stayed open"
        time.sleep(0.05)


def test_a_file_that_shrinks_while_it_is_sent_cuts_the_answer_off(door: Door) -> None:
    film = sparse(door.root, "deliverables/shrinks.mkv", 64 << 20)
    route = link(put_zip(door.root, [film], "manifests/shrinks.json"))
    with door.connect() as wire:
        wire.sendall(f"GET {route} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        _, headers, rest = read_head(wire)
        os.truncate(door.root / film.path, 1 << 20)
        got = len(rest)
        while block := wire.recv(1 << 20):  # the connection ends: no client takes this for the whole
            got += len(block)
        assert got < int(headers["content-length"])
    deadline = time.monotonic() + 10
    while not any(json.loads(line)["cut"] for line in door.log.read_text().splitlines()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_readers_that_leave_at_once_leave_nothing_behind(door: Door, routes: dict[str, str]) -> None:
    before = door.held()
    for round_trip in range(60):
        with door.connect() as wire:
            route = routes[("file", "zip", "public")[round_trip % 3]]
            wire.sendall(f"GET {route} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    deadline = time.monotonic() + 20
    while door.held() > before:
        assert time.monotonic() < deadline, "descriptors stayed open"
        time.sleep(0.05)
    assert "Traceback" not in door.log.read_text()


def test_a_big_zip_does_not_grow_the_server(door: Door) -> None:
    """300 MB through a reader that reads all, and 300 MB before one that reads nothing."""
    film = sparse(door.root, "deliverables/long.mkv", 300_000_000)
    route = link(put_zip(door.root, [film], "manifests/long.json"))
    (worker,) = door.workers()
    before = resident(worker)
    with door.connect() as still, door.connect() as wire:
        for each in (still, wire):
            each.sendall(f"GET {route} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        read_head(still)
        _, headers, rest = read_head(wire)
        got, buffer = len(rest), bytearray(1 << 20)
        while count := wire.recv_into(buffer):
            got += count
        assert got == int(headers["content-length"]) > 300_000_000
        assert resident(worker) - before < 20_000_000


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
