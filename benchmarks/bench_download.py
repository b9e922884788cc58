"""Large downloads through the file door, beside nginx serving the same files on the same machine.

Run it from the checkout: `python benchmarks/bench_download.py [--megabytes 256] [--rounds 5]`. Both servers have one
worker process; the readers are processes of their own, ready before the clock starts. Rounds alternate, medians count.
The door checks a signed ticket for each request and asks nobody (tickets without a grant); nginx checks nothing. In the
middle stands the arrangement of docs/running.md: nginx before the door, which checks the ticket and names the file, and
nginx sends it (`X-Accel-Redirect`). The last rows are the same bytes as one zip that is never built, which nginx can't
do; it sends a file of that length. Goal: at least 0.8 of nginx.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench_zip import KEYS, MB, door, link, worker_of

from bandstand.kernel.units import Bytes
from bandstand.licences.keyring import KeyRing
from bandstand.licences.tickets import Kind, Purpose, Ticket, sign
from bandstand.webkit.files.manifests import Entry, Manifest

CONNECTIONS = (1, 4, 16)
NAMES = ("door", "door, nginx sends", "nginx alone")
FILES = 4
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
CONF = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_timeout 65; default_type audio/flac;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{ {place} }}
    location /stored/ {{ internal; alias {root}/; }}
  }}
}}
"""
READER = """
import socket, sys
port, path = int(sys.argv[1]), sys.argv[2]
buffer = bytearray(1 << 20)
print("ready", flush=True)
sys.stdin.readline()
wire = socket.create_connection(("127.0.0.1", port), timeout=120)
wire.sendall(f"GET {path} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n".encode())
count = 0
while got := wire.recv_into(buffer):
    count += got
print(count, flush=True)
"""


@contextmanager
def nginx(root: Path, folder: Path, before: int = 0):
    """Run nginx on loopback, alone or before a door's port; yields its port and the process that answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir()
    conf = folder / "nginx.conf"
    place = f"proxy_pass http://127.0.0.1:{before}; proxy_buffering off;" if before else f"root {root};"
    user = "user root;" if os.geteuid() == 0 else ""
    conf.write_text(CONF.format(folder=folder, port=port, root=root, place=place, user=user))
    process = subprocess.Popen([NGINX, "-c", str(conf)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield port, worker_of(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def store(root: Path, size: int) -> list[Entry]:
    """Put files of noise into `root`."""
    entries = []
    for number in range(FILES):
        path = root / f"{number}.flac"
        with path.open("wb") as sink:
            for _ in range(size // MB):
                sink.write(os.urandom(MB))
        entries.append(Entry(name=path.name, path=path.name, size=Bytes(size), crc32=0, sha256=secrets.token_hex(32)))
    return entries


def ticket(entry: Entry) -> str:
    """Return the path of a ticket for one file."""
    now = int(time.time())
    made = Ticket(
        purpose=Purpose.DOWNLOAD,
        kind=Kind.FILE,
        path=entry.path,
        name=entry.name,
        media_type="audio/flac",
        etag=entry.sha256,
        size=entry.size,
        grant=0,
        holder="bench",
        starts=now - 1,
        expires=now + 36_000,
        nonce=secrets.token_bytes(12),
    )
    return f"/t/{sign(made, KeyRing.parse(KEYS))}/{entry.name}"


def read_all(port: int, paths: list[str], size: int) -> float:
    """Fetch each path by a reader of its own, all at once; return MB/s in all."""
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(port), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for path in paths
    ]
    for reader in readers:
        reader.stdout.readline()
    began = time.perf_counter()
    for reader in readers:
        reader.stdin.write("\n")
        reader.stdin.flush()
    counts = [int(reader.communicate()[0]) for reader in readers]
    seconds = time.perf_counter() - began
    assert all(count >= size for count in counts), counts
    return sum(counts) / seconds / MB


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


Way = tuple[int, tuple[int, ...], list[str]]  # a port, the processes that work, what is fetched there


def compare(ways: dict[str, Way], *, size: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Alternate between the ways; return for each the median MB/s and the processor's milliseconds per GB."""
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    work: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, (port, pids, paths) in ways.items():
            before = sum(processor(pid) for pid in pids)
            speed = read_all(port, paths, size)
            if number:  # the first round fills the disk's cache
                speeds[name].append(speed)
                spent = sum(processor(pid) for pid in pids) - before
                work[name].append(spent * 1000 / (size * len(paths) / 1e9))
    return {name: (median(speeds[name]), median(work[name])) for name in ways}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not os.access(NGINX, os.X_OK):
        print(f"nginx is not at {NGINX}: nothing to compare with")
        return
    size = options.megabytes * MB
    with tempfile.TemporaryDirectory(prefix="bandstand-bench-") as folder:
        root = Path(folder).resolve() / "files"
        root.mkdir()
        entries = store(root, size)
        zipped = Manifest(entries=tuple(entries), modified=datetime(2026, 1, 6, tzinfo=UTC))
        with (root / "whole").open("wb") as sink:
            for entry in entries:
                sink.write((root / entry.path).read_bytes())
        with servers(root) as ways:
            print(f"{'MB/s; processor, ms/GB':28}" + "".join(f"{name:>20}" for name in ways))
            for count in CONNECTIONS:
                chosen = [entries[number % FILES] for number in range(count)]
                tickets, plain = [ticket(entry) for entry in chosen], [f"/{entry.path}" for entry in chosen]
                wanted = {name: (*way, plain if name == NAMES[-1] else tickets) for name, way in ways.items()}
                show(f"files, {count} at once", compare(wanted, size=size, rounds=options.rounds))
            for count in (1, 4):
                paths = {NAMES[0]: [link(root, zipped)] * count, NAMES[-1]: ["/whole"] * count}
                wanted = {name: (*ways[name], chosen) for name, chosen in paths.items()}
                show(f"one zip, {count} at once", compare(wanted, size=FILES * size, rounds=options.rounds))


@contextmanager
def servers(root: Path):
    """Run all three; yields by name the port and the processes that work."""
    with (
        door(root) as (port, pid),
        door(root, BANDSTAND_FILES_NGINX="/stored/") as (inner, asked),
        nginx(root, root.parent / "before", inner) as (outer, sender),
        nginx(root, root.parent / "nginx") as (other, server),
    ):
        ways = (port, (pid,)), (outer, (sender, asked)), (other, (server,))
        yield dict(zip(NAMES, ways, strict=True))


def show(name: str, found: dict[str, tuple[float, float]]) -> None:
    """Print a row: speed, its part of nginx's, and the processor's time."""
    plain = found[NAMES[-1]][0]
    cells = [
        f"{found[way][0]:.0f} ({found[way][0] / plain:.2f}); {found[way][1]:.0f}" if way in found else ""
        for way in NAMES
    ]
    print(f"{name:28}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
