"""Loudness by EBU R128 (ITU-R BS.1770 gating, EBU Tech 3342 range) of decoded frames; for the child process."""

from __future__ import annotations

import av
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext

SILENCE = -70.0  # LUFS: the absolute gate of BS.1770; below it nothing is counted
STEPS = 10  # momentary values in a second


class LoudnessMeter:
    """Takes frames, gives integrated loudness, range, and momentary and short-term loudness of every 100 ms."""

    def __init__(self) -> None:
        self.integrated, self.range = SILENCE, 0.0
        self.momentary: list[float] = []
        self.short_term: list[float] = []
        self._ends: tuple[FilterContext, FilterContext, Graph] | None = None

    def feed(self, frame: AudioFrame) -> None:
        """Take one more frame; it waits until `pull` has it measured."""
        self._ends = self._ends or _graph(frame)
        self._ends[0].push(frame)

    def finish(self) -> None:
        """Take what the filter still holds."""
        if self._ends is not None:
            self._ends[0].push(None)
            self.pull()

    def pull(self) -> None:
        """Measure what waits: once in a second is enough, for each call ends in an exception of the filter."""
        assert self._ends is not None
        while True:
            try:
                told = self._ends[1].pull().metadata
            except (BlockingIOError, av.EOFError):
                return
            if "lavfi.r128.M" in told:
                self.momentary.append(_level(told["lavfi.r128.M"]))
                self.short_term.append(_level(told["lavfi.r128.S"]))
                self.integrated = _level(told["lavfi.r128.I"])
                self.range = float(told["lavfi.r128.LRA"])


def _level(text: str) -> float:
    value = float(text)
    return max(SILENCE, value)  # "nan" and "-inf" stand for silence too, so the order matters


def _graph(frame: AudioFrame) -> tuple[FilterContext, FilterContext, Graph]:
    """Return where frames go in, where they come out, and the graph itself: its ends don't keep it alive."""
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
    )
    filters = [graph.add("ebur128", "metadata=1:peak=none:framelog=quiet"), graph.add("abuffersink")]
    source.link_to(filters[0])
    filters[0].link_to(filters[1])
    graph.configure()
    return source, filters[1], graph
