"""All that intake wants to know about a sound, in one decode; runs in the child only (`probe` is the way in)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame

from bandstand.media import _decoder, demuxers
from bandstand.media._meter import LoudnessMeter
from bandstand.media._shape import Shape
from bandstand.media._true_peak import TruePeak
from bandstand.media.sniff import Container

Request = Mapping[str, object]


class _Listener:
    """Hands every frame to the meters: loudness as it comes, the rest in blocks of about a second."""

    def __init__(self) -> None:
        self.meter = LoudnessMeter()
        self.shape: Shape | None = None
        self.peak: TruePeak | None = None
        self._waiting: list[_decoder.Samples] = []
        self._count = 0

    def feed(self, frame: AudioFrame) -> None:
        self.meter.feed(frame)
        samples = _decoder.as_floats(frame)
        if self.shape is None:
            self.shape = Shape(frame.sample_rate, samples.shape[0])
            self.peak = TruePeak(frame.sample_rate, samples.shape[0])
        self._waiting.append(samples)
        self._count += samples.shape[1]
        if self._count >= self.shape.block:
            self._work(last=False)

    def finish(self) -> tuple[Shape, float]:
        self.meter.finish()
        self._work(last=True)
        assert self.shape is not None  # a file without a frame was refused by the decoder
        assert self.peak is not None
        return self.shape, self.peak.finish()

    def _work(self, *, last: bool) -> None:
        assert self.shape is not None
        assert self.peak is not None
        waiting = _finite(np.concatenate(self._waiting, axis=1))
        block = self.shape.block
        whole = waiting.shape[1] // block * block
        for at in range(0, whole, block):
            self._take(waiting[:, at : at + block])
        rest = waiting[:, whole:]
        if last and rest.shape[1]:
            self._take(rest)
        self._waiting, self._count = [rest], rest.shape[1]

    def _take(self, samples: _decoder.Samples) -> None:
        assert self.shape is not None
        assert self.peak is not None
        self.shape.feed(samples)
        self.peak.feed(samples)


def _finite(samples: _decoder.Samples) -> _decoder.Samples:
    """Return samples row by row in memory; what is no number (floats may hold it) is silence or full scale."""
    rows = np.ascontiguousarray(samples)
    return rows if np.isfinite(rows).all() else np.nan_to_num(rows, posinf=1.0, neginf=-1.0)


def probe(request: Request) -> dict[str, object]:
    """Decode all of `path` and return its facts."""
    path, container = _source(request)
    return _facts(container, _decoder.decode(path, container, lambda _frame: None))


def examine(request: Request) -> dict[str, object]:
    """Decode all of `path` once and return all its measurements."""
    path, container = _source(request)
    listener = _Listener()
    facts = _facts(container, _decoder.decode(path, container, listener.feed))
    shape, true_peak = listener.finish()
    lead, trail = shape.silence
    return {
        "facts": facts,
        "loudness": _loudness(listener.meter, true_peak),
        "clipped_runs": shape.clipped_runs,
        "lead_silence_ms": lead,
        "trail_silence_ms": trail,
        "dc_offset": round(shape.offset, 6),
        "digital_silence": shape.peak == 0.0,
        "peaks": b64encode(shape.peaks()).decode(),
        "preview_start_ms": shape.preview_start(listener.meter.momentary),
    }


def level(request: Request) -> dict[str, object]:
    """Decode all of `path` and return its loudness only."""
    path, container = _source(request)
    listener = _Listener()
    _decoder.decode(path, container, listener.feed)
    _, true_peak = listener.finish()
    return _loudness(listener.meter, true_peak)


def _source(request: Request) -> tuple[Path, Container]:
    return Path(str(request["path"])), Container(str(request["container"]))


def _loudness(meter: LoudnessMeter, true_peak: float) -> dict[str, object]:
    return {"integrated": round(meter.integrated, 2), "range": round(meter.range, 2), "true_peak": round(true_peak, 2)}


def _facts(container: Container, found: _decoder.Decoded) -> dict[str, object]:
    lossless = found.codec in demuxers.LOSSLESS
    return {
        "container": container,
        "codec": found.codec,
        "rate": found.rate,
        "channels": found.channels,
        "bits": found.declared.bits if lossless else None,
        "duration_ms": round(found.frames * 1000 / found.rate),
        "frames": found.frames,
        "lossless": lossless,
        "bit_rate": found.bit_rate,
        "md5": found.declared.md5,
    }
