"""The stage: parts put notes on it, the mix comes off it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np

from bandstand.demo.music import space
from bandstand.demo.music.signal import SINE, Sound, frames, oscillate

CHUNK = 1 << 15


@dataclass(slots=True)
class Part:
    """One player's channel (2, n) with its sends."""

    sound: Sound
    gain: float
    pan: float  # -1 left, 1 right
    room: float
    echo: float
    duck: float  # how far the kick pushes it down
    used: bool = False

    def add(self, tone: Sound, at: float, gain: float = 1.0, pan: float = 0.0) -> None:
        """Add a tone that starts at a time in seconds."""
        start = frames(at)
        if start < 0:
            tone, start = tone[..., -start:], 0
        n = min(tone.shape[-1], self.sound.shape[1] - start)
        if n <= 0:
            return
        self.used = True
        place = min(1.0, max(-1.0, self.pan + pan))
        left, right = np.sqrt((1 - place) / 2), np.sqrt((1 + place) / 2)
        sides = (tone, tone) if tone.ndim == 1 else (tone[0], tone[1])
        for channel, (side, weight) in enumerate(zip(sides, (left, right), strict=True)):
            self.sound[channel, start : start + n] += side[:n] * np.float32(weight * gain * 1.414)


@dataclass(slots=True)
class Stage:
    """All parts of one track and the room they are in."""

    seconds: float
    hall: Sound
    delay: Sound | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    kicks: list[float] = field(default_factory=list)
    _tones: dict[Hashable, Sound] = field(default_factory=dict)

    def part(
        self, name: str, *, gain: float, pan: float = 0.0, room: float = 0.15, echo: float = 0.0, duck: float = 0.0
    ) -> Part:
        """Set up a part."""
        empty = np.zeros((2, frames(self.seconds)), dtype=np.float32)
        self.parts[name] = Part(empty, gain, pan, room, echo, duck)
        return self.parts[name]

    def tone(self, make: Callable[..., Sound], *facts: float, **more: float | str) -> Sound:
        """Return a tone, rendered at its first use; lengths are rounded to 1/20 s so that notes are shared."""
        rounded = tuple(round(fact * 20) / 20 for fact in facts)
        key = (make.__name__, rounded, tuple(sorted(more.items())))
        if key not in self._tones:
            pitch = (int(rounded[0]), *rounded[1:]) if rounded else ()
            self._tones[key] = make(*pitch, **more)
        return self._tones[key]

    def mix(self) -> Sound:
        """Return the mix (2, n): parts, room, echo. The stage is empty afterwards.

        Works in chunks that stay in the processor's cache.
        """
        self._tones.clear()
        n = frames(self.seconds)
        dry = np.zeros((2, n), dtype=np.float32)
        wet = np.zeros(n, dtype=np.float32)
        back = np.zeros(n, dtype=np.float32)
        pump = _pump(self.kicks, n) if self.kicks else None
        while self.parts:
            _, part = self.parts.popitem()
            for start in range(0, n if part.used else 0, CHUNK):
                here = slice(start, start + CHUNK)
                sound = part.sound[:, here] * np.float32(part.gain)
                if pump is not None and part.duck:
                    sound *= 1 - np.float32(part.duck) * pump[here]
                dry[:, here] += sound
                middle = sound[0] + sound[1]
                wet[here] += middle * np.float32(part.room * 0.5)
                if part.echo:
                    back[here] += middle * np.float32(part.echo * 0.5)
        send = space.halve(wet)
        if self.delay is not None:
            repeats = space.convolve(space.halve(back), self.delay)
            send += (repeats[0] + repeats[1]) * np.float32(0.15)
            far = space.convolve(send, self.hall) + repeats
        else:
            far = space.convolve(send, self.hall)
        dry += space.double(far, n)
        return dry


def _pump(kicks: list[float], n: int) -> Sound:
    """Return how far the kick pushes at each sample: 1 at the hit, back to 0 in a quarter second."""
    shape = np.zeros(n, dtype=np.float32)
    length = frames(0.26)
    dip = np.concatenate([np.linspace(0, 1, 220), (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, length)))]).astype(
        np.float32
    )
    for at in kicks:
        start = max(0, frames(at) - 220)
        room = min(dip.size, n - start)
        if room > 0:
            shape[start : start + room] = np.maximum(shape[start : start + room], dip[:room])
    return shape


def tremolo(sound: Sound, rate: float, depth: float) -> None:
    """Move (2, n) between the sides in place, as a stage piano does."""
    n = sound.shape[1]
    step = frames(20.0)
    for start in range(0, n, step):
        stop = min(n, start + step)
        swing = oscillate(SINE, rate, stop - start, start=(start / 44_100 * rate) % 1.0) * np.float32(depth)
        sound[0, start:stop] *= 1 - swing
        sound[1, start:stop] *= 1 + swing
