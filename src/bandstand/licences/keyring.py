"""Named secret keys: the first one signs, all of them verify, so that changing a key cuts nobody off."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bandstand.kernel.errors import SetupError

MIN_KEY, MAX_KEY = 32, 128  # bytes; 32 is the output of SHA-256 (RFC 2104, section 3: not less than the hash)
MAX_KEYS = 16
_ID = re.compile(r"[A-Za-z0-9_.-]{1,16}")


class KeyRingError(SetupError):
    """The text that should hold the keys can't be read. The message never quotes it."""

    code = "keyring.unreadable"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, hint="Write it as ID:BASE64URL, separated by commas; the newest key first.")


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Secret keys by id, in the order given."""

    keys: Mapping[str, bytes]

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= MAX_KEYS:
            raise KeyRingError(f"A key ring holds 1 to {MAX_KEYS} keys; this one has {len(self.keys)}.")
        for name, key in self.keys.items():
            if not _ID.fullmatch(name):
                raise KeyRingError("A key's id has 1 to 16 letters, digits, points, dashes or underscores.")
            if not MIN_KEY <= len(key) <= MAX_KEY:
                raise KeyRingError(f"Key {name} has {len(key)} bytes; allowed: {MIN_KEY} to {MAX_KEY}.")
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self.keys)}>"

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read `2026a:BASE64URL,2025b:BASE64URL`; padding may be left out.

        Raises
        ------
        KeyRingError
            A part is no `id:key`, an id comes twice, or a key is too short.

        """
        keys: dict[str, bytes] = {}
        for part in text.split(","):
            name, colon, coded = part.strip().partition(":")
            if not colon:
                raise KeyRingError("A key has no id.")
            if name in keys:
                raise KeyRingError("Two keys have the same id.")
            try:
                keys[name] = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
            except (binascii.Error, ValueError):
                raise KeyRingError("A key is not written in base64url.") from None  # the cause would quote the key
        return cls(keys)

    @property
    def signer(self) -> str:
        """The id of the key that signs."""
        return next(iter(self.keys))

    def mac(self, key_id: str, message: bytes) -> bytes | None:
        """Return the HMAC-SHA256 of `message` under the key `key_id`; None when the ring has no such key."""
        key = self.keys.get(key_id)
        return None if key is None else hmac.digest(key, message, "sha256")
