"""What a container plug-in is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from bandstand.kernel.errors import RefusedError
from bandstand.licences.openmg import Keys
from bandstand.media.containers._sound import Facts
from bandstand.media.tags import Tags


class LockedError(RefusedError):
    """The sound is protected with keys that we don't hold. Nothing is tried, and no decoder gets to see it."""

    code = "oma.locked"
    facts = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"This sound is locked: {reason}.", hint="The program or player that it was made for can open it."
        )


class Reader(Protocol):
    """An open file of some container."""

    @property
    def facts(self) -> Facts:
        """What its header says, checked against the length of the file."""

    def blocks(self, start: int = 0, *, frames: int = 256) -> Iterator[bytes]:
        """Yield whole frames in clear, from frame `start` on, at most `frames` of them at a time.

        Where frames differ in length, blocks are stretches of the sound, and `start` must be 0.

        Raises
        ------
        LockedError
            The sound is protected with keys that we don't hold.
        """

    def payload(self) -> Iterator[bytes]:
        """Yield all of the sound in clear, to the last byte. Errors are those of `blocks`."""


class Writer(Protocol):
    """A file of some container that is being written, front to back."""

    def write(self, block: bytes) -> None:
        """Add frames, in pieces of any size."""

    def close(self) -> int:
        """Write what is left and return the length of the whole file; the stream stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A plug-in: how one kind of file holds coded sound."""

    slug: str
    title: str
    suffixes: tuple[str, ...]  # the usual one first
    media_type: str
    recognises: Callable[[bytes], bool]  # by the first bytes
    open: Callable[[BinaryIO, Keys], Reader]
    create: Callable[[BinaryIO, Facts, Tags], Writer]
