"""Search for bytes that break the OMA and AT3 readers, led by which lines they reach.

    python -m pip install atheris
    python -m tests.fuzz.atheris_oma -max_total_time=600

Needs Linux and `atheris`, which is no dependency of ours: a run by hand, described in docs/formats/oma.md. It starts
from the whole files of the drill; options are libFuzzer's. It stops at the first error that is no FormatError with a
place and no RefusedError, at two seconds for one file, and at 260 MB, of which the interpreter takes 60.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped,import-not-found]  # installed for the run only

with atheris.instrument_imports(include=["bandstand.media", "bandstand.licences"]):
    from tests.drills import mutate_oma

    from bandstand.media.containers import FORMATS
    from bandstand.media.tags import oma

    LOADED = (oma, *FORMATS)  # plug-ins are loaded at first use, which is too late for being watched

from bandstand.kernel.errors import FormatError, RefusedError

LIMITS = ("-timeout=2", "-rss_limit_mb=260", "-max_len=65536")


def once(content: bytes) -> None:
    """Read one file; any error that gets out of here is a find."""
    try:
        mutate_oma.read(content)
    except FormatError as error:
        if error.at < 0:
            raise
    except RefusedError:
        return


def main() -> None:
    """Fuzz until libFuzzer's limits say that it is enough."""
    with tempfile.TemporaryDirectory() as folder:
        for number, whole in enumerate(mutate_oma.whole_files()):
            Path(folder, f"whole-{number}").write_bytes(whole)
        atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[1:], folder], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
