"""Codes of authenticator apps (RFC 6238): SHA-1, six digits, thirty seconds."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from datetime import datetime

PERIOD = 30  # seconds
DIGITS = 6
LEEWAY = 1  # steps before and after: clocks of telephones are not exact
SECRET_BYTES = 20


def new_secret() -> str:
    """Return a secret as apps read it: 32 letters of base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Tell whether a text is base32 of at least 16 bytes."""
    try:
        return len(base64.b32decode(text, casefold=True)) >= 16
    except (binascii.Error, ValueError):
        return False


def step_of(moment: datetime) -> int:
    """Return the number of the thirty seconds that a moment lies in."""
    return int(moment.timestamp()) // PERIOD


def code_at(secret: str, step: int) -> str:
    """Return the code of one step (RFC 4226, section 5.3)."""
    digest = hmac.digest(base64.b32decode(secret, casefold=True), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def plain(typed: str) -> str:
    """Return a code as people type it, without blanks and dashes."""
    return "".join(character for character in typed if character.isascii() and character.isalnum()).lower()


def matching_step(secret: str, typed: str, *, now: datetime) -> int | None:
    """Return the step near `now` whose code was typed; None when it is none of them."""
    here, found = step_of(now), None
    for step in range(here - LEEWAY, here + LEEWAY + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), plain(typed).encode()):
            found = step
    return found
