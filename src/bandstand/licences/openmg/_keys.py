"""A store's keys, the keys of one file, and the way from these to those."""

from __future__ import annotations

import hmac
import secrets
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bandstand.kernel.errors import FormatError, SetupError
from bandstand.licences.openmg import _des
from bandstand.licences.openmg._objects import Ekb, Lsi

KEY = 16  # bytes of a root or node key
MAX_KEYS = 64
_IDENTITY = struct.Struct(">12sHH32x")
_HALF = 8

Randomness = Callable[[int], bytes]
"""Gives that many bytes which nobody can guess."""


class OpenMgKeyError(SetupError):
    """A root or node key can't be used. The message never quotes it."""

    code = "openmg.key"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, hint=f"Give {KEY} random bytes, written as {2 * KEY} hexadecimal digits.")


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The root keys and node keys that we hold."""

    roots: tuple[bytes, ...] = ()
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.roots) + len(self.nodes) > MAX_KEYS:
            raise OpenMgKeyError(f"More than {MAX_KEYS} keys were given.")
        for key in (*self.roots, *self.nodes):
            checked(key)

    def __repr__(self) -> str:
        return f"<Keys: {len(self.roots)} root, {len(self.nodes)} node>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Seal:
    """What protects one file: the object that goes into it, the key of its content, where the chain starts."""

    lsi: Lsi
    key: bytes
    iv: bytes

    def __repr__(self) -> str:
        return f"<Seal by root key {self.lsi.root_id}>"


def parse(text: str) -> bytes:
    """Read a key from hexadecimal digits.

    Raises
    ------
    OpenMgKeyError
        It is no such text, or not long enough.
    """
    try:
        return checked(bytes.fromhex(text))
    except ValueError:
        raise OpenMgKeyError("A key is not written in hexadecimal digits.") from None  # the cause would quote it


def checked(key: bytes) -> bytes:
    """Return a root or node key that other readers can take too.

    Raises
    ------
    OpenMgKeyError
        Its length is another, or its first half is zero, which ffmpeg takes for no key.
    """
    if len(key) != KEY:
        raise OpenMgKeyError(f"A key has {len(key)} bytes; allowed: {KEY}.")
    if key[:_HALF] == bytes(_HALF):
        raise OpenMgKeyError("The first half of a key is zero.")
    return key


def seal(
    root: bytes, *, root_id: int = 1, nodes: tuple[bytes, ...] = (), randomness: Randomness = secrets.token_bytes
) -> Seal:
    """Make the keys of one file: master, content and chain start are random, and new for each file.

    Parameters
    ----------
    nodes
        Keys whose holders may open the file too: each finds the root key in the EKB part.
    """
    Keys(roots=(root,), nodes=nodes)
    master, content, iv = (randomness(_des.BLOCK) for _ in range(3))
    wrapped = b"".join(_des.encrypt(node, root) for node in nodes)
    identity = _IDENTITY.pack(b"!CID        ", KEY, 2)
    lsi = Lsi(
        root_id=root_id,
        master=_des.encrypt(root, master),
        content=_des.decrypt(master, content),  # this way round: readers encrypt to get it back
        ekb=Ekb(root_id=root_id, tags=b"", data=wrapped).pack() if nodes else b"",
        identity=identity,
        signature=_signature(master, identity),
    )
    return Seal(lsi=lsi, key=content, iv=iv)


def unlock(lsi: Lsi, keys: Keys) -> bytes | None:
    """Return the key of a file's content; None when none of our keys fits."""
    for root in _roots(lsi, keys):
        master = _des.decrypt(root, lsi.master)
        if hmac.compare_digest(_signature(master, lsi.identity), lsi.signature):
            return _des.encrypt(master, lsi.content)
    return None


def _roots(lsi: Lsi, keys: Keys) -> Iterator[bytes]:
    """Yield each root key that may be the file's: ours, then what our node keys find in its EKB part."""
    yield from keys.roots
    try:
        ekb = Ekb.read(lsi.ekb, at=0) if lsi.ekb else None
    except FormatError:  # a damaged part: as good as none, the root keys have been tried
        return
    if ekb is not None:
        yield from (_des.decrypt(node, wrapped) for wrapped in ekb.wrapped() for node in keys.nodes)


def _signature(master: bytes, identity: bytes) -> bytes:
    return _des.mac(_des.encrypt(master, bytes(_des.BLOCK)), identity)
