"""Hundreds of files converted while the command is killed: no half file ever has a name, and what is there is kept.

`python -m tests.drills.convert --files 200 --kills 20 [--to lp2] [--seed N] [--work FOLDER]`

`bandstand convert` runs in a process of its own and is killed (kill -9) a random moment after a random number of files
is there, then started again. After each kill every file that has its name must be whole, and be the same file as before
the next run; after the last one all are there, and nothing else is left in the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bandstand.media import convert
from tests.sounds import make_picture, make_sound

ROOT = Path(__file__).resolve().parents[2]
WORK = ".bandstand-convert"
KINDS = ("wav", "flac", "mp3", "m4a")
TITLES = ("Übermorgen", "Вечерний паром", "夜の海", "עבּודה", "शाम की नाव")


def make_sources(folder: Path, count: int, *, seconds: float = 1.0) -> None:
    """Write tagged files with covers, in folders of ten, of all kinds."""
    picture = make_picture(width=64, height=64)
    for number in range(count):
        path = folder / f"album {number // 10}" / f"track {number:03}.{KINDS[number % len(KINDS)]}"
        title = f"{TITLES[number % len(TITLES)]} {number}"
        make_sound(path, seconds=seconds + number % 3 / 4, picture=picture, title=title, track=number % 10 + 1)


@dataclass
class Drill:
    """One experiment."""

    sources: Path
    out: Path
    wish: str
    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)  # what files there were, by their identity

    def start(self) -> subprocess.Popen[str]:
        """Start the command in a process of its own."""
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        command = [sys.executable, "-m", "bandstand.cli", "convert", str(self.sources), "--to", self.wish]
        return subprocess.Popen(
            [*command, "--out", str(self.out), "--quality", "fast", "--json"],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def named(self) -> list[Path]:
        """Return all files that have a name, outside of the folder for unfinished ones."""
        found = []
        for folder, inside, files in os.walk(self.out):  # one that vanishes meanwhile is no error here
            inside[:] = [name for name in inside if name != WORK]
            found += [Path(folder) / name for name in files]
        return sorted(found)

    def check(self) -> int:
        """Look at every file with a name; those seen before must be the same ones. Return how many there are."""
        found = self.named()
        gone = set(self.seen) - set(found)
        assert not gone, f"files are gone: {gone}"
        for path in found:
            state = path.stat()
            mark = (state.st_ino, state.st_mtime_ns)
            if path in self.seen:
                assert self.seen[path] == mark, f"{path} was written again"
                continue
            self.seen[path] = mark
            one = convert.inspect(path)
            assert not one.sound.cut, f"{path} is cut off"
            assert one.sound.duration_ms, f"{path} is empty"
            assert one.sound.duration_ms >= 990, f"{path} is too short"
            assert one.tags.title.endswith(str(int(path.stem[-3:]))), f"{path} has lost its title"
            assert one.tags.picture is not None, f"{path} has lost its cover"
        return len(found)

    def finish(self) -> list[dict[str, object]]:
        """Let a run come to its end; return what it told."""
        before = len(self.seen)
        process = self.start()
        told = [json.loads(line) for line in process.communicate(timeout=3600)[0].splitlines()]
        assert process.returncode == 0
        assert sum(row["state"] == "kept" for row in told) == before
        assert not (self.out / WORK).exists()
        return told


def run(drill: Drill, *, files: int, kills: int, chance: random.Random, longest: float) -> dict[str, object]:
    """Kill as often as asked, then finish; return figures."""
    steps, killed = [], 0
    for mark in sorted(chance.randrange(max(files * 4 // 5, 1)) for _ in range(kills)):
        process = drill.start()
        while process.poll() is None and len(drill.named()) < mark:
            time.sleep(0.005)
        try:
            process.wait(chance.uniform(0.0, longest))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        assert process.stdout is not None
        process.stdout.close()
        time.sleep(0.1)  # children die with it
        steps.append(drill.check())
    told = drill.finish()
    assert drill.check() == files, "not all was made"
    return {"files": files, "kills": killed, "there after each": steps, "made at last": len(told) - steps[-1]}


def main() -> None:
    """Run the drill and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--longest", type=float, default=2.0, help="seconds from a mark to the kill")
    parser.add_argument("--to", default="lp2")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=told.work) as name:
        folder = Path(name)
        make_sources(folder / "Music", told.files)
        drill = Drill(folder / "Music", folder / "out", told.to)
        chance = random.Random(told.seed)
        print(json.dumps(run(drill, files=told.files, kills=told.kills, chance=chance, longest=told.longest)))


if __name__ == "__main__":
    main()
