"""What a style of music is to the renderer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bandstand.demo.music.form import Bar, Piece
from bandstand.demo.music.stage import Stage

Bars = tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Who plays, and how the result is mastered."""

    play: Callable[[Piece, Bars], Stage]
    lowpass: float = 15_000.0
    low_shelf: float = 0.0
    high_shelf: float = 0.0
    drive: float = 1.1
    target: float = -15.0  # LUFS
    fade_in: float = 0.01
    fade_out: float = 3.5
