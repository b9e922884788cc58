"""What the callers of media load, and what they never do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import bandstand


def test_no_decoder_is_loaded_into_the_callers_process():
    public = (
        "atrac3",
        "child",
        "codecs",
        "convert",
        "containers",
        "digest",
        "encoders",
        "pictures",
        "pipeline",
        "probe",
        "recipes",
        "sniff",
        "tags",
        "waveform",
    )
    code = "import json, sys\n" + "".join(f"import bandstand.media.{name}\n" for name in public)
    code += "list(bandstand.media.recipes.RECIPES)\nlist(bandstand.media.codecs.CODECS)\n"
    code += "list(bandstand.media.containers.FORMATS)\n"
    code += "import bandstand.cli.convert\n"  # which shows bytes of others to child processes only
    code += "print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(Path(bandstand.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"av", "PIL", "mutagen", "numpy", "django"}
