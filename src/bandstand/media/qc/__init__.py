"""Quality control of a master: measured in a child process, judged here, drawn from plain numbers.

`measure` gives the figures and writes the spectrogram; `judge` says what is wrong, and where; `charts` draws.
"""

from __future__ import annotations

from pathlib import Path

from bandstand.kernel.units import Seconds
from bandstand.media import child
from bandstand.media.probe import MEMORY, DamagedMediaError
from bandstand.media.qc._judge import FULL_BAND, Finding, Severity, judge, looks_upsampled
from bandstand.media.qc._model import Curves, Quality, Run
from bandstand.media.sniff import UnsupportedMediaError, sniff

__all__ = [
    "FULL_BAND",
    "VERSION",
    "Curves",
    "Finding",
    "Quality",
    "Run",
    "Severity",
    "judge",
    "looks_upsampled",
    "measure",
]

VERSION = 1  # goes up when the figures or the pictures would change: what was kept is then made again


def measure(path: Path, *, picture: Path) -> Quality:
    """Measure a file in one child process and one decode, and write its spectrogram (PNG) to `picture`.

    Raises
    ------
    UnsupportedMediaError, DamagedMediaError
        As `probe`.
    child.MediaToolError, child.MediaTimeoutError
        The decoder failed or went over its limits.
    """
    container = sniff(path)
    seconds = Seconds(120 + path.stat().st_size / 500_000)
    request = {"path": str(path.resolve()), "container": container, "picture": str(picture.resolve())}
    refusals = (DamagedMediaError, UnsupportedMediaError)
    return Quality.from_json(child.call("quality", request, seconds=seconds, memory=MEMORY, refusals=refusals))
