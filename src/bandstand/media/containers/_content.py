"""The sound of an OMA file, in clear, a block at a time, from any packet on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bandstand.kernel.errors import FormatError
from bandstand.licences.openmg import Decrypter, Keys, Lsi, unlock
from bandstand.media.containers._ea3 import Ea3Tag
from bandstand.media.containers._omaheader import SEALED, OmaHeader

KEY_PARTS = ("OMG_LSI", "OMG_BKLSI")
ONE_PLAYER = 0xFFFE
BLOCK = 64 * 1024


def opened(header: OmaHeader, tag: Ea3Tag, keys: Keys) -> tuple[bytes | None, str]:
    """Return the key of the content, and the reason why there is none: both are empty where nothing is protected."""
    if header.is_open:
        return None, ""
    if header.protection == ONE_PLAYER:
        return None, "it is scrambled for one player"
    if header.protection != SEALED:
        return None, f"its protection mark {header.protection:04X} is none that we know"
    part = tag.object(*KEY_PARTS)
    if not part:
        return None, "it is protected, and its key part is missing"
    try:
        key = unlock(Lsi.read(part, at=0), keys)
    except FormatError:
        return None, "it is protected, and its key part is none that we can read"
    return key, "" if key else "it is protected with keys that we don't hold"


@dataclass(frozen=True, slots=True)
class Content:
    """A stretch of a file that holds the sound, and the key to it."""

    stream: BinaryIO
    start: int
    end: int
    packet: int  # bytes that are decrypted at a time
    key: bytes | None
    iv: bytes

    @property
    def length(self) -> int:
        """Bytes of sound."""
        return self.end - self.start

    def pieces(self, at: int, stop: int, *, size: int) -> Iterator[bytes]:
        """Yield the sound from `at` to `stop`, counted from its start; with a key, both `at` and `size` in packets."""
        place = min(at, stop)
        chain = self._chain(place) if self.key else None
        sealed = self.length - self.length % self.packet
        while place < stop:
            length = min(size, (sealed if chain and place < sealed else stop) - place, stop - place)
            self.stream.seek(self.start + place)
            block = self.stream.read(length)
            if not block:  # the file was cut while we read
                return
            yield chain.update(block) if chain and place < sealed else block
            place += len(block)

    def all(self) -> Iterator[bytes]:
        """Yield the whole sound."""
        yield from self.pieces(0, self.length, size=self.packet * max(BLOCK // self.packet, 1))

    def _chain(self, place: int) -> Decrypter:
        before = self.iv
        if place:
            self.stream.seek(self.start + place - len(self.iv))
            before = self.stream.read(len(self.iv))
        return Decrypter(self.key or b"", before)
