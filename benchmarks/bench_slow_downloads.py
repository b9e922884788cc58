"""Do 16 slow downloads slow the shop? Page times with and without them.

Ours: pages and files are two processes. Beside it, named alternative: the same downloads answered by the page process
itself (a WSGI application under granian with the same four threads, as Django's FileResponse would).
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from tests import house

READERS = 16
ROUNDS = 60
PATIENCE = 5.0
BLOB = 64 * 2**20


def main() -> None:
    """Print medians and ratios."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    with tempfile.TemporaryDirectory() as name, house.running(Path(name), slugs={"first-light"}) as here:
        public = here.folder / "files" / "public"
        (public / "blob.bin").write_bytes(os.urandom(BLOB))
        row("front page, files through the door", f"{here.store_url}/", here.port + 1, "/public/blob.bin")
    with page_process() as port:
        row("small page, files from the page process", f"http://127.0.0.1:{port}/", port, "/blob")


def row(title: str, page: str, port: int, path: str) -> None:
    """Measure one arrangement."""
    get(page)
    alone = [get(page) for _ in range(ROUNDS)]
    with slow_readers(port, path):
        beside = [get(page) for _ in range(ROUNDS if get(page) < PATIENCE else 2)]
    first, second = statistics.median(alone) * 1000, statistics.median(beside) * 1000
    late = sum(seconds >= PATIENCE for seconds in beside)
    print(
        f"{title:42} alone {first:7.1f} ms   beside {READERS} slow downloads {second:8.1f} ms"
        f"   ratio {second / first:7.2f}   no answer in {PATIENCE:.0f} s: {late} of {len(beside)}"
    )


def get(url: str) -> float:
    """Return the seconds a page took; the patience when it did not come."""
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            answer.read()
    except TimeoutError:
        return PATIENCE
    return time.perf_counter() - began


@contextlib.contextmanager
def slow_readers(port: int, path: str) -> Iterator[None]:
    """Hold 16 downloads that read 1 kB a second."""
    stop = threading.Event()
    threads = [threading.Thread(target=read_slowly, args=(port, path, stop.wait)) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def read_slowly(port: int, path: str, wait: Callable[[float], bool]) -> None:
    """Read 100 bytes ten times a second until told to stop."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        while not wait(0.1):
            link.recv(100)


def application(environ: dict[str, str], start_response: Callable[..., object]) -> Iterator[bytes]:
    """A page and a download in one process."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/blob":
        block = bytes(2**16)
        yield from (block for _ in range(BLOB // len(block)))
    else:
        yield b"a page"


@contextlib.contextmanager
def page_process() -> Iterator[int]:
    """Run `application` as the shop's pages are run."""
    port = house.free_ports(1)
    target = "bench_slow_downloads:application"
    serve = f"serve_pages({target!r}, host='127.0.0.1', port={port}, workers=2)"
    code = f"from bandstand.config.serving import serve_pages; {serve}"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, stdout=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
