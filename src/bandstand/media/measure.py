"""All that intake wants to know about a sound, in one decode; runs in the child only (`probe` is the way in)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from av.audio.frame import AudioFrame

from bandstand.media import _decoder, demuxers
from bandstand.media._blocks import Counts, Samples
from bandstand.media._meter import LoudnessMeter
from bandstand.media._shape import Shape
from bandstand.media._true_peak import TruePeak
from bandstand.media.qc._runs import Depth
from bandstand.media.qc._spectrum import edge
from bandstand.media.sniff import Container

Request = Mapping[str, object]


class _Levels:
    """Hears loudness and true peak."""

    def __init__(self) -> None:
        self.meter = LoudnessMeter()
        self._peak: TruePeak | None = None
        self._rate = 0

    def frame(self, frame: AudioFrame) -> None:
        self._rate = frame.sample_rate
        self.meter.feed(frame)

    def block(self, samples: Samples, counts: Counts) -> None:
        self.meter.pull()
        self._peak = self._peak or TruePeak(self._rate, samples.shape[0])
        self._peak.feed(samples)

    def loudness(self) -> dict[str, object]:
        """Return the figures, once all has been heard."""
        assert self._peak is not None  # a file without a frame was refused by the decoder
        self.meter.finish()
        true_peak = self._peak.finish()
        levels = {"integrated": self.meter.integrated, "range": self.meter.range, "true_peak": true_peak}
        return {name: round(level, 2) for name, level in levels.items()}


class _Everything(_Levels):
    """Hears the shape too."""

    def __init__(self) -> None:
        super().__init__()
        self._shape: Shape | None = None
        self.depth = Depth()

    def block(self, samples: Samples, counts: Counts) -> None:
        super().block(samples, counts)
        self.depth.feed(counts)
        self._shape = self._shape or Shape(self._rate, samples.shape[0])
        self._shape.feed(samples)

    @property
    def shape(self) -> Shape:
        assert self._shape is not None
        return self._shape


def probe(request: Request) -> dict[str, object]:
    """Decode all of `path` and return its facts."""
    path, container = _source(request)
    return _facts(container, _decoder.decode(path, container))


def examine(request: Request) -> dict[str, object]:
    """Decode all of `path` once and return all its measurements."""
    path, container = _source(request)
    listener = _Everything()
    facts = _facts(container, _decoder.decode(path, container, listener))
    loudness, shape = listener.loudness(), listener.shape
    lead, trail = shape.silence
    return {
        "facts": facts,
        "loudness": loudness,
        "clipped_runs": shape.clipped_runs,
        "lead_silence_ms": lead,
        "trail_silence_ms": trail,
        "dc_offset": round(shape.offset, 6),
        "digital_silence": shape.peak == 0.0,
        "peaks": b64encode(shape.peaks()).decode(),
        "preview_start_ms": shape.preview_start(listener.meter.momentary),
        "bandwidth": edge(shape.spectrum, shape.rate)[0],
        "effective_bits": listener.depth.bits if facts["lossless"] else None,
    }


def level(request: Request) -> dict[str, object]:
    """Decode all of `path` and return its loudness only."""
    path, container = _source(request)
    listener = _Levels()
    _decoder.decode(path, container, listener)
    return listener.loudness()


def _source(request: Request) -> tuple[Path, Container]:
    return Path(str(request["path"])), Container(str(request["container"]))


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
