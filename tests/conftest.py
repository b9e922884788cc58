"""The cast: Ada sells, Ben bought, Cleo is a stranger. The clock: noon on a Friday."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest


@pytest.fixture(autouse=True, scope="session")
def no_update_over_a_join():
    """A conditional update over a join becomes a subquery, whose conditions PostgreSQL does not check again after
    waiting for another writer (READ COMMITTED): two of two would win the race. No code of ours may write one.
    """
    from django.db.models.sql.compiler import SQLUpdateCompiler

    prepare = SQLUpdateCompiler.pre_sql_setup

    def checked(self):
        self.query.get_initial_alias()
        assert self.query.count_active_tables() == 1, f"an update over a join: {self.query.model.__name__}"
        return prepare(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLUpdateCompiler, "pre_sql_setup", checked)
        yield


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
