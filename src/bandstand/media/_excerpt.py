"""The filters that cut an excerpt and level it."""

from __future__ import annotations

from bandstand.media.probe import Level
from bandstand.media.recipes import Excerpt

SILENCE = -70.0  # LUFS; such an excerpt has no level to set
MAX_LIMITING = 6.0  # dB that a limiter may take off peaks before the excerpt stays quieter instead
MAX_GAIN = 24.0
OVERSAMPLED = 4
HEADROOM = 2.5  # dB below the ceiling from which coding can't reach it: synthetic beats were raised by 1.4 at most


def cut(excerpt: Excerpt, start_ms: int, length_ms: int) -> str:
    """Return the filters that take `length_ms` from `start_ms` on, fade both ends and change the rate."""
    fade_in, fade_out = fades(excerpt, length_ms)
    return ",".join(
        (
            "aformat=sample_fmts=fltp",  # levels change before the last rounding, not after the first
            f"atrim=start={_seconds(start_ms)}:end={_seconds(start_ms + length_ms)}",
            "asetpts=PTS-STARTPTS",
            f"aresample={excerpt.rate}",
            f"afade=t=in:d={_seconds(fade_in)}",
            f"afade=t=out:st={_seconds(length_ms - fade_out)}:d={_seconds(fade_out)}",
        )
    )


def fades(excerpt: Excerpt, length_ms: int) -> tuple[int, int]:
    """Return how many milliseconds an excerpt fades at its beginning and at its end."""
    return min(excerpt.fade_in_ms, length_ms // 4), min(excerpt.fade_out_ms, length_ms // 4)


def levelled(excerpt: Excerpt, measured: Level, *, margin: float = 0.0) -> str:
    """Return the filters that bring a measured excerpt to its loudness and keep its ceiling; empty for silence.

    Peaks that would go over are limited, at four times the rate to see those between samples too. `margin` (dB)
    lowers the ceiling by what a lossy coder adds.
    """
    if measured.integrated <= SILENCE:
        return ""
    ceiling = excerpt.ceiling - margin
    room = ceiling - measured.true_peak
    gain = min(excerpt.loudness - measured.integrated, room + MAX_LIMITING, MAX_GAIN)
    volume = f"volume={gain:.2f}dB"
    if gain <= room:
        return volume
    limit = f"alimiter=limit={10 ** (ceiling / 20):.6f}:attack=5:release=80:level=false:latency=true"
    return f"{volume},aresample={excerpt.rate * OVERSAMPLED},{limit},aresample={excerpt.rate}"


def peak_after(measured: Level, filters: str) -> float:
    """Return the true peak that an excerpt has behind the filters of `levelled`, before it is coded."""
    if not filters:
        return measured.true_peak
    gain = float(filters.removeprefix("volume=").partition("dB")[0])
    return measured.true_peak + gain  # a limiter only lowers it; who needs one is near the ceiling anyway


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"
