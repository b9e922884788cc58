"""The other side of `child.call`: `python -I _worker.py FUNCTION REQUEST`, both ends JSON, one call, then gone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

Handler = Callable[[Mapping[str, object]], Mapping[str, object]]

_HANDLERS = {
    "probe": "bandstand.media.measure:probe",
    "examine": "bandstand.media.measure:examine",
    "level": "bandstand.media.measure:level",
    "quality": "bandstand.media.qc._listen:examine",
    "tags": "bandstand.media.tags._inside:read",
    "picture": "bandstand.media._pixels:examine",
    "resize": "bandstand.media._pixels:resize",
    "pages": "bandstand.media._pages:count",
}


def main(function: str, request: str) -> None:
    """Write the answer, or the refusal with its facts, to standard output."""
    sys.path.insert(0, str(Path(__file__).parents[2]))  # -I leaves out the folder that this package stands in
    from bandstand.kernel.errors import BandstandError

    module, name = _HANDLERS[function].split(":")
    handler: Handler = getattr(import_module(module), name)
    try:
        answer: Mapping[str, object] = {"result": handler(json.loads(request))}
    except BandstandError as error:
        facts = {name: getattr(error, name) for name in getattr(error, "facts", ())}
        answer = {"refused": error.code, "facts": facts, "sentence": error.sentence}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:3])
