"""One source made into one file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bandstand.kernel.units import Seconds
from bandstand.media import child, pipeline, probe, tags
from bandstand.media.convert import _place
from bandstand.media.convert._inspect import REFUSALS, Sound, tags_of
from bandstand.media.convert._kinds import PLAIN, Kind
from bandstand.media.demuxers import CODECS
from bandstand.media.probe import AudioFacts
from bandstand.media.recipes import Recipe

UNPACKING = 0.2  # share of the time that decoding into a temporary file takes
_BASE_SECONDS = 120.0
_SLOWEST = 2.0  # times as fast as real time: a decoder that is slower hangs
_LONGEST_MS = 48 * 3_600_000
_UNKNOWN_MS = 3 * 3600 * 1000  # how long a sound may be that doesn't say it


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What is wished of all files of a run."""

    recipe: Recipe
    effort: str
    force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one file came to."""

    made: bool  # False: another was there before
    notes: tuple[str, ...]
    duration_ms: int


def make(
    source: Path, target: Path, kind: Kind, sound: Sound, how: How, *, work: Path, tell: Callable[[float], None]
) -> Done:
    """Make `target`, whole or not at all; `tell` hears the share that is done.

    Raises
    ------
    BandstandError
        What unpacking, `media.pipeline.make` or tagging raises.
    """
    said, fault = tags_of(source, kind)
    with tempfile.TemporaryDirectory(prefix="track-", dir=work) as name:
        folder = Path(name)
        made = folder / f"made{how.recipe.suffix}"
        if how.recipe.mode is not None and sound.mode == how.recipe.mode.slug:
            duration = sound.duration_ms or 0
            _child("carry", source, kind, sound, made, tell)
        else:
            duration = _encoded(source, made, kind, sound, how, tell)
        tagged = folder / f"tagged{how.recipe.suffix}"
        tags.retag(made, tagged, said, picture=said.picture.data if said.picture is not None else None)
        settled = _place.settle(tagged, target, force=how.force)
    return Done(made=settled, notes=(fault,) if fault else (), duration_ms=duration)


def _encoded(source: Path, made: Path, kind: Kind, sound: Sound, how: How, tell: Callable[[float], None]) -> int:
    """Make a sound by its recipe, unpacked first where that wants it; return its milliseconds."""
    facts, begun = _facts(source, kind, sound), 0.0
    if facts is None or (how.recipe.lossless and not facts.lossless):
        plain, begun = made.with_name("sound.wav"), UNPACKING
        _child("unpack", source, kind, sound, plain, lambda share: tell(share * UNPACKING))
        source, facts = plain, probe.probe(plain)
    percent = _Share(tell, begun)
    pipeline.make(how.recipe, source, made, facts=facts, progress=percent.take, effort=how.effort)
    return facts.duration_ms


def _facts(source: Path, kind: Kind, sound: Sound) -> AudioFacts | None:
    """Prove what a source is by decoding it; None: it must be unpacked first."""
    return probe.probe(source) if kind in PLAIN and sound.codec in CODECS else None


def _child(function: str, source: Path, kind: Kind, sound: Sound, target: Path, tell: Callable[[float], None]) -> None:
    length = min(sound.duration_ms or _UNKNOWN_MS, _LONGEST_MS)  # what a file says of itself may be anything
    request = {
        "path": str(source.resolve()),
        "kind": kind,
        "target": str(target.resolve()),
        "samples": sound.samples or length * (sound.rate or 44_100) // 1000,
        "plain": sound.codec in CODECS,
    }
    child.call(
        function,
        request,
        seconds=Seconds(_BASE_SECONDS + length / 1000 / _SLOWEST),
        refusals=REFUSALS,
        on_line=lambda line: tell(float(line)),
    )


class _Share:
    """Turns percents of the last part of the work into the share of all."""

    def __init__(self, tell: Callable[[float], None], begun: float) -> None:
        self._tell, self._begun, self._percent = tell, begun, 0

    def take(self, percent: int) -> None:
        """Take so many more percents."""
        self._percent += percent
        self._tell(self._begun + (1 - self._begun) * self._percent / 100)
