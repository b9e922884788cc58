"""Tickets for the file door: addresses that open one file, for a while, for whoever the grant says."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote

from django.conf import settings

from bandstand.kernel.units import Bytes
from bandstand.licences import tickets
from bandstand.licences.keyring import KeyRing
from bandstand.licences.tickets import Kind, Purpose, Ticket

LIVES = timedelta(hours=24)
PREVIEW_LIVES = timedelta(
    hours=48
)  # from the midnight before, so that one address serves a whole day and caches keep it
_ANYBODY = bytes(tickets.NONCE)


@cache
def _ring(text: str) -> KeyRing:
    return KeyRing.parse(text)


def ring() -> KeyRing:
    """Return the keys that sign and check this store's tickets."""
    return _ring(settings.TICKET_KEYS)


def download_url(
    *,
    kind: Kind,
    path: str,
    name: str,
    media_type: str,
    etag: str,
    size: int,
    grant_id: int,
    holder: str,
    now: datetime,
) -> str:
    """Return an address that fetches one file or zip for the holder of a grant, for 24 hours."""
    starts = int(now.timestamp())
    return address(
        Ticket(
            purpose=Purpose.DOWNLOAD, kind=kind, path=path, name=name, media_type=media_type, etag=etag,
            size=Bytes(size), grant=grant_id, holder=holder, starts=starts, expires=starts + int(LIVES.total_seconds()),
            nonce=secrets.token_bytes(tickets.NONCE),
        )
    )  # fmt: skip


def preview_signer(now: datetime) -> Callable[[str, str, str, int], str]:
    """Return a function from path, media type, SHA-256 and size to a preview's address: the same all day, for all."""
    midnight = int(now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    expires = midnight + int(PREVIEW_LIVES.total_seconds())

    def sign(path: str, media_type: str, sha256: str, size: int) -> str:
        return address(
            Ticket(
                purpose=Purpose.PREVIEW, kind=Kind.FILE, path=path, name="", media_type=media_type, etag=sha256,
                size=Bytes(size), grant=0, holder="", starts=midnight, expires=expires, nonce=_ANYBODY,
            )
        )  # fmt: skip

    return sign


def address(ticket: Ticket) -> str:
    """Return the address of a ticket at the file door."""
    token = tickets.sign(ticket, ring())
    return f"{settings.FILES_URL}/t/{token}/{quote(ticket.name or 'preview', safe='')}"
