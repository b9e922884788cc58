"""How long intake measures ten minutes of sound, beside the bare loudness filter of ffmpeg on the same file.

Run: `python benchmarks/bench_examine.py [--rounds 5]`. Prints medians, the speed against real time, and the ratio.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bandstand.kernel.units import Seconds
from bandstand.media import child, encoders, probe

SECONDS = 600
SOUND = (  # a beat over a chord over noise, stereo: something for every measurement
    "aevalsrc='0.3*sin(2*PI*220*t)+0.2*sin(2*PI*331*t)+0.4*exp(-8*mod(t\\,0.5))*(random(0)-0.5)"
    "|0.3*sin(2*PI*277*t)+0.2*sin(2*PI*440*t)+0.4*exp(-8*mod(t\\,0.5))*(random(1)-0.5)':s=44100"
)


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg as our own work runs: in a child of the same low priority."""
    command = [str(encoders.ffmpeg()), "-nostdin", "-v", "error", "-threads", "1", *arguments]
    child.run(command, seconds=Seconds(600))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ten-minutes.flac"
        ffmpeg("-f", "lavfi", "-i", SOUND, "-t", str(SECONDS), "-sample_fmt", "s16", "-y", str(path))
        works: dict[str, Callable[[], object]] = {
            "examine (all measurements)": lambda: probe.examine(path),
            "probe (decode and checksum)": lambda: probe.probe(path),
            "ffmpeg ebur128": lambda: ffmpeg("-i", str(path), "-af", "ebur128", "-f", "null", "-"),
            "ffmpeg ebur128=peak=true": lambda: ffmpeg("-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"),
        }
        took: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(rounds):  # turn by turn, so that a busy machine slows all of them alike
            for name, work in works.items():
                took[name].append(timed(work))
    base = statistics.median(took["ffmpeg ebur128=peak=true"])
    for name, times in took.items():
        median = statistics.median(times)
        print(f"{name:30} {median:7.2f} s  {SECONDS / median:6.0f}x real time  {median / base:5.2f} of the last line")


if __name__ == "__main__":
    main()
