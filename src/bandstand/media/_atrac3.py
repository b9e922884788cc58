"""Encoding ATRAC3; runs in the child process only (`atrac3` is the way in)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from bandstand.kernel.units import Bytes, Frames, Hz
from bandstand.media import _decoder
from bandstand.media._stereo import Floats, Peak, Stereo
from bandstand.media.codecs.atrac3 import CODEC, DELAY, FRAME, RATE
from bandstand.media.codecs.atrac3.encoder import Effort, Encoder
from bandstand.media.containers import Codec, Facts, Trim, Writer, oma
from bandstand.media.sniff import Container
from bandstand.media.tags import Tags

MEASURING = 0.1  # share of the time that the first pass takes


def encode(request: Mapping[str, object]) -> dict[str, object]:
    """Write the sound of `path` as ATRAC3 in an untagged OMA file; return how many samples that has.

    When `measured` says so the sound is decoded twice: its peak is known before the first frame is made, and a track
    that would go beyond full scale is made softer as a whole.
    """
    path, container = Path(str(request["path"])), Container(str(request["container"]))
    samples = int(str(request["samples"]))
    mode = next(mode for mode in CODEC.modes if mode.slug == request["mode"])
    gain, share = 1.0, 0.0
    if request["measured"]:
        peak, share = Peak(), MEASURING
        _hear(path, container, samples, _counting(peak.take, samples, 0.0, share))
        gain = peak.gain
    with Path(str(request["target"])).open("xb") as sink:
        facts = Facts(
            codec=Codec.ATRAC3,
            rate=Hz(RATE),
            channels=mode.channels,
            frame_bytes=Bytes(mode.frame_bytes),
            frame_samples=FRAME,
            joint=mode.joint,
            frames=-(-(samples + DELAY) // FRAME),
            trim=Trim(DELAY, Frames(samples)),
        )
        writer = oma.create(sink, facts, Tags())
        encoder = Encoder(mode, Effort(str(request["effort"])))
        _hear(path, container, samples, _counting(_writing(encoder, writer, gain), samples, share, 1.0))
        writer.write(encoder.finish())
        writer.close()
    return {"samples": samples}


def warm() -> None:
    """Load and compile what encoding needs, so that each fork has it."""
    for mode in CODEC.modes:
        encoder = Encoder(mode, Effort.BEST)
        encoder.encode(np.zeros((FRAME, mode.channels), np.float32))
        encoder.finish()


def _hear(path: Path, container: Container, samples: int, take: Callable[[Floats], None]) -> None:
    listener = Stereo(take, samples=samples)
    _decoder.decode(path, container, listener)
    listener.finish()


def _writing(encoder: Encoder, writer: Writer, gain: float) -> Callable[[Floats], None]:
    def take(block: Floats) -> None:
        writer.write(encoder.encode(block if gain == 1.0 else np.clip(block * np.float32(gain), -1.0, 1.0)))

    return take


def _counting(take: Callable[[Floats], None], samples: int, start: float, end: float) -> Callable[[Floats], None]:
    """Tell behind each block how much is done."""
    done = 0

    def counted(block: Floats) -> None:
        nonlocal done
        take(block)
        done += len(block)
        tell(start + (end - start) * done / max(samples, 1))

    return counted


def tell(share: float) -> None:
    """Write a line that says how much of the work is done."""
    sys.stdout.write(f"{share:.4f}\n")
    sys.stdout.flush()
