"""The cast: Ada sells, Ben bought, Cleo is a stranger. The clock: noon on a Friday."""

from __future__ import annotations

import time
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


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(request):
    """Give each test process a database of its own: on PostgreSQL by its name, on SQLite it is in memory anyhow."""
    from django.conf import settings

    worker, database = getattr(request.config, "workerinput", {}).get("workerid"), settings.DATABASES["default"]
    if worker and "postgresql" in database["ENGINE"]:
        database.setdefault("TEST", {})["NAME"] = f"test_{database['NAME']}_{worker}"


@pytest.fixture(autouse=True, scope="session")
def staff_come_with_a_second_factor():
    """`client.force_login` skips the sign-in pages; for staff it leaves what a sign-in with a second factor leaves.

    A test about staff without one signs in through the page.
    """
    from django.test import Client

    sign_in = Client.force_login

    def signed_in(self, user, backend=None):
        sign_in(self, user, backend)
        if user.is_staff:
            give_factor(user)
            session = self.session
            session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
            session["account_authentication_methods_user"] = str(user.pk)
            session.save()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "force_login", signed_in)
        yield


APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_factor(user):
    """Give somebody an authenticator app whose secret is APP_SECRET."""
    from allauth.mfa.models import Authenticator

    from bandstand.store.accounts import seals

    Authenticator.objects.get_or_create(
        user_id=user.pk, type="totp", defaults={"data": {"secret": seals.seal(APP_SECRET)}}
    )


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
