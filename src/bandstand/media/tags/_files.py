"""Reading and writing the tags of a file, whichever scheme it keeps them in."""

from __future__ import annotations

import dataclasses
import tempfile
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bandstand.kernel.errors import InputError
from bandstand.kernel.registry import Registry, UnknownPluginError
from bandstand.kernel.units import Bytes, Seconds
from bandstand.media import child
from bandstand.media.digest import Digest
from bandstand.media.sniff import Container, recognise
from bandstand.media.tags._model import MAX_PICTURE, Picture, Tags, TagScheme, UnreadableTagsError
from bandstand.media.tags._splice import splice

SCHEMES: Registry[TagScheme] = Registry(kind="tag scheme", package="bandstand.media.tags", name="TAGS", of=TagScheme)


class CoverNotTakenError(InputError):
    """A cover that tags can't carry."""

    code = "media.cover_not_taken"

    def __init__(self, *, path: Path, size: int) -> None:
        self.path, self.size = path, size
        super().__init__(
            f"The cover for {path.name} can't be put into its tags.",
            hint=f"Give a JPEG or PNG of at most {MAX_PICTURE // 1024**2} MB.",
        )


def scheme(container: Container) -> TagScheme:
    """Return the scheme of a container."""
    for found in SCHEMES:
        if container in found.containers:
            return found
    raise UnknownPluginError("tag scheme for", container, [found.slug for found in SCHEMES])


def read(path: Path) -> Tags:
    """Read the tags of a foreign file in a child process; a file without any gives empty ones.

    Raises
    ------
    UnsupportedMediaError
        It is no sound we take.
    UnreadableTagsError
        The structure that holds the tags is broken.
    """
    request = {"path": str(path.resolve()), "container": recognise(path)}
    return told(
        child.call("tags", request, seconds=Seconds(60), memory=Bytes(1024**3), refusals=(UnreadableTagsError,))
    )


def told(values: Mapping[str, Any]) -> Tags:  # Any: one JSON object with a value of its own type under each name
    """Return the tags that a child told."""
    fields = dict(values)
    picture = fields.pop("picture")
    return Tags(**fields, picture=Picture(b64decode(picture["data"]), picture["mime"]) if picture else None)


def write(path: Path, tags: Tags, *, picture: bytes | None) -> None:
    """Replace all tags, and the cover, of a file of our own making; arguments and errors as `retag`."""
    with tempfile.TemporaryDirectory(prefix=".tagging-", dir=path.parent) as folder:
        made = Path(folder) / path.name
        retag(path, made, tags, picture=picture)
        made.replace(path)


def retag(source: Path, target: Path, tags: Tags, *, picture: bytes | None) -> Digest:
    """Copy a file of our own making with these tags, this cover, and nothing else said; return the copy's digest.

    The sound is read once and written once, and hashed on the way. The same tags always give the same bytes.

    Parameters
    ----------
    picture
        The cover, PNG or JPEG; None leaves the file without one, whatever `tags.picture` holds.

    Raises
    ------
    CoverNotTakenError
        The cover is of another kind, or too large.
    """
    container = recognise(source)
    whole = dataclasses.replace(tags, picture=Picture(picture, "") if picture is not None else None)
    if picture is not None and whole.picture is None:
        raise CoverNotTakenError(path=source, size=len(picture))
    with source.open("rb") as head, source.open("rb", buffering=0) as sound, target.open("xb", buffering=0) as sink:
        return splice(sound, sink, scheme(container).compose(head, container, whole))
