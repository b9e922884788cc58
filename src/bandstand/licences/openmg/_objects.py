"""What a protected file carries about its keys: the LSI object and, inside it, the EKB part."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from bandstand.kernel.errors import FormatError, TruncatedError

RING = 64  # bytes of the key ring as we write it
_HEAD = struct.Struct(">5H6x")  # version; sizes of ring, EKB, id part, signature
_RING = struct.Struct(">12sHHH10xI8s8s16x")  # sign; slice size, slices, used bytes; root key id, A, C
_SIGN = b"KEYRING     "
_VERSION, _SLICE, _SLICES, _USED = 1, 16, 3, 0x28
_BLOCK = 8
_EKB = struct.Struct(">I28xII4x")  # id; tag length, data length
_EKB_SIGN, _EKB_PREFIX = b"EKB ", 32
_ROOT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Lsi:
    """A file's licence object (docs/formats/openmg.md, section 3)."""

    root_id: int
    master: bytes  # A: the master key under the root key
    content: bytes  # C: the content key under the master key
    ekb: bytes
    identity: bytes  # any whole blocks; what the signature is over
    signature: bytes

    @classmethod
    def read(cls, body: bytes, *, at: int) -> Lsi:
        """Read an object that starts at file offset `at`."""
        if len(body) < _HEAD.size + _RING.size:
            raise TruncatedError(
                "LSI object", at=at, found=len(body), allowed=f"{_HEAD.size + _RING.size} bytes or more"
            )
        _, ring, ekb, identity, signature = _HEAD.unpack_from(body)
        sign, _, _, _, root_id, master, content = _RING.unpack_from(body, _HEAD.size)
        if sign != _SIGN:
            raise FormatError("key ring's sign", at=at + _HEAD.size, found=sign, allowed=_SIGN.decode())
        if ring < RING:
            raise FormatError("key ring's size", at=at + 2, found=ring, allowed=f"{RING} or more")
        if identity % _BLOCK or not identity:
            raise FormatError("id part's size", at=at + 6, found=identity, allowed=f"a multiple of {_BLOCK}")
        if signature != _BLOCK:
            raise FormatError("signature's size", at=at + 8, found=signature, allowed=str(_BLOCK))
        start = _HEAD.size + ring
        end = start + ekb + identity + signature
        if len(body) < end:
            raise TruncatedError("LSI object", at=at, found=len(body), allowed=f"{end} bytes or more")
        return cls(
            root_id=root_id,
            master=master,
            content=content,
            ekb=body[start : start + ekb],
            identity=body[start + ekb : start + ekb + identity],
            signature=body[end - signature : end],
        )

    def pack(self) -> bytes:
        """Return the object; `read` undoes it."""
        head = _HEAD.pack(_VERSION, RING, len(self.ekb), len(self.identity), len(self.signature))
        ring = _RING.pack(_SIGN, _SLICE, _SLICES, _USED, self.root_id, self.master, self.content)
        return head + ring + self.ekb + self.identity + self.signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Ekb:
    """A root key for those who hold one of several node keys (docs/formats/openmg.md, section 4)."""

    root_id: int
    tags: bytes
    data: bytes  # blocks of 16 bytes: the root key under one node key each

    @classmethod
    def read(cls, body: bytes, *, at: int) -> Ekb:
        """Read the part that starts at file offset `at`."""
        skip = _EKB_PREFIX if body.startswith(_EKB_SIGN) else 0
        if len(body) < skip + _EKB.size:
            raise TruncatedError("EKB part", at=at, found=len(body), allowed=f"{skip + _EKB.size} bytes or more")
        root_id, tags, data = _EKB.unpack_from(body, skip)
        start = skip + _EKB.size
        if len(body) < start + tags + data:
            raise TruncatedError("EKB part", at=at, found=len(body), allowed=f"{start + tags + data} bytes or more")
        return cls(root_id=root_id, tags=body[start : start + tags], data=body[start + tags : start + tags + data])

    def pack(self) -> bytes:
        """Return the part; `read` undoes it."""
        return _EKB.pack(self.root_id, len(self.tags), len(self.data)) + self.tags + self.data

    def wrapped(self) -> Iterator[bytes]:
        """Yield each wrapped root key."""
        for start in range(0, len(self.data) - _ROOT + 1, _ROOT):
            yield self.data[start : start + _ROOT]
