"""The till under anything that can happen in any order; `python -m tests.drills.till` does it for long."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.integration.money.till_machine import Till


@pytest.mark.django_db
def test_in_any_order_of_things_titles_follow_money_and_the_books_agree_with_the_banks():
    run_state_machine_as_test(
        Till,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
