"""What a file says about its sound, without decoding it; in the child process only (`_inspect` is the way in)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bandstand.kernel.errors import FormatError
from bandstand.licences.openmg import Keys
from bandstand.media import demuxers
from bandstand.media.codecs.atrac3 import CODEC, FRAME
from bandstand.media.containers import FORMATS, Codec, Facts
from bandstand.media.convert._foreign import opened
from bandstand.media.convert._kinds import OURS, Kind
from bandstand.media.declared import DamagedMediaError, declared
from bandstand.media.sniff import Container


def describe(request: Mapping[str, object]) -> dict[str, object]:
    """Return the facts of `path` as JSON can carry them."""
    path, kind = Path(str(request["path"])), Kind(str(request["kind"]))
    return _ours(path, kind) if kind in OURS else _theirs(path, kind)


def _ours(path: Path, kind: Kind) -> dict[str, object]:
    try:
        with path.open("rb") as stream:
            facts = FORMATS.get(kind).open(stream, Keys()).facts
    except FormatError as error:
        raise damaged(path, error) from error
    if facts.rate is None and not facts.locked:
        with opened(path, kind) as (_, sound):
            rate, channels = sound.codec_context.sample_rate, sound.codec_context.channels
    else:
        rate, channels = facts.rate or 0, facts.channels or 0
    return {
        "codec": facts.codec,
        "mode": _mode(facts),
        "rate": rate,
        "channels": channels,
        "bits": None,
        "duration_ms": facts.duration_ms,
        "samples": facts.trim.samples if facts.trim else None,
        "frames": facts.frames,
        "frame_bytes": facts.frame_bytes,
        "bit_rate": facts.bit_rate,
        "protected": facts.protected,
        "locked": facts.locked,
        "cut": facts.cut,
    }


def _theirs(path: Path, kind: Kind) -> dict[str, object]:
    with opened(path, kind) as (source, stream):
        context = stream.codec_context
        plain = context.codec.canonical_name in demuxers.CODECS  # other chunks count in blocks
        told = declared(path, Container(kind)) if kind is not Kind.AEA and plain else None
        length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
        seconds = float(length) if length is not None else (source.duration or 0) / 1_000_000
        samples = told.frames if told is not None else None
        if samples is not None:
            seconds = samples / context.sample_rate
        return {
            "codec": context.codec.canonical_name,
            "mode": "",
            "rate": context.sample_rate,
            "channels": context.channels,
            "bits": told.bits if told is not None else None,
            "duration_ms": round(seconds * 1000) or None,
            "samples": samples,
            "frames": None,
            "frame_bytes": None,
            "bit_rate": stream.bit_rate or source.bit_rate or None,
            "protected": False,
            "locked": "",
            "cut": False,
        }


def damaged(path: Path, error: FormatError) -> DamagedMediaError:
    """Return a format error as one about a file."""
    return DamagedMediaError(path=path, what=f"the {error.what} is wrong", place=f"at byte {error.at}")


def _mode(facts: Facts) -> str:
    if facts.codec is not Codec.ATRAC3 or facts.frame_samples != FRAME:
        return ""
    wanted = (facts.frame_bytes, facts.joint, facts.channels, facts.rate)
    return next(
        (mode.slug for mode in CODEC.modes if (mode.frame_bytes, mode.joint, mode.channels, mode.rate) == wanted), ""
    )
