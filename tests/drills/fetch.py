"""Hundreds of purchases fetched while the command is killed and the line is cut: in the end all is as the store has it.

`python -m tests.drills.fetch --purchases 300 --gigabytes 12 --cuts 20 [--seed N] [--work FOLDER]`

A real store on loopback (pages and file door), an account that owns that much, and `bandstand fetch` in a process of
its own. At random moments it is killed (kill -9), or the file door is (which cuts every connection), in turn; then it
is started again. After the last cut it may finish, and every file is compared with the manifest. Then the same shelf
comes as one tar and one zip, each cut at as many random bytes and resumed by new links, and must have the hash of the
same bundle computed from the store's own files.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.drills import shelf_house
from tests.drills.shelf_house import ROOT, House
from tests.house import free_ports

GB = 1_000_000_000
_BLOCK = 1 << 20


@dataclass
class Drill:
    """One experiment and its figures."""

    house: House
    home: Path
    cuts: int
    random: random.Random
    figures: dict[str, object] = field(default_factory=dict)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command in a process of its own."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("BANDSTAND_")}
        env |= {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "BANDSTAND_TOKEN": self.house.token}
        command = [sys.executable, "-m", "bandstand.cli", "fetch", self.house.place.store_url, "--to", str(self.folder)]
        return subprocess.Popen(
            [*command, "--json", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    @property
    def folder(self) -> Path:
        return self.home / "Music"

    def come(self) -> int:
        """How many bytes have come, whole files and parts."""
        found = 0
        for path in self.folder.rglob("*") if self.folder.exists() else ():
            with contextlib.suppress(FileNotFoundError):  # a part that became a file meanwhile
                found += path.stat().st_size if path.is_file() else 0
        return found

    def fetch(self, size: int) -> None:
        """Fetch everything, with the cuts spread over the bytes."""
        began, kills, breaks = time.monotonic(), 0, 0
        marks = sorted(self.random.uniform(0.01, 0.97) * size for _ in range(self.cuts))
        process = self.start()
        for number, mark in enumerate(marks):
            while process.poll() is None and self.come() < mark:
                time.sleep(0.01)
            if number % 2:
                self._break_the_line()
                breaks += 1
                continue
            process.kill()
            process.communicate()
            kills += 1
            process = self.start()
        said, _ = process.communicate()
        if process.returncode:  # the line was cut more often than one run puts up with
            process = self.start()
            said, _ = process.communicate()
        outcome = json.loads(said)
        assert outcome["complete"], outcome
        self.figures |= {"kills": kills, "lines_cut": breaks, "fetch_seconds": round(time.monotonic() - began, 1)}
        self.figures |= {"files": outcome["files"], "bytes": outcome["size"]}

    def compare(self) -> None:
        """Read every file again, with eyes that are not the command's."""
        wanted = {}
        after = 0
        while True:
            page = json.loads(self._store(f"/wire/v1/takeout?format=flac&limit=100&after={after}"))
            wanted |= {
                f"{title['folder']}/{file['name']}": (file["size"], file["sha256"])
                for title in page["titles"]
                for file in title["files"]
            }
            after = page["next"]
            if not after:
                break
        found = {
            path.relative_to(self.folder).as_posix(): (path.stat().st_size, digest(path))
            for path in self.folder.rglob("*")
            if path.is_file() and path.parent != self.folder
        }
        assert found == wanted, f"{len(found.items() ^ wanted.items())} files differ"
        again = self.start()
        outcome = json.loads(again.communicate()[0])
        assert (again.returncode, outcome["fetched"], outcome["received"]) == (0, 0, 0), outcome
        self.figures["equal_to_the_manifest"] = True

    def stream(self, kind: str) -> None:
        """Take all of it as one, cut at random bytes; compare its hash with that of the same bytes made here."""
        start = f"/wire/v1/takeout/stream?format=flac&kind={kind}"
        began = time.monotonic()
        wire, answer = self._door(self._led(start), 0, "")
        first = time.monotonic() - began
        size, etag = int(answer.headers["Content-Length"]), answer.headers["ETag"]
        wire.close()
        cuts = sorted(self.random.randrange(1, size) for _ in range(self.cuts))
        hasher, have = hashlib.sha256(), 0
        began = time.monotonic()
        for cut in [*cuts, size]:
            wire, answer = self._door(self._led(start), have, etag)
            assert answer.status == (206 if have else 200), answer.status
            while have < cut and (block := answer.read(min(_BLOCK, cut - have))):
                hasher.update(block)
                have += len(block)
            wire.close()
        seconds = time.monotonic() - began
        assert have == size
        true = self.house.run(_HASH.replace("KIND", repr(kind))).split()[-1]
        assert hasher.hexdigest() == true, f"the {kind} differs"
        self.figures[kind] = {
            "bytes": size,
            "cuts": len(cuts),
            "first_byte_ms": round(first * 1000),
            "mb_per_s": round(size / seconds / 1e6),
        }

    def memory(self) -> None:
        """Note how much memory the file door's processes took at most."""
        peaks = []
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                said = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            except OSError:
                continue
            pids = {int(status.parent.name), int(said["PPid"])}
            if self.house.member("files").process.pid in pids:
                peaks.append(int(said["VmHWM"].split()[0]) // 1024)
        self.figures["door_peak_mb"] = max(peaks, default=0)

    def _break_the_line(self) -> None:
        """Kill the file door with everything on its way, and start it again."""
        files = self.house.member("files")
        children = Path(f"/proc/{files.process.pid}/task/{files.process.pid}/children").read_text().split()
        for pid in [files.process.pid, *map(int, children)]:
            os.kill(pid, 9)
        files.process.wait()
        files.restarts = 0
        time.sleep(0.2)
        self.house.supervisor.keep_up()

    def _store(self, path: str) -> bytes:
        wire, answer = self._ask(path)
        body = answer.read()
        wire.close()
        assert answer.status == 200, (answer.status, body)
        return body

    def _led(self, path: str) -> str:
        while path.startswith(("/", self.house.place.store_url)):
            wire, answer = self._ask(path.removeprefix(self.house.place.store_url))
            answer.read()
            wire.close()
            assert answer.status == 302, answer.status
            path = answer.headers["Location"]
        return path

    def _ask(self, path: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        wire = http.client.HTTPConnection("localhost", self.house.place.port, timeout=60)
        wire.request("GET", path, headers={"Authorization": f"Bearer {self.house.token}"})
        return wire, wire.getresponse()

    def _door(self, address: str, start: int, etag: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        parts = urlsplit(address)
        wire = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        wire.request("GET", parts.path, headers={"Range": f"bytes={start}-", "If-Range": etag} if start else {})
        return wire, wire.getresponse()


_HASH = """
import hashlib
from bandstand.store.assets.queries import place
from bandstand.store.takeout.models import Takeout
from bandstand.webkit.files import tars, zips
from bandstand.webkit.files.manifests import Manifest
row = Takeout.objects.filter(kind=KIND).latest("pk")
plan = (tars if row.kind == "tar" else zips).layout(Manifest.read(place(row.path).read_bytes()))
found = hashlib.sha256()
for block in zips.read_range(plan, 0, plan.size, lambda entry: place(entry.path).open("rb")):
    found.update(block)
print(found.hexdigest())
"""


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def main() -> None:
    """Run the experiment and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--purchases", type=int, default=300)
    parser.add_argument("--gigabytes", type=float, default=12.0)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--work", type=Path, default=None, help="where the store and the copies stand for the while")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    size = int(options.gigabytes * GB)
    with tempfile.TemporaryDirectory(prefix="bandstand-fetch-", dir=options.work, ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        began = time.monotonic()
        with shelf_house.running(work / "store", purchases=options.purchases, size=size, port=free_ports()) as house:
            drill = Drill(house, work, options.cuts, random.Random(options.seed))
            drill.figures["filled_seconds"] = round(time.monotonic() - began, 1)
            drill.fetch(size)
            drill.compare()
            for kind in ("tar", "zip"):
                drill.stream(kind)
            drill.memory()
    print(json.dumps({"purchases": options.purchases, **drill.figures}, indent=1))


if __name__ == "__main__":
    main()
