"""Secrets at rest are sealed: whoever reads a dump of the database learns no seed of an authenticator app."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from bandstand.kernel.errors import SetupError


class SealError(SetupError):
    """A sealed secret was sealed under a key that is no longer here."""

    code = "accounts.seal"

    def __init__(self) -> None:
        super().__init__(
            "A secret can't be opened with the keys of this store.",
            hint="Put the former BANDSTAND_SECRET_KEY into BANDSTAND_SECRET_KEY_FALLBACKS.",
        )


def seal(text: str) -> str:
    """Return `text` encrypted and authenticated (AES-128-CBC with HMAC-SHA-256, as Fernet lays it out)."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return what was sealed, under today's key or a former one.

    Raises
    ------
    SealError
        It was sealed under another key, or changed since.
    """
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealError from None


def renew(sealed: str) -> str:
    """Return the same secret, sealed under today's key."""
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise SealError from None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _derived(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"bandstand.accounts.seals").derive(key.encode())
    return base64.urlsafe_b64encode(derived)
