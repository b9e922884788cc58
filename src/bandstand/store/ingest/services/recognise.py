"""Second stage: the digest by which the same folder is recognised again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from bandstand.kernel.progress import Progress
from bandstand.media.digest import Digest, digest
from bandstand.store.ingest.rules.report import Findings
from bandstand.store.ingest.services.collect import Collected, Entry


def digests(found: Collected, findings: Findings, progress: Progress) -> dict[str, Digest]:
    """Return the digest of each file that counts, by name; progress counts bytes."""
    result: dict[str, Digest] = {}
    for entry in found.entries():
        try:
            result[entry.name] = _digest(entry, progress)
        except OSError as error:
            findings.refuse(
                "file.unreadable",
                f"{entry.name} can't be read: {error.strerror or type(error).__name__}.",
                hint="Check its permissions and the disk.",
                file=entry.name,
            )
    return result


def digest_of_all(files: Mapping[str, Digest]) -> str:
    """Return one SHA-256 over the names and contents of a delivery."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{files[name].sha256} {name}\n".encode())
    return whole.hexdigest()


def _digest(entry: Entry, progress: Progress) -> Digest:
    handle = os.open(
        entry.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
    )  # it may have become a link since it was listed
    with open(handle, "rb") as stream:
        return digest(stream, progress=progress)
