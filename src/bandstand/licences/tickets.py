"""Tickets: a signed, expiring statement that one file may be fetched (docs/formats/ticket.md)."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bandstand.kernel.errors import InputError, RefusedError
from bandstand.kernel.units import Bytes
from bandstand.licences.keyring import KeyRing

MAX_TOKEN = 2048  # characters
MAX_PATH, MAX_NAME, MAX_TYPE, MAX_HOLDER = 400, 255, 100, 64  # bytes of UTF-8
MAX_TIME = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second a datetime can hold
NONCE = 12  # bytes
_VERSION = 1
_DOMAIN = b"bandstand ticket 1\0"  # the same key can then never sign one thing that reads as another
_MAC = 32
_FIXED = struct.Struct("!BBQQQQ32s12s")  # purpose, kind, size, grant, starts, expires, etag, nonce
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*(; ?[a-z0-9-]+=[A-Za-z0-9._-]+)*")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")  # control characters, backslash, lone surrogates
_HOLDER = re.compile(r"[A-Za-z0-9_.:-]*")


class Purpose(StrEnum):
    """What a ticket is for. A ticket for one purpose is no ticket for another."""

    DOWNLOAD = "download"
    STREAM = "stream"
    PREVIEW = "preview"
    TAKEOUT = "takeout"


class Kind(StrEnum):
    """What stands behind the path: the file itself, or the manifest of a zip or a tar."""

    FILE = "file"
    ZIP = "zip"
    TAR = "tar"


# The order is the wire code: append only.
_PURPOSES = (Purpose.DOWNLOAD, Purpose.STREAM, Purpose.PREVIEW, Purpose.TAKEOUT)
_KINDS = (Kind.FILE, Kind.ZIP, Kind.TAR)


class TicketFieldError(InputError):
    """A ticket can't be made of these values."""

    code = "ticket.field"

    def __init__(self, field: str, allowed: str) -> None:
        self.field = field
        super().__init__(f"The ticket's {field} must be {allowed}.")


class TicketError(RefusedError):
    """A link that opens nothing."""

    code = "ticket"


class TicketForgedError(TicketError):
    """The link was not made by this store, or was changed on the way."""

    code = "ticket.forged"

    def __init__(self) -> None:
        super().__init__(
            "This link is not complete or was not made by this store.",
            hint="Open your shelf and press Download again; copy the whole link when you copy it.",
        )


class TicketExpiredError(TicketError):
    """The link's time is over."""

    code = "ticket.expired"

    def __init__(self, expired_at: datetime) -> None:
        self.expired_at = expired_at
        super().__init__("This link has expired.", hint="Open your shelf and press Download again.")


class TicketEarlyError(TicketError):
    """The link's time has not come."""

    code = "ticket.early"

    def __init__(self, starts_at: datetime) -> None:
        self.starts_at = starts_at
        super().__init__(f"This link works from {starts_at:%d %B %Y, %H:%M} UTC.", hint="Try it again then.")


def is_storage_key(text: str) -> bool:
    """Tell whether `text` is a plain relative path: no empty, `.` or `..` part, no backslash, no control character."""
    return not ({"", ".", ".."} & set(text.split("/")) or _UNSAFE.search(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The right to fetch one file for a while.

    `name` is the file name people see; empty for what is shown in place. `grant` is 0 when nobody need be asked again;
    of a ticket for a takeout it is the takeout's number.
    `holder` is a pseudonym. `nonce` makes every ticket different.
    """

    purpose: Purpose
    kind: Kind
    path: str
    name: str
    media_type: str
    etag: str
    size: Bytes
    grant: int
    holder: str
    starts: int
    expires: int
    nonce: bytes

    def __post_init__(self) -> None:
        if not 0 < len(_utf8("path", self.path)) <= MAX_PATH or not is_storage_key(self.path):
            raise TicketFieldError("path", f"a relative storage key of at most {MAX_PATH} bytes")
        if len(_utf8("name", self.name)) > MAX_NAME or "/" in self.name or _UNSAFE.search(self.name):
            raise TicketFieldError("name", f"a file name of at most {MAX_NAME} bytes")
        if len(self.media_type) > MAX_TYPE or not _MEDIA_TYPE.fullmatch(self.media_type):
            raise TicketFieldError("media_type", "a media type in lower case")
        if not _SHA256.fullmatch(self.etag):
            raise TicketFieldError("etag", "a SHA-256 in lower-case hex")
        if not 0 <= self.size < 1 << 63 or not 0 <= self.grant < 1 << 63:
            raise TicketFieldError("size and grant", "from 0 to 2**63 - 1")
        if len(self.holder) > MAX_HOLDER or not _HOLDER.fullmatch(self.holder):
            raise TicketFieldError("holder", f"a pseudonym of at most {MAX_HOLDER} ASCII characters")
        if not 0 <= self.starts < self.expires <= MAX_TIME:
            raise TicketFieldError("times", "seconds since 1970, the start before the end")
        if len(self.nonce) != NONCE:
            raise TicketFieldError("nonce", f"{NONCE} bytes")

    @property
    def id(self) -> str:
        """A short name for logs; it opens nothing."""
        return self.nonce[:6].hex()

    @classmethod
    def read(cls, body: bytes) -> Ticket:
        """Read what `pack` wrote.

        Raises
        ------
        ValueError, struct.error, TicketFieldError
            The bytes are no ticket.

        """
        purpose, kind, size, grant, starts, expires, etag, nonce = _FIXED.unpack_from(body)
        if purpose >= len(_PURPOSES) or kind >= len(_KINDS):
            raise TicketFieldError("purpose and kind", "known ones")
        texts, at = [], _FIXED.size
        for _ in range(4):
            (length,) = struct.unpack_from("!H", body, at)
            texts.append(body[at + 2 : at + 2 + length].decode("utf-8"))
            at += 2 + length
        if at != len(body):
            raise TicketFieldError("length", "that of its fields")
        path, name, media_type, holder = texts
        return cls(
            purpose=_PURPOSES[purpose], kind=_KINDS[kind], path=path, name=name, media_type=media_type,
            etag=etag.hex(), size=Bytes(size), grant=grant, holder=holder, starts=starts, expires=expires, nonce=nonce,
        )  # fmt: skip

    def pack(self) -> bytes:
        """Return the ticket as bytes; `read` undoes it."""
        purpose, kind = _PURPOSES.index(self.purpose), _KINDS.index(self.kind)
        times = self.starts, self.expires
        fixed = _FIXED.pack(purpose, kind, self.size, self.grant, *times, bytes.fromhex(self.etag), self.nonce)
        texts = (text.encode() for text in (self.path, self.name, self.media_type, self.holder))
        return fixed + b"".join(struct.pack("!H", len(text)) + text for text in texts)


def sign(ticket: Ticket, ring: KeyRing) -> str:
    """Return the ticket as a token for an address, signed with the ring's first key."""
    key_id = ring.signer.encode()
    signed = bytes([_VERSION, len(key_id)]) + key_id + ticket.pack()
    mac = ring.mac(ring.signer, _DOMAIN + signed) or b""
    return base64.urlsafe_b64encode(signed + mac).rstrip(b"=").decode()


def verify(token: str, ring: KeyRing, *, now: datetime) -> Ticket:
    """Return the ticket in `token`.

    Raises
    ------
    TicketForgedError
        It is not what a key of the ring signed, to the last bit.
    TicketEarlyError, TicketExpiredError
        It is genuine, but not now.

    """
    ticket = _genuine(token, ring)
    seconds = now.timestamp()
    if seconds < ticket.starts:
        raise TicketEarlyError(datetime.fromtimestamp(ticket.starts, UTC))
    if seconds >= ticket.expires:
        raise TicketExpiredError(datetime.fromtimestamp(ticket.expires, UTC))
    return ticket


def _genuine(token: str, ring: KeyRing) -> Ticket:
    raw = _decode(token)
    if len(raw) < 2 + _MAC or raw[0] != _VERSION:
        raise TicketForgedError
    signed, mac = raw[:-_MAC], raw[-_MAC:]
    body_at = 2 + signed[1]
    try:
        key_id = signed[2:body_at].decode("ascii")
    except UnicodeDecodeError:
        raise TicketForgedError from None
    expected = ring.mac(key_id, _DOMAIN + signed)
    if expected is None or not hmac.compare_digest(expected, mac):
        raise TicketForgedError
    try:
        return Ticket.read(signed[body_at:])
    except (ValueError, struct.error, TicketFieldError) as error:
        raise TicketForgedError from error  # signed by an older or newer version of us


def _decode(token: str) -> bytes:
    if not 0 < len(token) <= MAX_TOKEN:
        raise TicketForgedError
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise TicketForgedError from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:  # one ticket has one spelling
        raise TicketForgedError
    return raw


def _utf8(field: str, text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise TicketFieldError(field, "text without lone surrogates") from None
