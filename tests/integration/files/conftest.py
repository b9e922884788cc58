"""A real file door on loopback, a store to ask, and a client that writes what it likes onto the wire."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bandstand.kernel.units import Bytes
from bandstand.licences.keyring import KeyRing
from bandstand.licences.tickets import Kind, Purpose, Ticket, sign
from bandstand.webkit.files import zips
from bandstand.webkit.files.manifests import Entry, Manifest

KEYS = "2026a:" + base64.urlsafe_b64encode(b"k" * 32).decode()
SERVE = "import sys; from bandstand.webkit.files.app import serve; serve('127.0.0.1', int(sys.argv[1]))"


@dataclass
class Reply:
    """A response as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Store:
    """A store that says what a test tells it to, and remembers what it was asked."""

    url: str = ""
    status: int = 204
    body: bytes = b""
    location: str = ""
    asked: list[dict[str, object]] = field(default_factory=list)


@dataclass
class Door:
    """The running server."""

    port: int
    root: Path
    store: Store
    process: subprocess.Popen[bytes]
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def raw(self, request: bytes) -> Reply:
        """Send bytes and read one whole response."""
        with self.connect() as wire:
            wire.sendall(request)
            return read_reply(wire, head=request.startswith(b"HEAD "))

    def ask(self, path: str, method: str = "GET", **headers: str) -> Reply:
        named = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
        return self.raw("\r\n".join(lines).encode("latin-1"))

    def workers(self) -> list[int]:
        """The processes that answer."""
        parents = {int(path.parent.name): path.read_text().rpartition(")")[2].split() for path in stats()}
        return [pid for pid, (_, parent, *_) in parents.items() if int(parent) == self.process.pid]

    def held(self) -> int:
        """How many descriptors they hold."""
        return len(self.descriptors())

    def descriptors(self) -> list[str]:
        """What they have open."""
        found = []
        for path in (path for worker in self.workers() for path in Path(f"/proc/{worker}/fd").iterdir()):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                found.append(str(path.readlink()))
        return found


def stats() -> Iterator[Path]:
    return (path for path in Path("/proc").glob("[0-9]*/stat") if path.exists())


def read_head(wire: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read up to the end of the head; return status, headers and what came after."""
    data = b""
    while b"\r\n\r\n" not in data:
        block = wire.recv(65536)
        if not block:
            raise ConnectionError(f"the server hung up after {data!r}")
        data += block
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert len(headers) == len(lines), f"a header came twice: {lines}"
    return int(first.split()[1]), headers, rest


def read_reply(wire: socket.socket, *, head: bool = False) -> Reply:
    status, headers, body = read_head(wire)
    if head or status == 304:
        wire.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            body += wire.recv(65536)
        return Reply(status, headers, body)
    length = int(headers["content-length"])
    blocks = [body]
    left = length - len(body)
    while left > 0 and (block := wire.recv(min(left, 1 << 20))):
        blocks.append(block)
        left -= len(block)
    return Reply(status, headers, b"".join(blocks))


@contextlib.contextmanager
def running_store() -> Iterator[Store]:
    store = Store()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            store.asked.append({"path": self.path, **asked})
            self.send_response(store.status)
            if store.location:
                self.send_header("Location", store.location)
            self.send_header("Content-Length", str(len(store.body)))
            self.end_headers()
            self.wfile.write(store.body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        store.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield store
        server.shutdown()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_door(root: Path, store: Store, log: Path, **environ: str) -> Iterator[Door]:
    port = free_port()
    settings = {
        "BANDSTAND_FILES_ROOT": str(root),
        "BANDSTAND_TICKET_KEYS": KEYS,
        "BANDSTAND_STORE_URL": store.url,
        "BANDSTAND_FILES_HOSTS": "127.0.0.1,files.example.org:8001",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(port)], env={**os.environ, **settings, **environ}, stderr=errors
        )
    door = Door(port, root, store, process, log)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                assert door.ask("/healthz").body == b"ok\n"
                break
            except ConnectionError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, "the door did not open in time"
                time.sleep(0.05)
        yield door
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with running_store() as running:
        yield running


@pytest.fixture(scope="module")
def door(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    root = folder / "root"
    (root / "public" / "covers").mkdir(parents=True)
    with running_door(root, store, folder / "log") as running:
        yield running


@pytest.fixture(autouse=True)
def _an_agreeable_store(request: pytest.FixtureRequest) -> None:
    if "door" in request.fixturenames:
        store = request.getfixturevalue("store")
        store.status, store.body, store.location = 204, b"", ""
        store.asked.clear()


def put(root: Path, key: str, body: bytes) -> Entry:
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    return Entry(name=key, path=key, size=Bytes(len(body)), crc32=zlib.crc32(body), sha256=digest)


def sparse(root: Path, key: str, size: int) -> Entry:
    """A file of zeros that takes no room; its hashes are not its own."""
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)
    return Entry(name=key, path=key, size=Bytes(size), crc32=0, sha256=hashlib.sha256(key.encode()).hexdigest())


def ticket_for(found: Entry, **changed: object) -> Ticket:
    now = int(time.time())
    ticket = Ticket(
        purpose=Purpose.DOWNLOAD,
        kind=Kind.FILE,
        path=found.path,
        name="song.flac",
        media_type="audio/flac",
        etag=found.sha256,
        size=found.size,
        grant=0,
        holder="h1",
        starts=now - 60,
        expires=now + 3600,
        nonce=os.urandom(12),
    )
    return replace(ticket, **changed)  # type: ignore[arg-type]  # the fields vary by test


def link(ticket: Ticket) -> str:
    return f"/t/{sign(ticket, KeyRing.parse(KEYS))}/x"


def put_zip(root: Path, entries: list[Entry], key: str = "manifests/zip.json") -> Ticket:
    named = tuple(replace(entry, name=f"Ä {number}/{entry.name}") for number, entry in enumerate(entries))
    manifest = Manifest(entries=named, modified=datetime(2026, 3, 3, 12, tzinfo=UTC))
    put(root, key, manifest.pack())
    found = Entry(name=key, path=key, size=zips.layout(manifest).size, crc32=0, sha256=manifest.etag)
    return ticket_for(found, kind=Kind.ZIP, name="Sitzung 3.zip", media_type="application/zip")


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def boundary_of(reply: Reply) -> str:
    found = re.search(r"boundary=([0-9a-f]+)", reply.headers["content-type"])
    assert found is not None
    return found[1]
