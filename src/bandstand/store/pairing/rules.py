"""What codes and tokens look like, how long they live, and what is stored of them: digests only."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from django.utils.crypto import salted_hmac

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
USER_CODE = 8  # letters, 40 bits: with ten minutes and so few tries, nobody guesses one
CODE_LIVES = timedelta(minutes=10)
INTERVAL = 5  # seconds between two questions of one program
SLOWER = 5  # seconds more for one that asks too often (RFC 8628, section 3.5)
KEPT = timedelta(hours=1)  # a code's row after its end: a late question still gets the right answer
MOST_TOKENS = 50  # that live, of one kind, per account
SEEN = timedelta(
    minutes=5
)  # how exactly the last use is known: a write for every request would cost more than it tells
MAX_NAME, MAX_CLIENT = 80, 80
_TOKEN = "bst_"  # noqa: S105  (the mark of our tokens, so that scanners of leaked secrets know one)
_PASSWORD = 26  # letters, 130 bits
_ALIKE = str.maketrans("ILO", "110")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def new_user_code() -> str:
    """Return a code for people to type: "K7QM-2XWD"."""
    return grouped("".join(secrets.choice(LETTERS) for _ in range(USER_CODE)))


def new_device_code() -> str:
    """Return a code that only the program knows: 256 bits."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """Return a token for a program that was let in: 256 bits."""
    return _TOKEN + secrets.token_urlsafe(32)


def new_password() -> str:
    """Return a password for one app, in letters that can be typed on a television."""
    return grouped("".join(secrets.choice(LETTERS) for _ in range(_PASSWORD)))


def grouped(text: str) -> str:
    """Write letters in groups of four."""
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def plain(typed: str) -> str:
    """Return what somebody meant who typed a code: upper case, no gaps, O for 0 and I or L for 1 forgiven."""
    return re.sub(r"[\s-]", "", typed).upper().translate(_ALIKE)


def code_digest(code: str) -> str:
    """Return what is stored of a user code: keyed, because forty bits alone could be searched."""
    return salted_hmac("bandstand.pairing.code", plain(code), algorithm="sha256").hexdigest()


def token_digest(token: str) -> str:
    """Return what is stored of a device code, token or app password; these are too long to search."""
    meant = token if token.startswith(_TOKEN) else plain(token)
    return hashlib.sha256(meant.encode("utf-8", "replace")).hexdigest()


def device_digest(code: str) -> str:
    """Return what is stored of a device code."""
    return hashlib.sha256(b"device " + code.encode("utf-8", "replace")).hexdigest()


def stamp(password_hash: str) -> str:
    """Return what binds a token to the password it was made under: a new password ends every token by itself."""
    return hashlib.sha256(b"bandstand.pairing.stamp " + password_hash.encode()).hexdigest()


def shown(text: str, limit: int = MAX_NAME) -> str:
    """Return a name that a program gave itself, fit to be shown to the person who decides: one line, no tricks."""
    return " ".join(_UNSEEN.sub(" ", text).split())[:limit].strip()
