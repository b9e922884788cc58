"""DES and two-key triple DES (FIPS 46-3), in ECB and CBC, without padding. For compatibility, not for safety.

The cipher is `cryptography`'s, which keeps triple DES among what is out of date and wants all three keys: the same key
three times over is single DES.
"""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes

BLOCK = 8


def encrypt(key: bytes, data: bytes) -> bytes:
    """Encrypt whole blocks, each for itself, with a key of 8 or 16 bytes."""
    context = Cipher(_algorithm(key), modes.ECB()).encryptor()  # noqa: S305  # the format's own way with single blocks
    return context.update(data) + context.finalize()


def decrypt(key: bytes, data: bytes) -> bytes:
    """Undo `encrypt`."""
    context = Cipher(_algorithm(key), modes.ECB()).decryptor()  # noqa: S305  # the format's own way with single blocks
    return context.update(data) + context.finalize()


def mac(key: bytes, data: bytes) -> bytes:
    """Return the last block of whole blocks encrypted as a chain that starts at zero."""
    return encrypting(key, bytes(BLOCK)).update(data)[-BLOCK:]


def encrypting(key: bytes, iv: bytes) -> CipherContext:
    """Return a chain that encrypts whatever is put into it."""
    return Cipher(_algorithm(key), modes.CBC(iv)).encryptor()


def decrypting(key: bytes, iv: bytes) -> CipherContext:
    """Return a chain that decrypts whatever is put into it."""
    return Cipher(_algorithm(key), modes.CBC(iv)).decryptor()


def _algorithm(key: bytes) -> TripleDES:
    return TripleDES(key * 3 if len(key) == BLOCK else key + key[:BLOCK])
