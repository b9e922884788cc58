"""Reading the tags of a foreign file; runs in the child process only."""

from __future__ import annotations

import dataclasses
import struct
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from mutagen import MutagenError

from bandstand.media.sniff import Container
from bandstand.media.tags._files import scheme
from bandstand.media.tags._model import UnreadableTagsError


def read(request: Mapping[str, object]) -> dict[str, object]:
    """Return the tags of `path` as JSON can carry them.

    Raises
    ------
    UnreadableTagsError
        The structure is broken; odd text never is a reason.
    """
    path, container = Path(str(request["path"])), Container(str(request["container"]))
    try:
        tags = scheme(container).read(path, container)
    except (
        MutagenError,
        struct.error,
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        OSError,
        EOFError,
        OverflowError,
    ) as error:
        raise UnreadableTagsError(path=path, why=f"{error}" or type(error).__name__) from error
    told = {field.name: getattr(tags, field.name) for field in dataclasses.fields(tags)}
    if tags.picture is not None:
        told["picture"] = {"data": b64encode(tags.picture.data).decode(), "mime": tags.picture.mime}
    return told
