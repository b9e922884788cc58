"""Waveforms as SVG paths."""

from __future__ import annotations

MAX_BUCKETS = 2000


def outline(peaks: bytes, buckets: int) -> str:
    """Return path data of bars in a box `buckets` wide and 100 high, mirrored at 50.

    Parameters
    ----------
    peaks
        One byte for each slice of time, 0 silent to 255 full scale.
    buckets
        How many bars to draw; the loudest slice of each bar's time counts. Fewer peaks give fewer bars.
    """
    if not peaks:
        return ""
    buckets = max(1, min(buckets, MAX_BUCKETS))
    bars = []
    for i in range(buckets):
        first = i * len(peaks) // buckets
        last = max(first + 1, (i + 1) * len(peaks) // buckets)
        height = max(1, round(max(peaks[first:last]) * 48 / 255))
        bars.append(f"M{i}.5 {50 - height}V{50 + height}")
    return "".join(bars)
