"""What taking in tracks costs beside bare ffmpeg making the same renditions: processor seconds of all processes.

Run: `python benchmarks/bench_intake.py [--tracks 1000] [--seconds 40] [--keep FOLDER]`. Both sides make, of every
track, the FLAC for sale (its recipe's own arguments) and the levelled preview; ours also proves every file, measures,
tags, hashes, stores, packs zips and writes its rows. Bare ffmpeg measures the excerpt, because a preview can't be
levelled otherwise, and takes the first 30 s, which it decodes soonest; ours finds the best 30 s. In the second figure
bare ffmpeg also measures the whole track, as the ReplayGain of a file for sale wants.
Quality control (curves, pictures, fingerprints) runs later, by jobs of low priority, and is shown by itself.

The tracks are a few pieces of the demo's music, each time with another pitch, start and level: real music, and no two
alike. Making them is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

PIECES = 6
IN_A_RELEASE = 10
BLOCK = 4096  # samples in a block of a master; unasked, this ffmpeg takes as many as the first cut left: 49, 125 ...
NICE = 5  # as our own children
ENVIRONMENT = {
    "BANDSTAND_SECRET_KEY": "only for a benchmark, only for a benchmark, 0123456789",
    "BANDSTAND_TICKET_KEYS": "bench:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY",
    "BANDSTAND_SECURE": "no",
    "BANDSTAND_LOG_LEVEL": "ERROR",
    "DJANGO_SETTINGS_MODULE": "bandstand.config.store",
}


@dataclass(frozen=True)
class Cost:
    """What a program used, with all that it started."""

    processor: float  # seconds
    clock: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--keep", type=Path, help="keep the tracks here for the next run")
    parser.add_argument("--part", choices=tuple(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        PARTS[given.part](given.work)
        return
    with tempfile.TemporaryDirectory(prefix="bandstand-bench-") as name:
        work = Path(name)
        tracks = given.keep or work / "in"
        make_tracks(tracks, given.tracks, given.seconds)
        wanted = sorted(tracks.rglob("*.flac"))[: given.tracks]
        (work / "tracks.json").write_text(json.dumps([str(path) for path in wanted]), encoding="utf-8")
        report({part: run(part, work) for part in PARTS}, len(wanted), given.seconds)


def report(costs: dict[str, Cost], tracks: int, seconds: float) -> None:
    bare, measured = costs["bare"], costs["bare"].processor + costs["loudness"].processor
    intake = costs["intake"].processor + costs["jobs"].processor
    print(f"{tracks} tracks of {seconds:g} s; processor seconds of whole process trees")
    for part, cost in costs.items():
        each = cost.processor / tracks * 1000
        print(f"{TITLES[part]:62} {cost.processor:9.1f} s {each:8.0f} ms a track {cost.clock:9.1f} s by the clock")
    print(f"intake against the same renditions by bare ffmpeg          {intake / bare.processor:6.2f} x")
    print(f"intake against renditions and loudness by bare ffmpeg      {intake / measured:6.2f} x")
    with_quality = intake + costs["quality"].processor
    print(f"intake and quality control against the latter              {with_quality / measured:6.2f} x")


def run(part: str, work: Path) -> Cost:
    """Run one part in a process of its own and wait for all that it started."""
    command = [sys.executable, __file__, "--part", part, "--work", str(work)]
    begin = time.perf_counter()
    environment = {**os.environ, **ENVIRONMENT, "BANDSTAND_DATA": str(work / "store")}
    process = subprocess.Popen(command, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{part} failed")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begin)


# The two sides, each in a process of its own ------------------------------------------------------------------------


def prepare(_work: Path) -> None:
    """Make an empty store: not counted on either side."""
    import django

    django.setup()
    from django.core.management import call_command

    from bandstand.store.deals.services import set_up_store

    call_command("migrate", verbosity=0)
    set_up_store(now=datetime.now(UTC))


def intake(work: Path) -> None:
    """Take in every release."""
    import django

    django.setup()
    from bandstand.store.ingest import services

    for folder in dict.fromkeys(path.parent for path in tracks_of(work)):
        outcome = services.take_in(folder, now=datetime.now(UTC))
        if outcome.state != "applied":
            sys.exit(f"{folder.name}: {outcome.reasons}")


def jobs(_work: Path) -> None:
    """Make previews, files for sale and zips, as a worker does; quality control is put off."""
    import django

    django.setup()
    from bandstand.webkit.jobs.models import Job

    later = datetime.now(UTC) + timedelta(days=1)
    Job.objects.filter(name__startswith="quality.").update(run_at=later)
    _work_off()


def quality(_work: Path) -> None:
    """Examine every master."""
    import django

    django.setup()
    from bandstand.webkit.jobs.models import Job

    Job.objects.filter(name__startswith="quality.").update(run_at=datetime.now(UTC))
    _work_off()


def _work_off() -> None:
    import threading

    from bandstand.webkit.jobs import doing
    from bandstand.webkit.jobs.models import Job

    doing.run(stop=threading.Event(), until_empty=True)
    parked = Job.objects.filter(state=Job.State.PARKED)
    if parked.exists():
        sys.exit(f"{parked.count()} jobs failed: {parked.first()}")


def bare(work: Path) -> None:
    """Make the same renditions by nothing but ffmpeg."""
    from bandstand.media import encoders
    from bandstand.media._excerpt import cut, levelled
    from bandstand.media.probe import Loudness
    from bandstand.media.recipes import RECIPES

    os.nice(NICE)
    flac, preview = RECIPES.get("flac"), RECIPES.get("preview")
    assert preview.excerpt is not None
    out = work / "bare"
    out.mkdir()
    program = str(encoders.ffmpeg())
    facts = _facts()
    for number, path in enumerate(tracks_of(work)):
        plain = ["-map", "0:a:0", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
        begin = [program, "-nostdin", "-hide_banner", "-threads", "1", "-i", str(path), *plain]
        _ffmpeg([*begin, *flac.arguments(facts), "-threads", "1", "-y", str(out / f"{number}.flac")])
        start, length = 0, min(preview.excerpt.length_ms, 30_000)
        filters = cut(preview.excerpt, start, length)
        log = _ffmpeg([*begin, "-af", f"{filters},ebur128=peak=true:framelog=quiet", "-ac", "2", "-f", "null", "-"])
        told = Loudness(integrated=_last(log, "I"), range=_last(log, "LRA"), true_peak=_last(log, "Peak"))  # type: ignore[arg-type]  # plain floats
        gain = levelled(preview.excerpt, told)
        level = f"{filters},{gain}" if gain else filters
        _ffmpeg([*begin, "-af", level, "-ac", "2", *preview.arguments(facts), "-y", str(out / f"{number}.mp3")])


def loudness(work: Path) -> None:
    """Measure every track by ffmpeg, as ReplayGain wants it."""
    from bandstand.media import encoders

    os.nice(NICE)
    for path in tracks_of(work):
        begin = [str(encoders.ffmpeg()), "-nostdin", "-hide_banner", "-threads", "1", "-i", str(path)]
        _ffmpeg([*begin, "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"])


def _ffmpeg(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def _last(log: str, name: str) -> float:
    return float(re.findall(rf"{name}:\s+(-?[0-9.]+|-inf)", log)[-1].replace("-inf", "-70"))


def _facts() -> object:
    from bandstand.kernel.units import Frames, Hz, Milliseconds
    from bandstand.media.probe import AudioFacts
    from bandstand.media.sniff import Container

    return AudioFacts(
        container=Container.FLAC, codec="flac", rate=Hz(44_100), channels=2, bits=16,
        duration_ms=Milliseconds(40_000), frames=Frames(1_764_000), lossless=True, bit_rate=0,
    )  # fmt: skip


def tracks_of(work: Path) -> list[Path]:
    return [Path(name) for name in json.loads((work / "tracks.json").read_text(encoding="utf-8"))]


PARTS = {
    "prepare": prepare,
    "bare": bare,
    "loudness": loudness,
    "intake": intake,
    "jobs": jobs,
    "quality": quality,
}
TITLES = {
    "prepare": "(an empty store)",
    "bare": "bare ffmpeg: FLAC and levelled preview",
    "loudness": "bare ffmpeg: loudness and true peak of the whole track",
    "intake": "intake: prove, measure, check, store, write",
    "jobs": "intake: FLAC for sale, tags, previews, zips",
    "quality": "later: quality control, pictures, fingerprints",
}


# The tracks ---------------------------------------------------------------------------------------------------------


def make_tracks(folder: Path, count: int, seconds: float) -> None:
    """Make `count` tracks in releases of ten; those that are there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = folder / ".pieces"
    with ProcessPoolExecutor() as pool:
        sources = list(pool.map(_piece, [pieces] * PIECES, range(PIECES)))
        done = pool.map(_variant, *zip(*_plan(folder, sources, count, seconds), strict=True))
        for _ in done:
            pass


def _plan(folder: Path, sources: list[Path], count: int, seconds: float) -> Iterator[tuple[Path, Path, int, float]]:
    for number in range(count):
        target = folder / f"release-{number // IN_A_RELEASE:04}" / f"{number % IN_A_RELEASE + 1:02} Track {number}.flac"
        yield sources[number % len(sources)], target, number, seconds


def _piece(folder: Path, number: int) -> Path:
    from bandstand.demo import catalogue, deliver
    from bandstand.demo.music.render import render

    path = folder / f"{number}.wav"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        release = catalogue.RELEASES[number]
        _, track = next(iter(release.numbered()))
        part = path.with_suffix(".part")
        deliver.write_wav(render(track.piece), part)
        part.replace(path)
    return path


def _variant(source: Path, target: Path, number: int, seconds: float) -> None:
    """Write another version of a piece: pitch, start and level differ."""
    from bandstand.media import encoders, tags
    from bandstand.media.tags import Tags

    if target.exists():
        return
    target.parent.mkdir(exist_ok=True)
    rate, start, level = 44_100 * (0.9 + 0.2 * (number * 0.618 % 1)), number * 0.37 % 8, -3 * (number * 0.414 % 1)
    chain = f"atrim=start={start:.3f}:duration={seconds},asetrate={rate:.0f},aresample=44100,volume={level:.2f}dB,apad"
    part = target.with_suffix(".part.flac")
    _ffmpeg([
        str(encoders.ffmpeg()), "-nostdin", "-hide_banner", "-i", str(source), "-af", chain, "-t", str(seconds),
        "-sample_fmt", "s16", "-frame_size", str(BLOCK), "-y", str(part),
    ])  # fmt: skip
    release = number // IN_A_RELEASE
    tags.write(
        part,
        Tags(title=f"Track {number}", artists=("Mara Linde",), album=f"Release {release}", label="Harbour Light",
             genre="Ambient", track=number % IN_A_RELEASE + 1, isrc=f"DEXX1{number:07}", date="2026-10-02"),
        picture=None,
    )  # fmt: skip
    shutil.move(part, target)


if __name__ == "__main__":
    main()
