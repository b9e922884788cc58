"""The content of a protected file: one chain over all complete packets; what is left at the end stands in clear."""

from __future__ import annotations

from bandstand.licences.openmg import _des

PACKET_UNIT = _des.BLOCK


class Encrypter:
    """Takes a file's content in pieces of any size.

    Parameters
    ----------
    packet
        Bytes that readers decrypt at a time: a frame, or 1024 where frames differ in length.
    """

    def __init__(self, key: bytes, iv: bytes, *, packet: int) -> None:
        if packet <= 0 or packet % PACKET_UNIT:
            raise ValueError(f"packets of {packet} bytes are no whole cipher blocks")
        self._chain, self._packet, self._kept = _des.encrypting(key, iv), packet, b""

    def update(self, data: bytes) -> bytes:
        """Return what can be written so far."""
        whole = self._kept + data
        ready = len(whole) - len(whole) % self._packet
        self._kept = whole[ready:]
        return self._chain.update(whole[:ready])

    def finish(self) -> bytes:
        """Return the last, incomplete packet, in clear."""
        kept, self._kept = self._kept, b""
        return kept


class Decrypter:
    """Gives back the packets that start at any whole packet of a file.

    Parameters
    ----------
    before
        The eight bytes in front of that packet as they stand in the file; at the first packet, the chain's start.
    """

    def __init__(self, key: bytes, before: bytes) -> None:
        self._chain = _des.decrypting(key, before)

    def update(self, data: bytes) -> bytes:
        """Return whole cipher blocks in clear."""
        return self._chain.update(data)
