from __future__ import annotations

from datetime import timedelta

import pytest

from bandstand.webkit.jobs import registry
from bandstand.webkit.jobs.registry import UnknownJobError, job


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    registry.kinds()  # the apps' own jobs register once, when they are loaded: into the real one
    monkeypatch.setattr(registry, "_kinds", {})


def work(*, now, progress):
    """Do nothing."""


def other(*, now, progress):
    """Do nothing either."""


def test_a_registered_function_stays_callable_and_is_found_by_name():
    assert job("tests.work", queue="slow")(work) is work
    assert registry.kind("tests.work").run is work
    assert registry.kind("tests.work").queue == "slow"


def test_a_module_may_be_loaded_twice_but_a_name_has_one_owner():
    job("tests.work")(work)
    job("tests.work")(work)
    with pytest.raises(ValueError, match="registered twice"):
        job("tests.work")(other)


def test_an_unknown_name_is_refused_by_name():
    with pytest.raises(UnknownJobError) as refused:
        registry.kind("tests.mistyped")
    assert refused.value.name == "tests.mistyped"


@pytest.mark.parametrize("every", [timedelta(0), timedelta(milliseconds=10), timedelta(days=8)])
def test_a_period_must_be_one_second_to_seven_days(every):
    with pytest.raises(ValueError, match="every"):
        job("tests.work", every=every)


def test_a_lease_must_leave_time_for_signs_of_life():
    with pytest.raises(ValueError, match="lease"):
        job("tests.work", lease=timedelta(seconds=1))
