"""All that intake wants to know about a sound, in one decode; runs in the child only (`probe` is the way in)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from bandstand.media import _decoder, demuxers
from bandstand.media._blocks import Counts, Gatherer, Samples, as_floats
from bandstand.media._course import Course, Cut
from bandstand.media._excerpt import fades
from bandstand.media._meter import LoudnessMeter
from bandstand.media._shape import Shape
from bandstand.media._true_peak import TruePeak
from bandstand.media.qc._runs import Depth
from bandstand.media.qc._spectrum import edge
from bandstand.media.recipes.preview import RECIPE as PREVIEW
from bandstand.media.sniff import Container
from bandstand.media.tags import _inside

STEREO = 2  # channels
Request = Mapping[str, object]


class _Peaks:
    """Hears the true peak of every block."""

    def __init__(self) -> None:
        self.peaks: list[float] = []
        self.block_ms = 0.0
        self._peak: TruePeak | None = None
        self._rate = 0

    def frame(self, frame: AudioFrame) -> None:
        self._rate = frame.sample_rate

    def block(self, samples: Samples, _counts: Counts) -> None:
        self._peak = self._peak or TruePeak(self._rate, samples.shape[0])
        self._peak.feed(samples)
        self.peaks.append(self._peak.take())
        self.block_ms = max(self.block_ms, samples.shape[1] * 1000 / self._rate)  # the last one may be shorter

    def finish(self) -> None:
        """Take what is still held: once, when all has been heard."""
        assert self._peak is not None  # a file without a frame was refused by the decoder
        self.peaks.append(self._peak.finish())


class _Levels(_Peaks):
    """Hears loudness too."""

    def __init__(self) -> None:
        super().__init__()
        self.meter = LoudnessMeter()

    def frame(self, frame: AudioFrame) -> None:
        super().frame(frame)
        self.meter.feed(frame)

    def block(self, samples: Samples, counts: Counts) -> None:
        self.meter.pull()
        super().block(samples, counts)

    def finish(self) -> None:
        super().finish()
        self.meter.finish()

    def loudness(self) -> dict[str, object]:
        """Return the figures of the whole, after `finish`."""
        return _rounded(integrated=self.meter.integrated, range=self.meter.range, true_peak=max(self.peaks))

    def excerpt(self, cut: Cut) -> dict[str, object]:
        """Return the figures of an excerpt, after `finish`."""
        course = Course(self.meter.momentary, self.peaks, self.block_ms)
        return _rounded(integrated=course.loudness(cut), true_peak=course.true_peak(cut))


class _Mixed(_Levels):
    """Hears the sound as a preview has it: mixed to stereo."""

    def __init__(self) -> None:
        super().__init__()
        self._mixer = AudioResampler(format="fltp", layout="stereo")
        self._gatherer: Gatherer | None = None

    def frame(self, frame: AudioFrame) -> None:
        for mixed in self._mixer.resample(frame):
            super().frame(mixed)
            self._gatherer = self._gatherer or Gatherer(mixed)
            self._hear(self._gatherer.feed(mixed))

    def block(self, _samples: Samples, _counts: Counts) -> None:
        """Leave out the sound before it is mixed."""

    def finish(self) -> None:
        assert self._gatherer is not None  # as above
        self._hear(self._gatherer.rest())
        super().finish()

    def _hear(self, counts: Counts) -> None:
        if counts.size:
            super().block(as_floats(counts), counts)


class _Everything(_Levels):
    """Hears the shape too, and what a preview will be when the sound is no stereo."""

    def __init__(self) -> None:
        super().__init__()
        self._shape: Shape | None = None
        self.depth = Depth()
        self.mixed: _Mixed | None = None

    def frame(self, frame: AudioFrame) -> None:
        super().frame(frame)
        if self.mixed is None and frame.layout.nb_channels != STEREO:
            self.mixed = _Mixed()
        if self.mixed is not None:
            self.mixed.frame(frame)

    def block(self, samples: Samples, counts: Counts) -> None:
        super().block(samples, counts)
        self.depth.feed(counts)
        self._shape = self._shape or Shape(self._rate, samples.shape[0])
        self._shape.feed(samples)

    def finish(self) -> None:
        super().finish()
        if self.mixed is not None:
            self.mixed.finish()

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
    listener.finish()
    shape = listener.shape
    lead, trail = shape.silence
    start = shape.preview_start(listener.meter.momentary)
    return {
        "facts": facts,
        "loudness": listener.loudness(),
        "clipped_runs": shape.clipped_runs,
        "lead_silence_ms": lead,
        "trail_silence_ms": trail,
        "dc_offset": round(shape.offset, 6),
        "digital_silence": shape.peak == 0.0,
        "peaks": b64encode(shape.peaks()).decode(),
        "preview_start_ms": start,
        "preview": (listener.mixed or listener).excerpt(_preview(start, shape)),
        "bandwidth": edge(shape.spectrum, shape.rate)[0],
        "effective_bits": listener.depth.bits if facts["lossless"] else None,
    }


def intake(request: Request) -> dict[str, object]:
    """Return all measurements of `path`, and its tags."""
    return {"examination": examine(request), "tags": _inside.read(request)}


def level(request: Request) -> dict[str, object]:
    """Decode all of `path` and return its loudness only."""
    path, container = _source(request)
    listener = _Levels()
    _decoder.decode(path, container, listener)
    listener.finish()
    return listener.loudness()


def excerpt(request: Request) -> dict[str, object]:
    """Decode all of `path` and return how loud an excerpt of it is, in the very figures that `examine` gives."""
    path, container = _source(request)
    listener = _Mixed()
    _decoder.decode(path, container, listener)
    listener.finish()
    return listener.excerpt(
        Cut(**{name: int(str(request[name])) for name in ("start", "length", "fade_in", "fade_out")})
    )


def peak(request: Request) -> dict[str, object]:
    """Decode all of `path` and return its true peak only."""
    path, container = _source(request)
    listener = _Peaks()
    _decoder.decode(path, container, listener)
    listener.finish()
    return _rounded(true_peak=max(listener.peaks))


def _preview(start_ms: int, shape: Shape) -> Cut:
    """Return the preview that starts there."""
    excerpt = PREVIEW.excerpt
    assert excerpt is not None
    length = min(excerpt.length_ms, round(shape.frames * 1000 / shape.rate) - start_ms)
    fade_in, fade_out = fades(excerpt, length)
    return Cut(start=start_ms, length=length, fade_in=fade_in, fade_out=fade_out)


def _rounded(**levels: float) -> dict[str, object]:
    return {name: round(level, 2) for name, level in levels.items()}


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
