from __future__ import annotations

import os

import pytest
from tests.integration.jobs.shop import open_shop
from tests.on_postgres import unreachable


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shop(request, tmp_path):
    """Worker processes' database, once on each of the two."""
    if request.param == "postgres" and (reason := unreachable()):
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"PostgreSQL is required: {reason}")
        pytest.skip(f"PostgreSQL: {reason}")
    with open_shop(request.param, tmp_path, hurried=True) as opened:
        yield opened
