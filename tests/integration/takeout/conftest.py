"""Every test has a store of its own, with its own folder of files."""

from __future__ import annotations

import pytest
from tests.drills import shelf_house
from tests.factories import make_storefront
from tests.house import free_ports


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files-of-the-store"
    settings.FILES_ROOT.mkdir()


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """A running store whose owner has six albums; what is bought or taken back there is put right again."""
    with shelf_house.running(
        tmp_path_factory.mktemp("house"), purchases=6, size=6_000_000, port=free_ports()
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def storefront(db):
    return make_storefront()
