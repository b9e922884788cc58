"""Large downloads through the file door, beside nginx serving the same files on the same machine.

Run it from the checkout: `python benchmarks/bench_download.py [--megabytes 256] [--rounds 5]`. Both servers have one
worker process; the readers are processes of their own, ready before the clock starts. Rounds alternate, medians count.
The door checks a signed ticket for each request and asks nobody (tickets without a grant); nginx checks nothing. The
last rows are the same bytes as one zip that is never built, which nginx can't do; it sends a file of that length.
Goal: at least 0.8 of nginx.
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
FILES = 4
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
CONF = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_timeout 65; default_type audio/flac;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
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
def nginx(root: Path, folder: Path):
    """Run nginx on loopback; yields its port and the process that answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir()
    conf = folder / "nginx.conf"
    conf.write_text(CONF.format(folder=folder, port=port, root=root, user="user root;" if os.geteuid() == 0 else ""))
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


def compare(ours: tuple[int, int, list[str]], theirs: tuple[int, int, list[str]], *, size: int, rounds: int):
    """Alternate between both; return for each the median MB/s and the processor's milliseconds per GB."""
    speeds, work = {"door": [], "nginx": []}, {"door": [], "nginx": []}
    for number in range(rounds + 1):
        for name, (port, pid, paths) in (("door", ours), ("nginx", theirs)):
            before = processor(pid)
            speed = read_all(port, paths, size)
            if number:  # the first round fills the disk's cache
                speeds[name].append(speed)
                work[name].append((processor(pid) - before) * 1000 / (size * len(paths) / 1e9))
    return {name: (median(speeds[name]), median(work[name])) for name in speeds}


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
        with door(root) as (port, pid), nginx(root, root.parent / "nginx") as (other, server):
            print(f"{'':28}{'door':>12}{'nginx':>12}{'ratio':>8}   processor, ms/GB")
            for count in CONNECTIONS:
                chosen = [entries[number % FILES] for number in range(count)]
                found = compare(
                    (port, pid, [ticket(entry) for entry in chosen]),
                    (other, server, [f"/{entry.path}" for entry in chosen]),
                    size=size,
                    rounds=options.rounds,
                )
                show(f"files, {count} at once", found)
            path, length = link(root, zipped), FILES * size
            with (root / "whole").open("wb") as sink:
                for entry in entries:
                    sink.write((root / entry.path).read_bytes())
            for count in (1, 4):
                found = compare(
                    (port, pid, [path] * count), (other, server, ["/whole"] * count), size=length, rounds=options.rounds
                )
                show(f"one zip, {count} at once", found)


def show(name: str, found: dict[str, tuple[float, float]]) -> None:
    """Print a row."""
    (ours, our_work), (theirs, their_work) = found["door"], found["nginx"]
    print(
        f"{name:28}{ours:>7.0f} MB/s{theirs:>7.0f} MB/s{ours / theirs:>8.2f}   {our_work:.0f} and {their_work:.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
