"""A source opened by the media library, with everything named that it may use; in the child process only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from bandstand.media import _ea3mark, demuxers
from bandstand.media._decoder import MAX_CHANNELS, RATES
from bandstand.media.containers import LockedError
from bandstand.media.convert._kinds import CODECS, DEMUXERS, Kind, options
from bandstand.media.declared import DamagedMediaError
from bandstand.media.sniff import UnsupportedMediaError


@contextmanager
def opened(path: Path, kind: Kind) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a file and give its one sound.

    Raises
    ------
    LockedError
        It is an OMA file whose mark does not say that it stands in clear; the library would try keys of its own.
    DamagedMediaError, UnsupportedMediaError
        It can't be opened, or its sound is coded in a way that we don't read.
    """
    if kind is Kind.OMA:
        with path.open("rb") as stream:
            if _ea3mark.mark(stream) not in _ea3mark.OPEN:
                raise LockedError("it is protected")
    try:
        source = av.open(demuxers.address(path), format=DEMUXERS[kind], options=options(kind))
    except av.FFmpegError as error:
        raise DamagedMediaError(
            path=path, what=f"it can't be opened ({error.strerror})", place="at its start"
        ) from error
    with source:
        yield source, _sound(source, path, kind)


def _sound(source: InputContainer, path: Path, kind: Kind) -> AudioStream:
    if not source.streams.audio:
        raise UnsupportedMediaError(path=path, found="a file without sound that we can decode")
    stream = source.streams.audio[0]
    context = stream.codec_context
    if context.codec.canonical_name not in CODECS[kind]:
        raise UnsupportedMediaError(path=path, found="a file whose sound is coded in a way we don't read")
    if context.sample_rate not in RATES or not 1 <= context.channels <= MAX_CHANNELS:
        raise UnsupportedMediaError(
            path=path, found=f"sound with {context.channels} channels at {context.sample_rate} Hz"
        )
    return stream
