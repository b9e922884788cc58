"""Masters whose faults are known, in a store."""

from __future__ import annotations

import pytest
from tests.factories import NOW, make_part, make_release
from tests.sounds import tune, write_sound

from bandstand.media import probe
from bandstand.media.digest import digest
from bandstand.store.assets import services as assets


@pytest.fixture(autouse=True)
def _files(db, settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def deliver(tmp_path):
    """Put a sound into the store as the master of a new part; returns (part, master)."""

    def call(path, *, release=None, isrc="", title=""):
        release = release or make_release()
        part = make_part(release=release, isrc=isrc, **({"title": title} if title else {}))
        master = assets.store_master(path=path, examination=probe.examine(path), expected=digest(path), now=NOW)
        assets.set_sources(masters={part.pk: (master.pk, path.name)}, now=NOW)
        return part, master

    return call


@pytest.fixture(scope="session")
def tunes(tmp_path_factory):
    """Two different tunes of 15 s as WAV."""
    folder = tmp_path_factory.mktemp("tunes")
    return [write_sound(folder / f"{seed}.wav", tune(seed)) for seed in (1, 2)]


@pytest.fixture
def staff(client, ada):
    client.force_login(ada)
    return client
