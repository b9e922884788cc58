"""What a file is: container, codec, length, tags, protection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

from bandstand.kernel.units import Milliseconds, Seconds
from bandstand.media import child, tags
from bandstand.media.containers import LockedError
from bandstand.media.convert._kinds import Kind, kind_of
from bandstand.media.declared import DamagedMediaError
from bandstand.media.sniff import Container, LockedMediaError, UnsupportedMediaError
from bandstand.media.tags import Tags, UnreadableTagsError

REFUSALS = (DamagedMediaError, UnsupportedMediaError, LockedError)
_SECONDS = Seconds(60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What the headers say; nothing of it is proved by decoding."""

    codec: str
    mode: str = ""  # of ATRAC3: lp2, 105, lp4
    rate: int = 0
    channels: int = 0
    bits: int | None = None
    duration_ms: Milliseconds | None = None
    samples: int | None = None
    frames: int | None = None  # coded ones, where all have the same length
    frame_bytes: int | None = None
    bit_rate: int | None = None
    protected: bool = False
    locked: str = ""  # why it can't be decoded
    cut: bool = False  # the end is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A file."""

    path: Path
    container: Kind
    sound: Sound
    tags: Tags
    tags_fault: str = ""  # why they could not be read

    def told(self) -> dict[str, object]:
        """Return it as JSON has it."""
        sound = {field.name: getattr(self.sound, field.name) for field in fields(self.sound)}
        said = {field.name: getattr(self.tags, field.name) for field in fields(self.tags) if field.name != "picture"}
        picture = self.tags.picture
        return {
            "path": str(self.path),
            "container": self.container,
            **sound,
            "tags": {name: value for name, value in said.items() if value not in (None, "", ())},
            "tags_fault": self.tags_fault,
            "cover": {"mime": picture.mime, "size": len(picture.data)} if picture is not None else None,
        }


def inspect(path: Path) -> Inspected:
    """Look at a file.

    Raises
    ------
    UnsupportedMediaError
        It is no sound that we know; the error says what it is.
    DamagedMediaError
        Its headers break the format.
    """
    try:
        kind = kind_of(path)
    except LockedMediaError as error:
        return Inspected(
            path=path, container=Kind.MP4, sound=Sound(codec="", protected=True, locked=error.found), tags=Tags()
        )
    found = described(path, kind)
    said, fault = tags_of(path, kind)
    return Inspected(path=path, container=kind, sound=found, tags=said, tags_fault=fault)


def described(path: Path, kind: Kind) -> Sound:
    """Return what the headers of a file say. Errors are those of `inspect`."""
    request = {"path": str(path.resolve()), "kind": kind}
    return _sound(child.call("describe", request, seconds=_SECONDS, refusals=REFUSALS))


def tags_of(path: Path, kind: Kind) -> tuple[Tags, str]:
    """Return the tags of a file, and why there are none where they can't be read."""
    if kind.value not in set(Container):
        return Tags(), ""
    try:
        return tags.read(path), ""
    except UnreadableTagsError as error:
        return Tags(), error.sentence


def _sound(told: Mapping[str, object]) -> Sound:
    return Sound(
        codec=cast("str", told["codec"]),
        mode=cast("str", told["mode"]),
        rate=cast("int", told["rate"]),
        channels=cast("int", told["channels"]),
        bits=cast("int | None", told["bits"]),
        duration_ms=cast("Milliseconds | None", told["duration_ms"]),
        samples=cast("int | None", told["samples"]),
        frames=cast("int | None", told["frames"]),
        frame_bytes=cast("int | None", told["frame_bytes"]),
        bit_rate=cast("int | None", told["bit_rate"]),
        protected=cast("bool", told["protected"]),
        locked=cast("str", told["locked"]),
        cut=cast("bool", told["cut"]),
    )
