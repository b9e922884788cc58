"""A master to work on, and the files of our own making that tags are written to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.integration.media import signals

from bandstand.media import probe


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 2 s of tone and noise in a WAV file."""
    sound = np.concatenate((signals.tone(1), signals.noise(1)))
    return signals.write_wav(tmp_path_factory.mktemp("conformance") / "master.wav", sound)


@pytest.fixture(scope="session")
def encoded(master: Path) -> dict[str, Path]:
    """Return the master in every kind."""
    return {kind: signals.encode(master, kind) for kind in signals.ENCODED}


@pytest.fixture(scope="session")
def facts(encoded: dict[str, Path]) -> dict[str, probe.AudioFacts]:
    """Return what is proved about each of them."""
    return {kind: probe.probe(path) for kind, path in encoded.items()}
