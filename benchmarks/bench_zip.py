"""A 2 GB zip that is never built: first byte, memory and speed of the file door, beside building the zip first.

Run it from the checkout: `python benchmarks/bench_zip.py [--gigabytes N]`. It starts the real server on loopback, with
sparse files, and prints one table. The alternative in the same run is Python's `zipfile` (ZIP_STORED) writing a
temporary file, whose first byte can leave only when the last one is written.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bandstand.kernel.units import Bytes
from bandstand.licences.keyring import KeyRing
from bandstand.licences.tickets import Kind, Purpose, Ticket, sign
from bandstand.webkit.files import zips
from bandstand.webkit.files.manifests import Entry, Manifest

TRACKS = 50
KEYS = "bench:" + urlsafe_b64encode(secrets.token_bytes(32)).decode()
SERVE = "import sys; from bandstand.webkit.files.app import serve; serve('127.0.0.1', int(sys.argv[1]))"
SLOW = 16
MB = 1_000_000


def store(root: Path, size: int) -> Manifest:
    """Put sparse tracks into `root` and return their manifest."""
    each = size // TRACKS
    crc = 0  # the door never reads a CRC back, and nobody unpacks this zip
    entries = []
    for number in range(TRACKS):
        path = root / "deliverables" / f"{number}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(each)
        key = f"deliverables/{number}.flac"
        digest = hashlib.sha256(key.encode()).hexdigest()
        entries.append(Entry(name=f"{number:02}.flac", path=key, size=Bytes(each), crc32=crc, sha256=digest))
    return Manifest(entries=tuple(entries), modified=datetime(2026, 1, 6, tzinfo=UTC))


def link(root: Path, manifest: Manifest) -> str:
    """Store the manifest and return the path of a ticket for its zip."""
    (root / "zip.json").write_bytes(manifest.pack())
    now = int(time.time())
    ticket = Ticket(
        purpose=Purpose.DOWNLOAD,
        kind=Kind.ZIP,
        path="zip.json",
        name="release.zip",
        media_type="application/zip",
        etag=manifest.etag,
        size=zips.layout(manifest).size,
        grant=0,
        holder="bench",
        starts=now - 1,
        expires=now + 3600,
        nonce=secrets.token_bytes(12),
    )
    return f"/t/{sign(ticket, KeyRing.parse(KEYS))}/release.zip"


@contextmanager
def door(root: Path, **extra: str):
    """Run the real server; yields its port and the process that answers. `extra` are settings of the environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "BANDSTAND_FILES_ROOT": str(root),
        "BANDSTAND_TICKET_KEYS": KEYS,
        "BANDSTAND_STORE_URL": "http://127.0.0.1:9",
        "BANDSTAND_FILES_HOSTS": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    command = [sys.executable, "-c", SERVE, str(port)]
    process = subprocess.Popen(command, env=os.environ | settings | extra, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                fetch(port, "/healthz")
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield port, worker_of(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def worker_of(parent: int) -> int:
    """The child of the server's first process."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = path.read_text().rpartition(")")[2].split()
        if int(fields[1]) == parent:
            return int(path.parent.name)
    raise ProcessLookupError(parent)


def memory(pid: int, field: str = "VmRSS") -> float:
    """Resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024 / MB


def opened(port: int, path: str, start: int = 0) -> socket.socket:
    """Ask for `path` and return the connection."""
    wire = socket.create_connection(("127.0.0.1", port), timeout=60)
    lines = f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Range: bytes={start}-", "Connection: close"
    wire.sendall("\r\n".join((*lines, "", "")).encode())
    return wire


def fetch(port: int, path: str, start: int = 0) -> tuple[float, float, int]:
    """Download all; return seconds to the first byte of the body, seconds in all, and bytes."""
    began = time.perf_counter()
    buffer, count, first = bytearray(1 << 20), 0, 0.0
    with opened(port, path, start) as wire:
        head = b""
        while b"\r\n\r\n" not in head or head.endswith(b"\r\n\r\n"):
            block = wire.recv(4096)
            if not block:
                break
            head += block
        first = time.perf_counter() - began
        count = len(head.partition(b"\r\n\r\n")[2])
        while got := wire.recv_into(buffer):
            count += got
    return first, time.perf_counter() - began, count


def build_first(root: Path, manifest: Manifest) -> tuple[float, int]:
    """The alternative: write the zip to a temporary file; return the seconds before its first byte can be sent."""
    began = time.perf_counter()
    with tempfile.TemporaryFile(dir=root) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as built:
            for entry in manifest.entries:
                built.write(root / entry.path, entry.name)
        size = file.tell()
    return time.perf_counter() - began, size


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    size = int(parser.parse_args().gigabytes * 1e9)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        manifest = store(root, size)
        path = link(root, manifest)
        total = zips.layout(manifest).size
        other = replace(manifest, comment="not seen before")  # its layout is in no cache
        unseen = link(root, other)
        (root / "zip.json").write_bytes(manifest.pack())
        with door(root) as (port, pid):
            fetch(port, path, total - 1000)  # the process has imported and kept what it needs
            before = memory(pid)
            first, cold_disk, count = fetch(port, path)
            assert count == total, (count, total)
            _, whole, _ = fetch(port, path)
            grown = memory(pid, "VmHWM") - before
            resumes = [fetch(port, path, at)[0] for at in range(total - 60 * MB, total, 10 * MB)]
            slow = [opened(port, path) for _ in range(SLOW)]
            for wire in slow:
                wire.recv(1000)
            time.sleep(1)
            _, beside, _ = fetch(port, path)
            held = memory(pid) - before
            for wire in slow:
                wire.close()
            (root / "zip.json").write_bytes(other.pack())
            cold, _, _ = fetch(port, unseen)
        built, built_size = build_first(root, manifest)
    rows = [
        ("zip", f"{total / 1e9:.2f} GB, {TRACKS} files"),
        ("first byte", f"{first * 1000:.1f} ms (goal: under 200)"),
        ("first byte, manifest not read before", f"{cold * 1000:.1f} ms"),
        ("first byte when resuming (median of 6)", f"{median(resumes) * 1000:.1f} ms"),
        ("whole download, files not read before", f"{cold_disk:.2f} s, {total / cold_disk / MB:.0f} MB/s"),
        ("whole download again", f"{whole:.2f} s, {total / whole / MB:.0f} MB/s"),
        (f"the same beside {SLOW} readers that stand still", f"{beside:.2f} s, {total / beside / MB:.0f} MB/s"),
        ("memory grown by one download (peak)", f"{grown:.1f} MB (goal: under 20)"),
        (f"memory grown with {SLOW} slow readers", f"{held:.1f} MB"),
        ("zipfile to a temporary file first: first byte", f"{built * 1000:.0f} ms, {built_size / 1e9:.2f} GB of disk"),
        ("first byte sooner by", f"{built / first:.0f} times"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    main()
