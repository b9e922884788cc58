"""The drills in small, and that their judge sees what is wrong."""

from __future__ import annotations

import copy
import os
import random

import pytest
from tests.crash.paying_verdict import differences
from tests.drills.webhooks import storm
from tests.integration.money.house import database
from tests.on_postgres import unreachable

STORE = {
    "payments": {"pay-1": ["succeeded", "B1", 899, "pi_1"], "pay-2": ["failed", "B2", 899, ""]},
    "paid_orders": ["B1", "B3"],
    "orders": ["B1", "B2", "B3"],
    "free": ["B3"],
    "refunds": {"ref-1": ["succeeded", 300]},
    "disputes": {},
    "without_grant": [],
    "granted_twice": [],
    "kept_unpaid": [],
    "unpaid_grants": [],
    "grants": 2,
    "live_grants": 2,
    "unbalanced": [],
    "trial": 0,
    "clearing": 599,
    "settled": 1,
    "surplus": 0,
    "events": 3,
    "declines": 0,
}
GATEWAY = {
    "payments": {
        "pi_1": {"key": "pay-1", "paid": True, "amount": 899, "currency": "EUR", "refunded": 300, "disputed": 0}
    },
    "refunds": {"re_1": ["ref-1", 300, "succeeded"]},
    "calls": {},
}


def test_one_story_is_one_story():
    assert differences(STORE, GATEWAY)[1] == []


@pytest.mark.parametrize(
    "planted",
    [
        lambda store, gateway: store["payments"].update({"pay-1": ["started", "B1", 899, ""]}),
        lambda store, gateway: gateway["payments"]["pi_1"].update(paid=False),
        lambda store, gateway: gateway["payments"]["pi_1"].update(amount=900),
        lambda store, gateway: gateway["payments"]["pi_1"].update(refunded=301),
        lambda store, gateway: store["refunds"].update({"ref-1": ["intended", 300]}),
        lambda store, gateway: gateway["refunds"].update({"re_2": ["ref-1", 300, "succeeded"]}),
        lambda store, gateway: store["paid_orders"].append("B2"),
        lambda store, gateway: store.update(settled=2),
        lambda store, gateway: store.update(clearing=598),
        lambda store, gateway: store.update(trial=1),
        lambda store, gateway: store.update(without_grant=["B1"]),
        lambda store, gateway: store.update(unpaid_grants=["order:B2"]),
        lambda store, gateway: store.update(kept_unpaid=["B1"]),
    ],
)
def test_a_planted_fault_is_found(planted):
    store, gateway = copy.deepcopy(STORE), copy.deepcopy(GATEWAY)
    planted(store, gateway)
    assert differences(store, gateway)[1]


@pytest.mark.servers
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_storm_of_webhooks_has_each_effect_once(kind, tmp_path):
    if kind == "postgres" and (reason := unreachable()):
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"PostgreSQL is required: {reason}")
        pytest.skip(f"PostgreSQL: {reason}")
    with database(kind, tmp_path) as url:
        figures, wrong = storm(url, tmp_path, deliveries=200, copies=5, parallel=8, chance=random.Random(3))
    assert wrong == []
    assert figures["deliveries"] > 200
    assert set(figures["answers"]) == {200, 202, 400}
