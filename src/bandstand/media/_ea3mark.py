"""The one thing that is looked at before anything else sees an OMA file: whether its frames stand in clear."""

from __future__ import annotations

from typing import BinaryIO

SIGN = b"EA3"
HEADER = 96
TAG_SIGN = b"ea3\x03"
TAG_HEADER = 10
OPEN = (0xFFFF, 0xFF80)  # in clear; 0x0001 is OpenMG, 0xFFFE is scrambled for one player, the rest is not known


def mark(stream: BinaryIO) -> int | None:
    """Return the protection mark of an OMA file; None when there is no header where its tag ends."""
    stream.seek(0)
    head = stream.read(TAG_HEADER)
    behind = 0
    if head.startswith(TAG_SIGN) and len(head) == TAG_HEADER:
        behind = TAG_HEADER + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    stream.seek(behind)
    header = stream.read(8)
    return int.from_bytes(header[6:8], "big") if header.startswith(SIGN) and len(header) == 8 else None


def starts(head: bytes) -> bool:
    """Say whether a file that starts so calls itself an OMA file."""
    return head.startswith((SIGN, TAG_SIGN))
