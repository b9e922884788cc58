"""Files for sale by what they contain: whole under their own hash, or not there."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from bandstand.media.digest import Digest, digest
from bandstand.store.assets.services import keep

FILES = "deliverables"
MANIFESTS = "manifests"


def store(path: Path, found: Digest, *, area: str, suffix: str, anew: bool = False) -> str:
    """Move a finished, staged file of that digest under its hash; return its storage key. The same bytes are kept once.

    Bytes and name are on the disk before this returns, so that a row about the file is never ahead of it.

    Parameters
    ----------
    anew
        Whether it takes the place of what stands there: a check found that wanting.
    """
    key = f"{area}/{found.sha256[:2]}/{found.sha256}{suffix}"
    if anew or not keep.is_kept(key):
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
        keep.settle(path, key)
    return key


def store_bytes(data: bytes, *, area: str, suffix: str) -> tuple[str, Digest]:
    """Store a small file of ours under its hash; what stood there is replaced, so that it is surely whole."""
    with keep.staging() as folder:
        path = folder / f"made{suffix}"
        path.write_bytes(data)
        found = digest(BytesIO(data))
        return store(path, found, area=area, suffix=suffix, anew=True), found
