"""Frames of ATRAC3 put into another container as they are, so that nothing is lost twice; in the child process only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bandstand.kernel.errors import FormatError
from bandstand.licences.openmg import Keys
from bandstand.media._atrac3 import tell
from bandstand.media.codecs.atrac3.decoder import BLOCK, Decoder
from bandstand.media.containers import FORMATS, oma
from bandstand.media.convert._describe import damaged
from bandstand.media.convert._kinds import Kind
from bandstand.media.declared import DamagedMediaError
from bandstand.media.tags import Tags


def carry(request: Mapping[str, object]) -> dict[str, object]:
    """Write the frames of `path` into an untagged OMA file. Each is decoded on the way, to know that it is whole.

    Raises
    ------
    LockedError
        It is protected: nothing was tried.
    DamagedMediaError
        A frame breaks the syntax, or the last one is cut off.
    """
    path, kind = Path(str(request["path"])), Kind(str(request["kind"]))
    try:
        with path.open("rb") as stream, Path(str(request["target"])).open("xb") as sink:
            reader = FORMATS.get(kind).open(stream, Keys())
            facts = reader.facts
            if facts.cut or not facts.frames or facts.frame_bytes is None:
                raise DamagedMediaError(path=path, what="its last frame is cut off", place="at its end")
            decoder = Decoder(facts.frame_bytes, joint=facts.joint, channels=facts.channels or 2)
            writer, done = oma.create(sink, facts, Tags()), 0
            for frames in reader.blocks(frames=BLOCK):
                decoder.decode(frames)
                writer.write(frames)
                done += len(frames)
                tell(done / (facts.frames * facts.frame_bytes))
            writer.close()
    except FormatError as error:
        raise damaged(path, error) from error
    return {"frames": facts.frames}
