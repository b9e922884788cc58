"""Make a rendition from a master: whole or not at all, and always the same bytes from the same encoder build."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bandstand.kernel.errors import InputError, RefusedError
from bandstand.kernel.progress import Progress, silent
from bandstand.kernel.units import Bytes, Milliseconds, Seconds
from bandstand.media import atrac3, child, demuxers, encoders, probe
from bandstand.media._disk import sync
from bandstand.media._excerpt import HEADROOM, cut, fades, levelled, peak_after
from bandstand.media.digest import digest
from bandstand.media.probe import AudioFacts, Level
from bandstand.media.recipes import Excerpt, Recipe

SLACK_MS = 200  # by which coders with a delay of their own may miss the length
SLOWEST = 2.0  # times as fast as real time: slower than this an encoder hangs
BASE_SECONDS = 60.0
ATTEMPTS = 4  # tries to get an excerpt under its ceiling
UNFINISHED = ".making-"  # how the folders begin that hold unfinished work, beside the target


class RecipeDoesNotApplyError(RefusedError):
    """That recipe makes no sense for that master."""

    code = "media.recipe_does_not_apply"

    def __init__(self, recipe: Recipe, facts: AudioFacts) -> None:
        self.recipe, self.codec = recipe.slug, facts.codec
        super().__init__(
            f"{recipe.title} is not made from {facts.codec}.",
            hint="Deliver a lossless master, or choose another format.",
        )


class StartBeyondEndError(InputError):
    """An excerpt was asked to start where there is no sound."""

    code = "media.start_beyond_end"

    def __init__(self, start_ms: int, facts: AudioFacts) -> None:
        self.start_ms, self.duration_ms = start_ms, facts.duration_ms
        super().__init__(f"An excerpt can't start at {start_ms} ms.", hint=f"The track ends at {facts.duration_ms} ms.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A finished rendition."""

    size: Bytes
    sha256: str
    crc32: int
    encoder: str  # identity of the build
    duration_ms: Milliseconds


def make(
    recipe: Recipe,
    source: Path,
    target: Path,
    *,
    facts: AudioFacts,
    start_ms: int | None = None,
    level: Level | None = None,
    progress: Progress = silent,
    program: Path | None = None,
    effort: str = "balanced",
) -> Made:
    """Make `target` from the master `source`; progress counts percent, 100 in all.

    Parameters
    ----------
    facts
        What `probe` proved about the source.
    start_ms
        Where an excerpt starts; recipes without one take no notice of it.
    level
        How loud that excerpt is, when `examine` told it; else it is measured now, with the same result.
    program
        The ffmpeg to use instead of the configured one.
    effort
        One of `atrac3.EFFORTS`; only our own encoder takes notice of it.

    Raises
    ------
    RecipeDoesNotApplyError
        The recipe makes no sense for such a master.
    encoders.EncoderLacksError
        This ffmpeg has no encoder for it.
    StartBeyondEndError
        The excerpt would start before the track or after its end.
    child.MediaToolError, child.MediaTimeoutError
        The encoder failed; nothing stands at `target`, or what stood there before.
    """
    if not recipe.applies(facts):
        raise RecipeDoesNotApplyError(recipe, facts)
    target.parent.mkdir(parents=True, exist_ok=True)
    percent = _Percent(progress)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=target.parent) as folder:
        part = Path(folder) / f"part{recipe.suffix}"
        if recipe.mode is not None:
            duration = facts.duration_ms
            made_ms = atrac3.encode(recipe.mode, effort, source, part, facts=facts, tell=percent.within(0, 100))
        else:
            program = program or encoders.ffmpeg()
            duration, made_ms = _by_ffmpeg(program, recipe, source, part, facts, start_ms or 0, level, percent)
        _must_be_whole(recipe, made_ms, duration, program)
        sync(part)
        found = digest(part)
        part.replace(target)
    sync(target.parent)
    percent.finish()
    build = encoder(recipe, program)
    return Made(size=found.size, sha256=found.sha256, crc32=found.crc32, encoder=build, duration_ms=duration)


def encoder(recipe: Recipe, program: Path | None = None) -> str:
    """Return the identity of the build that makes a recipe here: of an ffmpeg (the configured one), or of ours."""
    return atrac3.identity() if recipe.mode is not None else encoders.build(program or encoders.ffmpeg())


def sweep(folder: Path, *, before: datetime) -> int:
    """Remove what makers that were killed left in `folder` before that time; return how many there were."""
    left = [path for path in folder.glob(f"{UNFINISHED}*") if path.stat().st_mtime < before.timestamp()]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)  # another sweeper may be at it
    return len(left)


def _by_ffmpeg(
    program: Path,
    recipe: Recipe,
    source: Path,
    part: Path,
    facts: AudioFacts,
    start_ms: int,
    level: Level | None,
    percent: _Percent,
) -> tuple[Milliseconds, int]:
    """Make it; return how many milliseconds it should have, and has."""
    if not encoders.has(recipe.needs, program):
        raise encoders.EncoderLacksError(recipe.needs, program)
    if recipe.excerpt is not None:
        duration = _excerpt_length(recipe.excerpt, facts, start_ms)
        return duration, _excerpt(program, recipe, source, part, facts, start_ms, level, percent)
    opened, duration = demuxers.arguments(facts.container, source), facts.duration_ms
    return duration, _encode(program, recipe, opened, (), part, facts, duration, percent.within(0, 100))


def _must_be_whole(recipe: Recipe, made_ms: int, duration: Milliseconds, program: Path | None) -> None:
    if abs(made_ms - duration) > SLACK_MS:
        tool = atrac3.TOOL if program is None or recipe.mode is not None else program.stem
        raise child.MediaToolError(tool=tool, status=0, last_line=f"made {made_ms} ms of {duration} ms")


def _excerpt_length(excerpt: Excerpt, facts: AudioFacts, start_ms: int) -> Milliseconds:
    if not 0 <= start_ms < facts.duration_ms:
        raise StartBeyondEndError(start_ms, facts)
    return Milliseconds(min(excerpt.length_ms, facts.duration_ms - start_ms))


def _excerpt(
    program: Path,
    recipe: Recipe,
    source: Path,
    part: Path,
    facts: AudioFacts,
    start_ms: int,
    level: Level | None,
    percent: _Percent,
) -> int:
    """Encode the excerpt, cut and levelled on the way; return how many milliseconds it has.

    Lossy coding raises peaks by an amount that only the result tells, so the result is measured, and made again with
    more margin when it is over the ceiling. Peaks that stay far below need no such look.
    """
    assert recipe.excerpt is not None
    length = _excerpt_length(recipe.excerpt, facts, start_ms)
    if level is None:
        fade_in, fade_out = fades(recipe.excerpt, length)
        level = probe.excerpt(source, start_ms=start_ms, length_ms=length, fade_in_ms=fade_in, fade_out_ms=fade_out)
    filters, opened = cut(recipe.excerpt, start_ms, length), demuxers.arguments(facts.container, source)
    margin, written = 0.0, 0
    for attempt in range(ATTEMPTS):
        gain = levelled(recipe.excerpt, level, margin=margin)
        shaped = ("-af", f"{filters},{gain}" if gain else filters, "-ac", "2")
        tell = percent.within(100 * attempt // ATTEMPTS, 100 * (attempt + 1) // ATTEMPTS)
        written = _encode(program, recipe, opened, shaped, part, facts, length, tell)
        if peak_after(level, gain) <= recipe.excerpt.ceiling - HEADROOM:
            break
        over = probe.true_peak(part) - recipe.excerpt.ceiling
        if over <= 0:
            break
        margin += over + 0.1
    return written


def _encode(
    program: Path,
    recipe: Recipe,
    opened: list[str],
    filters: tuple[str, ...],
    part: Path,
    facts: AudioFacts,
    duration: Milliseconds,
    tell: Callable[[float], None],
) -> int:
    arguments = [*opened, *filters, *recipe.arguments(facts), "-f", recipe.muxer]
    return _run(program, arguments, part, duration, tell)


def _run(program: Path, arguments: list[str], part: Path, duration: Milliseconds, tell: Callable[[float], None]) -> int:
    """Run the encoder; return how many milliseconds it wrote."""
    written_ms = 0

    def on_line(line: str) -> None:
        nonlocal written_ms
        name, _, value = line.partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit():
            written_ms = max(round(int(value) / 1000), 0)
            tell(min(written_ms / max(duration, 1), 1.0))

    whole = [
        str(program),
        "-nostdin",
        "-hide_banner",
        "-loglevel",
        "error",
        "-progress",
        "pipe:1",
        "-xerror",
        "-threads",
        "1",
    ]
    plain = [
        "-map",
        "0:a:0",
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
        "-fflags",
        "+bitexact",
        "-flags:a",
        "+bitexact",
    ]
    split = arguments.index("-i") + 2
    command = [*whole, *arguments[:split], *plain, "-threads", "1", *arguments[split:], "-y", demuxers.address(part)]
    child.run(command, seconds=Seconds(BASE_SECONDS + duration / 1000 / SLOWEST), cwd=part.parent, on_line=on_line)
    return written_ms


class _Percent:
    """Tells whole percents as they are reached, and never more than 100 in all."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._told = progress, 0

    def within(self, start: int, end: int) -> Callable[[float], None]:
        """Return a function that takes the share of one stage that is done."""
        return lambda share: self._reach(int(start + (end - start) * share))

    def finish(self) -> None:
        self._reach(100)

    def _reach(self, percent: int) -> None:
        if percent > self._told:
            step, self._told = percent - self._told, percent
            self._progress(step)
