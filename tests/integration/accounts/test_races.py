"""Four processes at the same moment, on both databases: a code lets in one, staff keep a factor."""

from __future__ import annotations

import os

import pytest
from tests.integration.money.house import racers
from tests.on_postgres import unreachable

pytestmark = pytest.mark.timeout(240)

USE = """
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from tests.conftest import APP_SECRET, NOW, give_factor
from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts import codes, queries, services
from bandstand.store.accounts.models import User
def person(name, **facts):
    return User.objects.get_or_create(email=f"{name}@example.org", defaults={"joined_at": NOW, **facts})[0]
"""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def four(request, tmp_path_factory):
    if request.param == "postgres" and (reason := unreachable()):
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"PostgreSQL is required: {reason}")
        pytest.skip(f"PostgreSQL: {reason}")
    with racers(request.param, tmp_path_factory.mktemp("races"), count=4) as opened:
        yield opened


@pytest.fixture(autouse=True)
def storefront():
    """These tests have databases of their own."""


def results(said):
    errors = [answer.get("trace") for answer in said if "error" in answer]
    assert not errors, errors[0]
    return [answer["result"] for answer in said]


def test_a_code_of_an_app_lets_in_one_of_four(four):
    typed = four.one(USE + 'give_factor(person("app")); result = codes.code_at(APP_SECRET, codes.step_of(NOW))')
    use = USE + 'result = services.use_code(user=person("app"), typed=typed, now=NOW) is not None'
    assert sum(results(four.all(use, typed=typed))) == 1


def test_a_recovery_code_lets_in_one_of_four(four):
    typed = four.one(USE + 'result = RecoveryCodes.activate(person("rc")).generate_codes()[0]')
    use = USE + 'result = services.use_code(user=person("rc"), typed=typed, now=NOW) is not None'
    assert sum(results(four.all(use, typed=typed))) == 1
    assert four.one(USE + 'result = queries.recovery_left(person("rc").pk)') == 9


def test_an_answer_to_a_challenge_counts_once(four):
    use = USE + 'result = [services.spend(f"key:challenge{n}", now=NOW) for n in range(10)]'
    assert [sum(column) for column in zip(*results(four.all(use)), strict=True)] == [1] * 10


def test_staff_who_remove_four_factors_at_once_keep_one(four):
    pks = four.one(
        USE
        + """
staff = person("staff", is_staff=True)
result = [Authenticator.objects.create(user=staff, type="webauthn", data={"name": str(n)}).pk for n in range(4)]
"""
    )
    remove = """
try:
    services.remove_factor(user_id=person("staff").pk, authenticator_id=pks[place], now=NOW)
    result = True
except services.LastFactorError:
    result = False
"""
    assert sorted(results(four.all(USE + remove, pks=pks))) == [False, True, True, True]
    assert four.one(USE + 'result = queries.factors(person("staff").pk).count()') == 1
