"""OMA (EA3): a tag, a header of 96 bytes, and frames to the end of the file (docs/formats/oma.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import BinaryIO

from bandstand.kernel.errors import FormatError
from bandstand.kernel.units import Frames, Milliseconds
from bandstand.licences.openmg import Encrypter, Keys, Seal
from bandstand.media import _ea3mark
from bandstand.media.containers import _ea3, _omaheader
from bandstand.media.containers._content import KEY_PARTS, Content, opened
from bandstand.media.containers._ea3 import Ea3Tag, Frame
from bandstand.media.containers._format import Format, LockedError
from bandstand.media.containers._omaheader import OmaHeader
from bandstand.media.containers._sound import Codec, Facts, Trim, trimmed
from bandstand.media.tags import Tags

TRIM = "BANDSTAND-TRIM"  # two numbers: samples that a decoder drops, samples that it keeps
_LPCM_SAMPLE = 4
_MPEG_HEADER = 4
_WHOLE_FRAMES = (Codec.ATRAC3, Codec.ATRAC3PLUS)
_TRIM = re.compile(r"(\d{1,7}) (\d{1,12})", re.ASCII)
_NO_KEYS = Keys()


class OmaReader:
    """An open OMA file. Reading its tag and facts needs no key.

    Raises
    ------
    FormatError
        The tag or the header breaks the format.
    """

    def __init__(self, stream: BinaryIO, keys: Keys = _NO_KEYS) -> None:
        end = stream.seek(0, 2)
        at = _ea3.start(stream)
        self.tag = _ea3.read(stream, end=end)
        stream.seek(at)
        self.header = OmaHeader.read(stream.read(_omaheader.SIZE), at=at)
        key, locked = opened(self.header, self.tag, keys)
        self._content = Content(stream, at + _omaheader.SIZE, end, self.header.packet, key, self.header.iv)
        self._told = replace(self._begun(at), locked=locked, protected=not self.header.is_open)

    @cached_property
    def facts(self) -> Facts:
        """What the header says, checked against the length of the file."""
        told, length = self._told, self._content.length
        named = self.tag.named()
        trim, held, frames = _trim(named.get(TRIM, "")), None, None
        if told.codec in _WHOLE_FRAMES and told.frame_bytes and told.frame_samples:
            frames = length // told.frame_bytes
            held = frames * told.frame_samples
            told = replace(told, cut=length % told.frame_bytes != 0)
        elif told.codec is Codec.LPCM:
            held, frames = length // _LPCM_SAMPLE, -(-length // _omaheader.PACKET)
            told = replace(told, cut=length % _LPCM_SAMPLE != 0)
        elif told.codec is Codec.MP3:
            frames = self.header.mpeg_frames or None
        trim = trimmed(trim, held) if held is not None else trim
        samples = trim.samples if trim else held
        if samples is not None and told.rate:
            duration: int | None = round(samples * 1000 / told.rate)
        else:
            duration = self.header.duration_ms or _number(next(iter(self.tag.texts(b"TLEN")), ""))
        return replace(
            told, frames=frames, trim=trim, duration_ms=Milliseconds(duration) if duration is not None else None
        )

    @property
    def tags(self) -> Tags:
        """What the tag says about the music."""
        from bandstand.media.tags import oma  # the scheme is loaded when it is asked for

        return oma.tags(self.tag)

    def blocks(self, start: int = 0, *, frames: int = 256) -> Iterator[bytes]:
        """Yield whole frames in clear (as `Reader` says)."""
        content, told = self._unlocked(), self._told
        if start < 0 or frames < 1:
            raise ValueError(f"there is no frame {start}, or nothing to give at a time")
        if told.frame_bytes is None:
            if start:
                raise ValueError("frames of differing lengths have no place to start from")
            return content.all()
        whole = content.length
        if told.codec in _WHOLE_FRAMES:
            whole -= whole % told.frame_bytes
        return content.pieces(start * told.frame_bytes, whole, size=frames * told.frame_bytes)

    def payload(self) -> Iterator[bytes]:
        """Yield all of the sound in clear (as `Reader` says)."""
        return self._unlocked().all()

    def _begun(self, at: int) -> Facts:
        """Return what the header says, and what only the first frame does when it may be read."""
        told = self.header.facts(at=at)
        readable = self.header.is_open or self._content.key
        if told.codec not in (Codec.MP3, Codec.AAC) or told.rate or not readable:
            return told
        first = next(self._content.pieces(0, self._content.length, size=_omaheader.PACKET), b"")
        rate, channels = _omaheader.beginning(told.codec, first) or (None, None)
        return replace(told, rate=rate, channels=channels)

    def _unlocked(self) -> Content:
        if self._told.locked:
            raise LockedError(self._told.locked)
        return self._content


class OmaWriter:
    """Writes an OMA file front to back; it is whole when `close` returns.

    Parameters
    ----------
    head
        Makes tag and header from the first four bytes of the sound.
    frame
        Length of every frame, 0 where they differ.
    """

    def __init__(
        self, sink: BinaryIO, head: Callable[[bytes], bytes], *, frame: int = 0, cipher: Encrypter | None
    ) -> None:
        self._sink, self._head, self._frame, self._cipher = sink, head, frame, cipher
        self._first, self._begun, self._sound, self._written = b"", False, 0, 0

    @classmethod
    def of(cls, sink: BinaryIO, header: OmaHeader, tag: Ea3Tag) -> OmaWriter:
        """Write a file in clear with exactly this tag and header: so is carried what we can't make ourselves."""
        if not header.is_open:
            raise ValueError("the header says that the sound is protected")
        return cls(sink, lambda _first: tag.pack() + header.pack(), cipher=None)

    def write(self, block: bytes) -> None:
        """Add frames, in pieces of any size."""
        self._sound += len(block)
        if not self._begun:
            block, self._first = self._first + block, b""
            if len(block) < _MPEG_HEADER:
                self._first = block
                return
            self._begin(block[:_MPEG_HEADER])
        self._put(self._cipher.update(block) if self._cipher else block)

    def close(self) -> int:
        """Write what is left and return the length of the whole file.

        Raises
        ------
        FormatError
            The last frame is not whole.
        """
        if not self._begun:
            self._begin(self._first)
            self._put(self._cipher.update(self._first) if self._cipher else self._first)
        if self._cipher:
            self._put(self._cipher.finish())
        if self._frame and self._sound % self._frame:
            left = self._sound % self._frame
            raise FormatError("last frame", at=self._written - left, found=left, allowed=f"{self._frame} bytes")
        return self._written

    def _begin(self, first: bytes) -> None:
        self._begun = True
        self._put(self._head(first))

    def _put(self, data: bytes) -> None:
        self._sink.write(data)
        self._written += len(data)


def create(sink: BinaryIO, facts: Facts, tags: Tags, *, seal: Seal | None = None) -> OmaWriter:
    """Begin a new file of ATRAC3, MP3, AAC or LPCM, protected when there is a seal.

    Raises
    ------
    FormatError
        An OMA file can't say what the facts say.
    """
    from bandstand.media.tags import oma  # the scheme is loaded when it is asked for

    tag = oma.tag(tags, sound_frames(facts, seal=seal))

    def head(first: bytes) -> bytes:
        header = _omaheader.of(facts, first=first)
        if seal is not None:
            header = replace(header, protection=_omaheader.SEALED, iv=seal.iv)
        return tag.pack() + header.pack()

    if facts.codec is not Codec.MP3:
        head(b"")  # what can't be said is refused before anything is written
    frame = facts.frame_bytes or 0 if facts.codec in _WHOLE_FRAMES else 0
    cipher = Encrypter(seal.key, seal.iv, packet=frame or _omaheader.PACKET) if seal else None
    return OmaWriter(sink, head, frame=frame, cipher=cipher)


def sound_frames(facts: Facts, *, seal: Seal | None = None) -> list[Frame]:
    """Return the frames of a tag that are about the sound, not the music: length, trim, key part."""
    trim, frames = facts.trim, []
    length = facts.duration_ms
    if trim is not None and facts.rate:
        length = Milliseconds(round(trim.samples * 1000 / facts.rate))
    if length is not None:
        frames.append(_ea3.text(b"TLEN", str(length)))
    if trim is not None:
        frames.append(_ea3.named(TRIM, f"{trim.delay} {trim.samples}"))
    if seal is not None:
        frames.append(_ea3.geob(KEY_PARTS[0], seal.lsi.pack()))
    return frames


def is_of_the_sound(frame: Frame) -> bool:
    """Say whether a frame is one that `sound_frames` makes; it goes along when the music is tagged anew."""
    if frame.name == b"TXXX":
        return frame.texts[:1] == [TRIM]
    return frame.name == b"TLEN" or (frame.name == b"GEOB" and frame.described[0] in KEY_PARTS)


def _trim(text: str) -> Trim | None:
    found = _TRIM.fullmatch(text)
    return Trim(Frames(int(found[1])), Frames(int(found[2]))) if found else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


FORMAT = Format(
    slug="oma",
    title="OMA (OpenMG audio)",
    suffixes=(".oma", ".omg", ".aa3"),
    media_type="audio/x-oma",
    recognises=_ea3mark.starts,
    open=OmaReader,
    create=create,
)
