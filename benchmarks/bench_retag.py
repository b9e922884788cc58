"""Retagging deliverables beside copying them: `tags.retag` (other tags, a cover, SHA-256, CRC-32) and `cp`.

Run it from the checkout: `python benchmarks/bench_retag.py [--count N] [--rounds N]`. It makes a song in every format,
multiplies them to `--count` files, and in each round, in turn, lets `cp` copy all of them, lets `cp` and `openssl` do
it (who publishes hashes needs both; `sha256sum` may be built without the processor's own instructions, and then takes
ten times as long), and retags all of them in one process, each into a fresh folder. Nobody waits for the disk but the
last way, which syncs every file, as a store does before it says that a file is there. Megabytes are those that were
written; processor seconds tell more than the clock on a machine that has other work. The last lines are what cannot be
left out: SHA-256 and CRC-32 of as many bytes in memory.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
import wave
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from bandstand.media import pipeline, probe, tags
from bandstand.media.recipes import RECIPES, Kind
from bandstand.media.tags import Tags

MB = 1_000_000
RATE = 44_100
SECONDS = 60
HASH = ["openssl", "dgst", "-sha256", "-r"] if shutil.which("openssl") else ["sha256sum"]


def sounds(folder: Path) -> list[Path]:
    """Encode a song of noise and tone in every format."""
    noise = np.random.default_rng(1).normal(0, 900, (RATE * SECONDS, 2))
    tone = 9000 * np.sin(2 * np.pi * 220 * np.arange(RATE * SECONDS) / RATE)[:, None]
    raw = folder / "raw.wav"
    write_wav(raw, (noise + tone).clip(-32768, 32767).astype("<i2"))
    facts, made = probe.probe(raw), []
    for recipe in RECIPES:
        if recipe.kind is Kind.DOWNLOAD:
            path = folder / f"{recipe.slug}{recipe.suffix}"
            pipeline.make(recipe, raw, path, facts=facts)
            made.append(path)
    return made


def write_wav(path: Path, samples: np.ndarray) -> None:
    """Write 16-bit stereo."""
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(2)
        sink.setsampwidth(2)
        sink.setframerate(RATE)
        sink.writeframes(samples.tobytes())


def cover() -> bytes:
    """Draw a cover of the usual weight."""
    stream = BytesIO()
    speckle = np.random.default_rng(7).integers(0, 255, (160, 160, 3), dtype=np.uint8)
    Image.fromarray(speckle).resize((1600, 1600)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def said(number: int) -> Tags:
    """Return what the file of that number says."""
    return Tags(
        title=f"Track {number}", artists=("Mara Linde",), album="Evening Ferry", album_artists=("Mara Linde",),
        track=number % 99 + 1, tracks=99, date="2026-10-02", genre="Ambient", isrc="QZB3T2600002", label="Harbour",
        credits=(("producer", "Jo Tamm"),), lyrics="Slack water\n" * 40, track_gain=-7.03, track_peak=0.988553,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Round:
    """What one way took."""

    written: int
    seconds: float
    processor: float  # seconds, of this process and the ones it ran


def timed(work: Callable[[Path], None], root: Path) -> Round:
    """Do it once into a fresh folder."""
    target = Path(tempfile.mkdtemp(dir=root))
    try:
        before, start = os.times(), time.perf_counter()
        work(target)
        seconds, after = time.perf_counter() - start, os.times()
        written = sum(path.stat().st_size for path in target.iterdir())
        return Round(written, seconds, sum(after[:4]) - sum(before[:4]))
    finally:
        shutil.rmtree(target)


def bare(work: Callable[[bytes], object]) -> float:
    """Return the processor seconds of a gigabyte, hashed a megabyte at a time."""
    block, before = os.urandom(MB), time.process_time()
    for _ in range(500):
        work(block)
    return (time.process_time() - before) * 2


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000, help="files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, help="where to work; a folder on the disk in question")
    wanted = parser.parse_args()
    picture = cover()
    with tempfile.TemporaryDirectory(prefix="bandstand-retag-", dir=wanted.dir) as name:
        root = Path(name)
        (root / "sounds").mkdir()
        (root / "all").mkdir()
        kinds = sounds(root / "sounds")
        files = []
        for number in range(wanted.count):
            source = kinds[number % len(kinds)]
            path = root / "all" / f"{number:05}{source.suffix}"
            os.link(source, path)  # the page cache holds each song once, for both sides alike
            files.append(path)
        size = sum(path.stat().st_size for path in files)

        def copy(target: Path) -> None:
            subprocess.run(["cp", "--reflink=never", "-t", str(target), *map(str, files)], check=True)

        def copy_and_hash(target: Path) -> None:
            copy(target)
            made = [str(path) for path in target.iterdir()]
            subprocess.run([*HASH, *made], check=True, stdout=subprocess.DEVNULL)

        def retag(target: Path, *, wait: bool = False) -> None:
            for number, path in enumerate(files):
                made = target / path.name
                tags.retag(path, made, said(number), picture=picture)
                if wait:
                    with made.open("rb+") as stream:
                        os.fsync(stream.fileno())

        ways: dict[str, Callable[[Path], None]] = {
            "cp": copy,
            f"cp, {HASH[0]}": copy_and_hash,
            "retag, SHA-256, CRC-32": retag,
            "the same, and fsync": lambda target: retag(target, wait=True),
        }
        found: dict[str, list[Round]] = {way: [] for way in ways}
        for _ in range(wanted.rounds):
            for way, work in ways.items():
                found[way].append(timed(work, root))
    print(f"{len(files)} files in {len(kinds)} formats, {size / MB:,.0f} MB before, one process")
    show(found)


def show(found: dict[str, list[Round]]) -> None:
    """Print the table, and what its work takes at least."""
    plain = median(one.written / one.seconds for one in found["cp"])
    for way, rounds in found.items():
        rate = median(one.written / one.seconds for one in rounds)
        processor = median(one.processor / one.written * 1000 * MB for one in rounds)
        print(f"{way:24} {rate / MB:6.0f} MB/s  {rate / plain:5.2f} of cp  {processor:6.2f} processor s/GB")
    for name, work in (("SHA-256 alone", hashlib.sha256), ("CRC-32 alone", zlib.crc32)):
        print(f"{name:24} {'':25} {bare(work):6.2f} processor s/GB")


if __name__ == "__main__":
    main()
