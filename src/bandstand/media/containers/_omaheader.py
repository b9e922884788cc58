"""The 96 bytes between an OMA file's tag and its frames (docs/formats/oma.md, sections 3 and 4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from bandstand.kernel.errors import FormatError, TruncatedError
from bandstand.kernel.units import Bytes, Frames, Hz
from bandstand.media import _ea3mark, _mpeg
from bandstand.media.containers._sound import Codec, Facts

SIZE = _ea3mark.HEADER
OPEN, SEALED = 0xFFFF, 0x0001
PACKET = 1024  # bytes that are decrypted at a time where frames have no fixed length
UNIT = 8  # lengths of frames are counted in these
_HEADER = struct.Struct(">3sBHH4s20sB3sII44s8s")
_CODECS = {
    0: Codec.ATRAC3,
    1: Codec.ATRAC3PLUS,
    2: Codec.AAC,
    3: Codec.MP3,
    4: Codec.LPCM,
    5: Codec.WMA,
    33: Codec.ATRAC3PLUS_LOSSLESS,
    34: Codec.ATRAC3_LOSSLESS,
}
_IDS = {codec: number for number, codec in _CODECS.items()}
RATES = (Hz(32_000), Hz(44_100), Hz(48_000), Hz(88_200), Hz(96_000))
_CHANNELS = (None, 1, 2, 3, 4, 6, 7, 8)  # of ATRAC3plus, by its channel number
_AAC_RATES = tuple(  # by the index in an ADTS header (ISO/IEC 14496-3, 1.6.3.4)
    map(Hz, (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350))
)
_AAC_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)
_JOINT = 1 << 17
_STEREO_RATE = Hz(44_100)  # of what has no rate of its own in the header
_MP3_SIGN = 0x80
MAX_ATRAC3 = 0x3FF * UNIT


@dataclass(frozen=True, slots=True, kw_only=True)
class OmaHeader:
    """The header. Fields that nobody has explained are kept as they stand."""

    codec: Codec
    parameters: int  # 24 bits, of a meaning that hangs on the codec
    protection: int = OPEN
    version: int = 1
    content_id: bytes = bytes(20)
    duration_ms: int = 0  # MP3 only
    mpeg_frames: int = 0  # MP3 only
    iv: bytes = bytes(8)
    unknown: tuple[bytes, bytes] = (bytes(4), bytes(44))  # at 8 and at 44

    @classmethod
    def read(cls, body: bytes, *, at: int) -> OmaHeader:
        """Read a header that starts at file offset `at`."""
        if len(body) < SIZE:
            raise TruncatedError("EA3 header", at=at, found=len(body), allowed=f"{SIZE} bytes")
        sign, version, size, protection, first, content_id, codec, parameters, ms, frames, second, iv = (
            _HEADER.unpack_from(body)
        )
        if sign != _ea3mark.SIGN:
            raise FormatError("sign", at=at, found=sign, allowed=_ea3mark.SIGN.decode())
        if size != SIZE:
            raise FormatError("header size", at=at + 4, found=size, allowed=str(SIZE))
        if codec not in _CODECS:
            raise FormatError("codec", at=at + 32, found=codec, allowed=", ".join(map(str, _CODECS)))
        return cls(
            codec=_CODECS[codec],
            parameters=int.from_bytes(parameters, "big"),
            protection=protection,
            version=version,
            content_id=content_id,
            duration_ms=ms,
            mpeg_frames=frames,
            iv=iv,
            unknown=(first, second),
        )

    def pack(self) -> bytes:
        """Return the header; `read` undoes it."""
        return _HEADER.pack(
            _ea3mark.SIGN,
            self.version,
            SIZE,
            self.protection,
            self.unknown[0],
            self.content_id,
            _IDS[self.codec],
            self.parameters.to_bytes(3, "big"),
            self.duration_ms,
            self.mpeg_frames,
            self.unknown[1],
            self.iv,
        )

    @property
    def is_open(self) -> bool:
        """Whether the frames stand in clear."""
        return self.protection in _ea3mark.OPEN

    def facts(self, *, at: int) -> Facts:
        """Return what the parameters say; `at` is where the header starts."""
        if self.codec is Codec.ATRAC3:
            return self._atrac3(at + 33)
        if self.codec is Codec.ATRAC3PLUS:
            return self._atrac3plus(at + 33)
        if self.codec is Codec.MP3:
            return self._mp3()
        if self.codec is Codec.LPCM:
            return Facts(
                codec=self.codec, rate=_STEREO_RATE, channels=2, frame_bytes=Bytes(PACKET), frame_samples=Frames(256)
            )
        return Facts(codec=self.codec)

    @property
    def packet(self) -> int:
        """Bytes that readers decrypt at a time."""
        fixed = self.facts(at=0).frame_bytes if self.codec in (Codec.ATRAC3, Codec.ATRAC3PLUS) else None
        return fixed or PACKET

    def _rate(self, at: int) -> Hz:
        index = self.parameters >> 13 & 7
        if index >= len(RATES):
            raise FormatError("rate", at=at, found=index, allowed=f"0 to {len(RATES) - 1}")
        return RATES[index]

    def _atrac3(self, at: int) -> Facts:
        length = (self.parameters & 0x3FF) * UNIT
        if not length:
            raise FormatError("frame length", at=at + 1, found=0, allowed=f"1 to {MAX_ATRAC3 // UNIT}")
        return Facts(
            codec=self.codec,
            rate=self._rate(at),
            channels=2,
            frame_bytes=Bytes(length),
            frame_samples=Frames(1024),
            joint=bool(self.parameters & _JOINT),
        )

    def _atrac3plus(self, at: int) -> Facts:
        return Facts(
            codec=self.codec,
            rate=self._rate(at),
            channels=_CHANNELS[self.parameters >> 10 & 7],
            frame_bytes=Bytes(((self.parameters & 0x3FF) + 1) * UNIT),
            frame_samples=Frames(2048),
        )

    def _mp3(self) -> Facts:
        """Read the header fields of MPEG frames that are repeated here; a file whose writer left them out has none."""
        kind, mode = self.parameters >> 8 & 0xFF, self.parameters & 0xFF
        word = 0xFFE00001 | (kind >> 6) << 19 | (kind >> 4 & 3) << 17 | (kind & 15) << 12
        word |= (mode >> 6) << 10 | (mode >> 4 & 3) << 6
        found = _mpeg.read_header(word.to_bytes(4, "big"))
        if found is None or not self.parameters >> 16 & _MP3_SIGN:
            return Facts(codec=self.codec)
        return Facts(codec=self.codec, rate=found.rate, channels=found.channels)


def beginning(codec: Codec, first: bytes) -> tuple[Hz, int] | None:
    """Return rate and channels as the first frame of MP3 or AAC tells them; None when it is no such frame."""
    if codec is Codec.MP3:
        found = _mpeg.read_header(first)
        return (found.rate, found.channels) if found else None
    if len(first) < 4 or first[0] != 0xFF or first[1] & 0xF6 != 0xF0:
        return None
    rate, channels = first[2] >> 2 & 15, (first[2] & 1) << 2 | first[3] >> 6
    return (_AAC_RATES[rate], _AAC_CHANNELS[channels]) if rate < len(_AAC_RATES) and channels else None


def of(facts: Facts, *, first: bytes = b"") -> OmaHeader:
    """Return the header of a new file.

    Parameters
    ----------
    first
        MP3: the first frame's header, whose fields are repeated in ours.

    Raises
    ------
    FormatError
        An OMA file can't say that.
    """
    if facts.codec is Codec.ATRAC3:
        return OmaHeader(codec=facts.codec, parameters=_atrac3_parameters(facts))
    if facts.codec is Codec.MP3:
        return OmaHeader(
            codec=facts.codec,
            parameters=_mp3_parameters(first),
            duration_ms=facts.duration_ms or 0,
            mpeg_frames=facts.frames or 0,
        )
    if facts.codec is Codec.LPCM and (facts.rate, facts.channels) != (_STEREO_RATE, 2):
        raise FormatError("sound", at=32, found=(facts.rate, facts.channels), allowed="44100 Hz, two channels")
    if facts.codec not in (Codec.AAC, Codec.LPCM):
        raise FormatError("codec", at=32, found=str(facts.codec), allowed="ATRAC3, MP3, AAC or LPCM")
    return OmaHeader(codec=facts.codec, parameters=0)


def _atrac3_parameters(facts: Facts) -> int:
    length = facts.frame_bytes or 0
    if facts.channels != 2:
        raise FormatError("channels", at=33, found=facts.channels, allowed="2")
    if facts.rate not in RATES:
        raise FormatError("rate", at=33, found=facts.rate, allowed=", ".join(map(str, RATES)))
    if length % UNIT or not 0 < length <= MAX_ATRAC3:
        raise FormatError("frame length", at=34, found=length, allowed=f"a multiple of {UNIT} up to {MAX_ATRAC3}")
    return facts.joint * _JOINT | RATES.index(facts.rate) << 13 | length // UNIT


def _mp3_parameters(first: bytes) -> int:
    if _mpeg.read_header(first) is None:
        raise FormatError("first frame", at=SIZE, found=first[:4].hex(), allowed="an MPEG layer III header")
    word = int.from_bytes(first[:4], "big")
    version, layer, bit_rate = word >> 19 & 3, word >> 17 & 3, word >> 12 & 15
    return _MP3_SIGN << 16 | (version << 6 | layer << 4 | bit_rate) << 8 | (word >> 10 & 3) << 6 | (word >> 6 & 3) << 4
