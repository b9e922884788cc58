"""The store's keys for receipts: from the environment, or from a file that the store made for itself."""

from __future__ import annotations

import base64
import os
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings

from bandstand.kernel.errors import SetupError
from bandstand.licences.keyring import KeyRing
from bandstand.licences.receipts import SEED, ReceiptKeys


class NoReceiptKeyError(SetupError):
    """The store can't sign receipts yet."""

    code = "receipts.no_key"

    def __init__(self) -> None:
        super().__init__(
            "This store has no key to sign receipts with.",
            hint="Run `bandstand store init`, or set BANDSTAND_RECEIPT_KEYS.",
        )


def current() -> ReceiptKeys:
    """Return the keys.

    Raises
    ------
    NoReceiptKeyError
        There are none.
    """
    text = settings.RECEIPT_KEYS or _kept()
    if not text:
        raise NoReceiptKeyError
    return ReceiptKeys(KeyRing.parse(text))


def ensure(*, now: datetime) -> None:
    """Make a key, unless there is one; of two who do so at once, the first wins."""
    path = Path(settings.RECEIPT_KEYS_FILE)
    if settings.RECEIPT_KEYS or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = base64.urlsafe_b64encode(secrets.token_bytes(SEED)).decode().rstrip("=")
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(f"{now:%Y}a:{seed}\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _kept() -> str:
    path = Path(settings.RECEIPT_KEYS_FILE)
    return path.read_text(encoding="ascii").strip() if path.exists() else ""
