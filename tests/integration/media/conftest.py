"""One short master in every kind, made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.integration.media import signals

from bandstand.media import probe


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 3 s of a tone in a WAV file of 16 bit."""
    return signals.write_wav(tmp_path_factory.mktemp("master") / "tone.wav", signals.tone(3))


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 40 s as FLAC: quiet noise, with a loud passage from 0:05 on."""
    sound = np.concatenate((signals.noise(5, level=0.02), signals.noise(35, level=0.5) + signals.tone(35, level=0.3)))
    folder = tmp_path_factory.mktemp("song")
    return signals.encode(signals.write_wav(folder / "song.wav", sound), "flac")


@pytest.fixture(scope="session")
def encoded(master: Path) -> dict[str, Path]:
    """Return the master in every kind."""
    return {kind: signals.encode(master, kind) for kind in signals.ENCODED}


@pytest.fixture(scope="session")
def facts(encoded: dict[str, Path]) -> dict[str, probe.AudioFacts]:
    """Return what is proved about each of them."""
    return {kind: probe.probe(path) for kind, path in encoded.items()}


@pytest.fixture(scope="session")
def song_facts(song: Path) -> probe.AudioFacts:
    """Return what is proved about the song."""
    return probe.probe(song)


@pytest.fixture(scope="session")
def master_facts(master: Path) -> probe.AudioFacts:
    """Return what is proved about the tone."""
    return probe.probe(master)
