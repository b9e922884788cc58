"""The other side of `child.call`, both ends JSON. One call, then gone: `python -I _worker.py FUNCTION REQUEST`.

Or many, each in a fork of its own: `python -I _worker.py --serve SOCKET`.
"""

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
    "intake": "bandstand.media.measure:intake",
    "level": "bandstand.media.measure:level",
    "excerpt": "bandstand.media.measure:excerpt",
    "peak": "bandstand.media.measure:peak",
    "quality": "bandstand.media.qc._listen:examine",
    "tags": "bandstand.media.tags._inside:read",
    "picture": "bandstand.media._pixels:examine",
    "resize": "bandstand.media._pixels:resize",
    "pages": "bandstand.media._pages:count",
    "describe": "bandstand.media.convert._describe:describe",
    "carry": "bandstand.media.convert._carry:carry",
    "unpack": "bandstand.media.convert._unpack:unpack",
    "atrac3": "bandstand.media._atrac3:encode",
}
_SELDOM = {
    "describe",
    "carry",
    "unpack",
    "atrac3",
}  # loaded by a store that never needs them: not before they are asked for


def main(function: str, request: str) -> None:
    """Write the answer, or the refusal with its facts, to standard output, behind what was told meanwhile."""
    from bandstand.kernel.errors import BandstandError

    module, name = _HANDLERS[function].split(":")
    handler: Handler = getattr(import_module(module), name)
    try:
        answer: Mapping[str, object] = {"result": handler(json.loads(request))}
    except BandstandError as error:
        facts = {name: getattr(error, name) for name in getattr(error, "facts", ())}
        answer = {"refused": error.code, "facts": facts, "sentence": error.sentence}
    sys.stdout.write(json.dumps(answer) + "\n")


def serve(control: int) -> None:
    """Fork for each call, with everything loaded that any of them needs, and for each program."""
    from bandstand.media import _forking

    _forking.serve(control, main, _load)


def _load(function: str, *, first: bool) -> None:
    """Load what a function needs, at the first call of it, and at the first call of all what most need."""
    if first:
        for name, place in _HANDLERS.items():
            if name not in _SELDOM:
                import_module(place.split(":")[0])
        from bandstand.media.tags import SCHEMES

        list(SCHEMES)  # plug-ins are loaded at first use, which would be again in every fork
    if function in _SELDOM:
        module = import_module(_HANDLERS[function].split(":")[0])
        getattr(module, "warm", _nothing)()


def _nothing() -> None:
    """Warm up nothing."""


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))  # -I leaves out the folder that this package stands in
    if sys.argv[1] == "--serve":
        serve(int(sys.argv[2]))
    else:
        main(*sys.argv[1:3])
