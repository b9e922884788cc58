"""Reading messages from strangers: every field has a type and a cap, and whatever breaks one is named by its place."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TypeVar

from bandstand.kernel.errors import InputError

MAX_MESSAGE = 32 << 20  # bytes of JSON
MAX_SIZE = 1 << 44  # bytes of a file
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SURROGATES = re.compile("[\ud800-\udfff]")
Value = TypeVar("Value")


class MessageError(InputError):
    """A message is not what the contract says."""

    code = "wire.message"

    def __init__(self, place: str, wanted: str) -> None:
        self.place = place
        super().__init__(
            f"The store's answer can't be read: {place} must be {wanted}.",
            hint="Is the address that of a store? Is this program as new as the store?",
        )


def parse(body: bytes) -> dict[str, object]:
    """Return the object that a JSON text holds.

    Raises
    ------
    MessageError
        It is too long, no JSON, or no object.
    """
    if len(body) > MAX_MESSAGE:
        raise MessageError("the message", f"at most {MAX_MESSAGE} bytes")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise MessageError("the message", "JSON") from None
    if not isinstance(found, dict):
        raise MessageError("the message", "an object")
    return found


def text(said: dict[str, object], name: str, *, most: int = 1000, optional: bool = False) -> str:
    """Return a text of at most `most` characters; an empty one when it may be missing and is."""
    value = said.get(name, "" if optional else None)
    if not isinstance(value, str) or len(value) > most or (not value and not optional) or _SURROGATES.search(value):
        raise MessageError(name, f"a text of at most {most} characters")
    return value


def number(said: dict[str, object], name: str, *, least: int = 0, most: int = MAX_SIZE) -> int:
    """Return a whole number."""
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise MessageError(name, f"a number from {least} to {most}")
    return value


def sha256(said: dict[str, object], name: str) -> str:
    """Return a SHA-256 in lower-case hex."""
    value = said.get(name)
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise MessageError(name, "a SHA-256 in lower-case hex")
    return value


def moment(said: dict[str, object], name: str) -> datetime:
    """Return a time with its zone."""
    value = text(said, name, most=40)
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise MessageError(name, "a time with its zone")


def objects(said: dict[str, object], name: str, *, most: int, optional: bool = False) -> list[dict[str, object]]:
    """Return a list of at most `most` objects; an empty one when it may be missing and is."""
    value = said.get(name, [] if optional else None)
    if not isinstance(value, list) or len(value) > most or not all(isinstance(row, dict) for row in value):
        raise MessageError(name, f"a list of at most {most} objects")
    return value


def words(said: dict[str, object], name: str, *, most: int, longest: int = 100) -> tuple[str, ...]:
    """Return a list of short texts."""
    value = said.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise MessageError(name, f"a list of at most {most} texts")
    return tuple(text({name: row}, name, most=longest) for row in value)
