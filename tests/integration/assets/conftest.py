from __future__ import annotations

import pytest
from tests.factories import NOW
from tests.sounds import make_sound

from bandstand.media.probe import examine
from bandstand.store.assets import services


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


@pytest.fixture
def tone(tmp_path):
    return make_sound(tmp_path / "01 Harbour.wav")


@pytest.fixture
def stored(db, tone):
    return services.store_master(path=tone, examination=examine(tone), now=NOW)
