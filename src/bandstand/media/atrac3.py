"""ATRAC3 made from a master by our own encoder, in a child process with limits."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

from bandstand.kernel.units import Seconds
from bandstand.media import child
from bandstand.media.codecs import Mode
from bandstand.media.codecs.atrac3 import RATE, Effort
from bandstand.media.declared import DamagedMediaError
from bandstand.media.probe import AudioFacts
from bandstand.media.sniff import UnsupportedMediaError

TOOL = "the ATRAC3 encoder"
EFFORTS = tuple(effort.value for effort in Effort)
BUILD = 1  # goes up when the encoder gives other bytes
SLOWEST = 0.25  # times as fast as real time: best effort, without compiled kernels, on an old machine
BASE_SECONDS = 180.0  # in which the kernels may be compiled for the first time
_WIDTH = 2


def identity() -> str:
    """Return the name of this build: the encoder, and what it computes with.

    Sums of floats differ in the last bit between processors and versions of numpy, and at times that turns a decision.
    So the same build gives the same bytes on the same machine, and equally good ones elsewhere.
    """
    parts = [f"{name} {found}" for name in ("numpy", "numba", "av") if (found := _version(name))]
    return f"bandstand-atrac3 {BUILD} {' '.join(parts)} {platform.machine()}"[:80]


def encode(
    mode: Mode, effort: str, source: Path, target: Path, *, facts: AudioFacts, tell: Callable[[float], None]
) -> int:
    """Write `target`, an untagged OMA file; return how many milliseconds of sound it has.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        The source is not what `facts` say.
    child.MediaToolError, child.MediaTimeoutError
        The encoder failed.
    """
    samples = (2 * facts.frames * RATE + facts.rate) // (2 * facts.rate)
    request = {
        "path": str(source.resolve()),
        "container": facts.container,
        "target": str(target.resolve()),
        "mode": mode.slug,
        "effort": effort,
        "samples": samples,
        "measured": not fits(facts),
    }
    made = child.call(
        "atrac3",
        request,
        seconds=Seconds(BASE_SECONDS + samples / RATE / SLOWEST),
        refusals=(DamagedMediaError, UnsupportedMediaError),
        on_line=lambda line: tell(float(line)),
    )
    return round(cast("int", made["samples"]) * 1000 / RATE)


def fits(facts: AudioFacts) -> bool:
    """Say whether a sound can't go beyond full scale: whole numbers that are neither resampled nor mixed."""
    whole = facts.lossless and not facts.codec.startswith("pcm_f")
    return whole and facts.rate == RATE and facts.channels <= _WIDTH


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
