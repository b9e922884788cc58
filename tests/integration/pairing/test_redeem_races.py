"""Eight processes redeem one code at the same moment, on both databases."""

from __future__ import annotations

import os

import pytest
from tests.integration.money.house import racers
from tests.on_postgres import unreachable

pytestmark = [pytest.mark.timeout(120), pytest.mark.servers]

USE = """
from django.utils import timezone
from bandstand.store.accounts.models import User
from bandstand.store.pairing import services
from bandstand.store.pairing.models import AppToken, DeviceCode
"""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def eight(request, tmp_path_factory):
    if request.param == "postgres" and (reason := unreachable()):
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"PostgreSQL is required: {reason}")
        pytest.skip(f"PostgreSQL: {reason}")
    with racers(request.param, tmp_path_factory.mktemp("redeem")) as opened:
        yield opened


def test_eight_who_redeem_one_code_get_one_token(eight):
    codes = eight.one(
        USE
        + """
ben = User.objects.create_user("redeem@example.org", "a quiet harbour")
result = []
for n in range(10):
    asked = services.ask(client_id="fetch", name=f"Fetch {n}", asked_from="127.0.0.1", now=timezone.now())
    services.answer(code_id=DeviceCode.objects.latest("pk").pk, holder=ben, allow=True, now=timezone.now())
    result.append(asked.device_code)
"""
    )
    said = eight.all(
        USE
        + """
result = []
for code in codes:
    try:
        result.append(services.redeem(device_code=code, client_id="fetch", now=timezone.now()))
    except services.UnknownCodeError:
        pass
""",
        codes=codes,
    )
    assert not [answer["trace"] for answer in said if "error" in answer]
    assert len([token for answer in said for token in answer["result"]]) == 10
    assert eight.one(
        USE + "result = [AppToken.objects.count(), DeviceCode.objects.filter(state='redeemed').count()]"
    ) == [10, 10]
