"""What the pages of a store cost: 2,000 releases, a shelf of 300 things, 16 connections, on SQLite and PostgreSQL.

Run it from the checkout: `python benchmarks/bench_pages.py [--requests N] [--runs N] [--only sqlite]`.

The store is filled with rows (`pages_store`) and served as `bandstand store web` serves it: two processes of four
threads. One process more asks for one page at a time over 16 connections that stay open, each as soon as it has its
answer; its own processor time is told, for it shares the machine. Queries are counted in a process of their own.

Beside it, on the same rows, served in the same way: `bare_pages`, which shows the same facts with Django's ORM and bare
templates, and has none of the store's rules, design and safety. Medians of several runs. At 16 connections a page waits
for the others: the time of one page alone is told as well, and the processor's time of a request says most on a machine
that has other work. That of PostgreSQL counts what it does for this store.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "src"), str(HERE)]

from tests.house import free_ports
from tests.integration.money.house import database
from tests.on_postgres import unreachable

from bandstand.demo import place, setup
from bandstand.demo.place import Place
from bandstand.demo.supervisor import Member, Supervisor, everybody

CONNECTIONS = 16
SERVE = "from bandstand.config.serving import serve_pages; serve_pages({!r}, host='127.0.0.1', port={}, workers=2)"


@dataclass
class Wire:
    """A connection that stays open, and the answer that it waits for."""

    link: socket.socket
    began: float = 0.0
    got: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        self.got.clear()
        self.began = time.perf_counter()
        self.link.sendall(request)

    def read(self) -> bool:
        """Read what is there; tell whether the answer is whole."""
        block = self.link.recv(1 << 18)
        if not block:
            raise SystemExit("the server closed a connection")
        self.got += block
        head, end, _ = bytes(self.got[:4096]).partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        return len(self.got) >= len(head) + 4 + int(lines[b"content-length"])


def load(port: int, path: str, cookie: str, *, count: int, connections: int) -> dict[str, object]:
    """Ask for a page so often; return the seconds of each answer, of all together, and of this processor's time."""
    lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{port}", *([f"Cookie: {cookie}"] if cookie else []), "", ""]
    request, taken, asked = "\r\n".join(lines).encode(), [], connections
    wires = [Wire(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        began, worked = time.perf_counter(), time.process_time()
        for wire in wires:
            selector.register(wire.link, selectors.EVENT_READ, wire)
            wire.ask(request)
        while len(taken) < count:
            for key, _ in selector.select(60):
                wire = key.data
                if not wire.read():
                    continue
                taken.append(time.perf_counter() - wire.began)
                if asked < count:
                    asked += 1
                    wire.ask(request)
    told = {"taken": taken, "seconds": time.perf_counter() - began, "worked": time.process_time() - worked}
    return told | {"bytes": len(wires[0].got)}


@dataclass(frozen=True, slots=True)
class Found:
    """What one page took in one run."""

    alone: float  # milliseconds of one page when nothing else is asked for
    p50: float
    p95: float
    rate: float
    server: float  # milliseconds of processor time of one request
    loader: float  # the part of one processor that asking took
    size: int


def measure(port: int, path: str, cookie: str, *, count: int, worked: Callable[[], float]) -> Found:
    """Ask for one page over one connection, then over all of them."""
    asked = [str(port), path, cookie]
    run_load(*asked, str(CONNECTIONS * 3), str(CONNECTIONS))  # every thread has its connection and its templates
    single = run_load(*asked, str(max(20, count // 10)), "1")
    before = worked()
    told = run_load(*asked, str(count), str(CONNECTIONS))
    spent = worked() - before
    return Found(
        alone=median(single["taken"]) * 1000,
        p50=median(told["taken"]) * 1000,
        p95=quantiles(told["taken"], n=20)[-1] * 1000,
        rate=count / told["seconds"],
        server=spent * 1000 / count,
        loader=told["worked"] / told["seconds"],
        size=told["bytes"],
    )


def run_load(*words: str) -> dict:
    """Run `load` in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "load", *words], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def processor(pids: list[int]) -> float:
    """Seconds of processor time that processes have used."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def children(parent: int) -> list[int]:
    """A process and those that it started."""
    found = [parent]
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def of_postgres(url: str) -> list[int]:
    """The processes that answer for one database, where the server is on this machine."""
    if not url.startswith("postgres"):
        return []
    import psycopg

    with psycopg.connect(url) as link:
        rows = link.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()").fetchall()
    return [pid for (pid,) in rows]


@contextlib.contextmanager
def serving(here: Place, member: Member, url: str) -> Iterator[Callable[[], float]]:
    """Run one server; yields what tells the processor time that it and its database have used."""
    house = Supervisor(here, [member])
    try:
        house.start()
        assert member.process is not None
        pages = children(member.process.pid)
        yield lambda: processor(pages + of_postgres(url))
    finally:
        house.stop()


def compare(kind: str, *, requests: int, runs: int) -> None:
    """Print the figures of one database."""
    with tempfile.TemporaryDirectory(prefix="bandstand-pages-") as name, database(kind, Path(name)) as url:
        extra = {"BANDSTAND_DATABASE_URL": url, "BANDSTAND_LOG_LEVEL": "WARNING"}
        here = replace(place.open_place(Path(name) / "store", port=free_ports(), fresh=False), extra=extra)
        setup.prepare(here)
        told = in_store(here, "fill")
        queries = json.loads(in_store(here, "count", said=told))
        facts = json.loads(told)
        cookie = "; ".join(f"{name}={value}" for name, value in facts["cookies"].items())
        pages = next(member for member in everybody(here) if member.name == "pages")
        code = SERVE.format("bare_pages:application", here.port)
        bare = Member("bare", [sys.executable, "-c", code], f"{here.store_url}/")
        found: dict[str, dict[str, list[Found]]] = {title: {"store": [], "bare": []} for title in facts["pages"]}
        for _ in range(runs):
            for who, member in (("store", pages), ("bare", bare)):
                with serving(here, member, url) as worked:
                    for title, (path, signed_in) in facts["pages"].items():
                        kept = cookie if signed_in else ""
                        found[title][who].append(measure(here.port, path, kept, count=requests, worked=worked))
    show(kind, found, queries)


def in_store(here: Place, word: str, said: str = "") -> str:
    """Run a command of `pages_store` in the store's environment."""
    command = [sys.executable, str(HERE / "pages_store.py"), word]
    done = subprocess.run(command, env=here.environment(), input=said, text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout


def show(kind: str, found: dict[str, dict[str, list[Found]]], queries: dict[str, int]) -> None:
    """Print the table of one database."""
    print(f"\n{kind}: milliseconds; {CONNECTIONS} connections, medians of the runs")
    print(f"{'':27}{'queries':>8}{'alone':>8}{'p50':>8}{'p95':>8}{'pages/s':>9}{'processor':>11}{'asking':>8}{'kB':>6}")
    for title, both in found.items():
        for who, said in (("store", title), ("bare", "  bare page")):
            runs = both[who]
            asked = f"{queries[title]:8}" if who == "store" else " " * 8
            times = "".join(
                f"{median(getattr(run, name) for run in runs):{width}.1f}"
                for name, width in (("alone", 8), ("p50", 8), ("p95", 8), ("rate", 9), ("server", 11))
            )
            loader = f"{median(run.loader for run in runs):8.0%}"
            print(f"{said:27}{asked}{times}{loader}{runs[0].size / 1000:6.0f}", flush=True)


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["load"]:
        port, path, cookie, count, connections = sys.argv[2:]
        print(json.dumps(load(int(port), path, cookie, count=int(count), connections=int(connections))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=600, help="of each page and run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    said = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:3])
    print(f"{os.cpu_count()} cores, {said.requests} requests of each page, {said.runs} runs")
    for kind in [said.only] if said.only else ["sqlite", "postgres"]:
        if kind == "postgres" and (reason := unreachable()):
            print(f"postgres: {reason}")
        else:
            compare(kind, requests=said.requests, runs=said.runs)


if __name__ == "__main__":
    main()
