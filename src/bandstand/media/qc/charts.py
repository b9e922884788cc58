"""Charts as plain shapes in a box, for a template to draw as SVG: no colours, no words for pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bandstand.kernel.units import clock_time
from bandstand.media.qc._model import Quality

WIDTH, HEIGHT = 640, 180
LOUDEST, QUIETEST = 3.0, -60.0  # of the loudness chart, dB
TOP, BOTTOM = 0.0, -130.0  # of the spectrum, dBFS
TIME_STEPS_MS = (5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000)


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: what it shows ("short-term") and its SVG path data."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in the box's units, and what it means."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn in a box of WIDTH by HEIGHT."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    marks: tuple[Tick, ...] = ()  # places that stand out, across

    width: int = WIDTH
    height: int = HEIGHT


def loudness(quality: Quality) -> Chart:
    """Return momentary and short-term loudness and true peak over time."""
    curves = quality.curves
    courses = (("true-peak", curves.true_peak), ("momentary", curves.momentary), ("short-term", curves.short_term))
    return Chart(
        lines=tuple(Line(kind, _path(course, QUIETEST, LOUDEST)) for kind, course in courses if course),
        across=tuple(times(quality.duration_ms)),
        up=_levels((0, -10, -20, -30, -40, -50), QUIETEST, LOUDEST),
    )


def spectrum(quality: Quality) -> Chart:
    """Return the spectrum over the whole; the place where it ends is marked when there is an edge before the end."""
    half = quality.rate / 2
    ends = 0 < quality.bandwidth < half * 0.98
    mark = (Tick(quality.bandwidth / half * WIDTH, f"{quality.bandwidth / 1000:.1f} kHz"),) if ends else ()
    return Chart(
        lines=(Line("spectrum", _path(quality.curves.spectrum, BOTTOM, TOP)),),
        across=tuple(frequencies(quality.rate, WIDTH)),
        up=_levels((0, -20, -40, -60, -80, -100, -120), BOTTOM, TOP),
        marks=mark,
    )


def correlation(quality: Quality) -> Chart | None:
    """Return how far both channels go together over time; none for one channel."""
    if not quality.curves.correlation:
        return None
    return Chart(
        lines=(Line("correlation", _path(quality.curves.correlation, -1.05, 1.05)),),
        across=tuple(times(quality.duration_ms)),
        up=tuple(Tick(_y(value, -1.05, 1.05), f"{value:+d}" if value else "0") for value in (1, 0, -1)),
    )


def spectrogram(quality: Quality) -> Chart:
    """Return the axes around the picture that `measure` wrote: time across, 0 Hz at the bottom."""
    up = [Tick(round(HEIGHT - tick.at, 1), tick.label) for tick in frequencies(quality.rate, HEIGHT)]
    return Chart(lines=(), across=tuple(times(quality.duration_ms)), up=tuple(up))


def times(duration_ms: int) -> Iterable[Tick]:
    """Yield round times across the box, at most nine."""
    step = next((step for step in TIME_STEPS_MS if duration_ms / step <= 8), TIME_STEPS_MS[-1])
    for at in range(0, duration_ms + 1, step):
        yield Tick(round(at / max(duration_ms, 1) * WIDTH, 1), clock_time(at))


def frequencies(rate: int, length: int) -> Iterable[Tick]:
    """Yield round frequencies along an axis of this length."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if rate / 2000 / step <= 8)
    for khz in range(0, rate // 2000 + 1, step):
        yield Tick(round(khz * 2000 / rate * length, 1), f"{khz}")


def _levels(values: Sequence[int], low: float, high: float) -> tuple[Tick, ...]:
    return tuple(Tick(_y(value, low, high), str(value).replace("-", "−")) for value in values)


def _path(course: Sequence[float], low: float, high: float) -> str:
    """Return the path of values that are spread evenly over the width."""
    step = WIDTH / max(len(course) - 1, 1)
    points = [f"{at * step:.1f} {_y(value, low, high)}" for at, value in enumerate(course)]
    return "M" + "L".join(points) if points else ""


def _y(value: float, low: float, high: float) -> float:
    return round((1 - (min(max(value, low), high) - low) / (high - low)) * HEIGHT, 1)
