"""OMA and AT3 files for tests, made of frames that were checked elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import numpy as np

from bandstand.kernel.units import Bytes, Frames, Hz
from bandstand.licences.openmg import Seal
from bandstand.media.codecs import Mode
from bandstand.media.codecs.atrac3 import encoder as atrac3
from bandstand.media.containers import FORMATS, Codec, Facts, Trim, oma
from bandstand.media.tags import Picture, Tags
from tests.unit.media.atrac3 import music

ROOT = bytes(range(1, 17))
NODE = bytes(range(101, 117))
SILENT = bytes.fromhex("a00008") + bytes(189)  # one channel's half of an LP2 frame
LOUD = (  # gain points and four coded bands
    bytes.fromhex("a34ca3a000135028000a0000002c92492658b6032c5b01962d80cb16c0658b6032c5b01962d80cb16c") + bytes(151)
)
LP2, JOINT = 384, 192
TAGGED = Tags(
    title="Wet Street 雨",
    artists=("Åse Øst",),
    album="Night; Harbour",
    track=3,
    tracks=12,
    date="2024-05-17",
    picture=Picture(b"\xff\xd8\xff" + bytes(range(256)) * 8, "image/jpeg"),
)


def facts(frames: int = 9, *, cut_off: int = 0) -> Facts:
    """Return what is known of an LP2 sound whose last `cut_off` samples are padding."""
    return Facts(
        codec=Codec.ATRAC3,
        rate=Hz(44_100),
        channels=2,
        frame_bytes=Bytes(LP2),
        frame_samples=Frames(1024),
        frames=frames,
        trim=Trim(Frames(1162), Frames(frames * 1024 - 1162 - cut_off)),
    )


def frames(count: int = 9) -> Iterator[bytes]:
    """Yield LP2 frames that can be told apart: unused bytes at the end of each half are never read."""
    for number in range(count):
        half = (LOUD if number % 2 else SILENT)[:-2] + number.to_bytes(2, "big")
        yield half + half


def encoded(mode: Mode) -> tuple[Facts, Iterator[bytes]]:
    """Return facts and frames of a third of a second of chords, tones and attacks that our encoder wrote."""
    sound = np.concatenate([music.chords(0.2), music.claps(0.5)[0][-6000:]])
    stream = b"".join(atrac3.encoded([sound], mode=mode, effort=atrac3.Effort.BEST))
    said = replace(
        facts(len(stream) // mode.frame_bytes),
        frame_bytes=mode.frame_bytes,
        joint=mode.joint,
        trim=Trim(Frames(1162), Frames(len(sound))),
    )
    return said, iter([stream])


def made(slug: str, sound: Facts, payload: Iterator[bytes], tags: Tags = TAGGED) -> bytes:
    """Return a whole file."""
    sink = BytesIO()
    writer = FORMATS.get(slug).create(sink, sound, tags)
    for block in payload:
        writer.write(block)
    assert writer.close() == len(sink.getvalue())
    return sink.getvalue()


def sealed(seal: Seal, count: int = 9, *, sound: Facts | None = None, payload: bytes | None = None) -> bytes:
    """Return a protected OMA file."""
    sink = BytesIO()
    writer = oma.create(sink, sound or facts(count), TAGGED, seal=seal)
    writer.write(b"".join(frames(count)) if payload is None else payload)
    writer.close()
    return sink.getvalue()
