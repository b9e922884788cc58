"""Where files are kept: every key follows from what the file contains."""

from __future__ import annotations

import re
from datetime import timedelta

from bandstand.media.pictures import SIZES
from bandstand.media.sniff import Container, expected_suffixes

COVER_SIZES = SIZES
EMBEDDED_COVER = f"{max(SIZES)}.jpg"  # the one that goes into files for sale
STAGING = "staging"  # under the files' root, on the same disk, served by nobody
ORPHAN_AGE = timedelta(days=1)  # a file without a row that is younger may belong to work that is under way
CHECK_AGE = timedelta(days=7)
CHECK_BYTES = 8_000_000_000  # read in one slice of the weekly check
_SHA256 = re.compile(r"[0-9a-f]{64}")


def master_key(sha256: str, container: Container) -> str:
    """Return the storage key of a master."""
    return _key("masters", sha256, expected_suffixes(container)[0])


def rendition_key(sha256: str, suffix: str) -> str:
    """Return the storage key of a rendition."""
    return _key("renditions", sha256, suffix)


def extra_key(sha256: str, suffix: str) -> str:
    """Return the storage key of a booklet, a picture or a text that comes with a release."""
    return _key("extras", sha256, suffix)


def cover_folder(sha256: str) -> str:
    """Return the storage key of the folder that holds a cover's sizes."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256")
    return f"public/covers/{sha256}"


def cover_width(width: int) -> int:
    """Return the smallest size that is kept and not smaller than `width`; the largest when none is."""
    return next((size for size in sorted(COVER_SIZES) if size >= width), max(COVER_SIZES))


def _key(area: str, sha256: str, suffix: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256")
    return f"{area}/{sha256[:2]}/{sha256}{suffix}"
