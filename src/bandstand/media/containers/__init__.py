"""Containers that we read and write ourselves, byte by byte. One file each; adding one edits no other source file."""

from bandstand.kernel.registry import Registry
from bandstand.media.containers._format import Format, LockedError, Reader, Writer
from bandstand.media.containers._sound import Codec, Facts, Trim

__all__ = ["FORMATS", "Codec", "Facts", "Format", "LockedError", "Reader", "Trim", "Writer", "recognise"]

FORMATS: Registry[Format] = Registry(kind="container", package="bandstand.media.containers", name="FORMAT", of=Format)


def recognise(head: bytes) -> Format | None:
    """Return the container that a file's first bytes (64 are enough) announce; None when it is none of ours."""
    return next((found for found in FORMATS if found.recognises(head)), None)
