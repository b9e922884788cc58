"""The cast: Ada sells, Ben bought, Cleo is a stranger. The clock: noon on a Friday."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


def _person(name: str, **facts: object):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user(
        f"{name.lower()}@example.org", "a quiet harbour", name=name, joined_at=NOW, **facts
    )


@pytest.fixture
def ada(db):
    return _person("Ada", is_staff=True, is_superuser=True)


@pytest.fixture
def ben(db):
    return _person("Ben")


@pytest.fixture
def cleo(db):
    return _person("Cleo")
