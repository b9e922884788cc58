from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from tests.conftest import NOW

from bandstand.webkit.limits import TooManyError, forgive, limit, refuse_over
from bandstand.webkit.models import Tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_from(rf):
    def make(address="192.0.2.1", user=None):
        request = rf.get("/", REMOTE_ADDR=address)
        request.user = user or AnonymousUser()
        return request

    return make


def often(request, times, *, what="signin", rate="3/m", now=NOW, **more):
    """Try so often; return how many were let through."""
    passed = 0
    for _ in range(times):
        try:
            limit(request, what, rate=rate, now=now, **more)
        except TooManyError:
            continue
        passed += 1
    return passed


def test_only_so_many_get_through(request_from):
    assert often(request_from(), 10) == 3


def test_the_refusal_says_when_it_is_allowed_again(request_from):
    often(request_from(), 3)
    with pytest.raises(TooManyError) as refused:
        limit(request_from(), "signin", rate="3/m", now=NOW + timedelta(seconds=18))
    assert refused.value.retry_after == 42
    assert often(request_from(), 5, now=NOW + timedelta(seconds=18 + 42)) == 3


def test_what_is_refused_does_not_push_the_end_away(request_from):
    often(request_from(), 3)
    often(request_from(), 50, now=NOW + timedelta(seconds=59))
    assert often(request_from(), 1, now=NOW + timedelta(seconds=60)) == 1


def test_acts_and_addresses_are_counted_apart(request_from):
    assert often(request_from(), 5) == 3
    assert often(request_from(), 5, what="search") == 3
    assert often(request_from("192.0.2.2"), 5) == 3


def test_a_whole_ipv6_network_is_one_visitor(request_from):
    assert often(request_from("2001:db8:1:2::1"), 3) == 3
    assert often(request_from("2001:db8:1:2:ffff::9"), 3) == 0
    assert often(request_from("2001:db8:1:3::1"), 3) == 3


def test_an_account_is_counted_wherever_it_comes_from(request_from, ben, cleo):
    assert often(request_from("192.0.2.1", ben), 2, by="account") == 2
    assert often(request_from("192.0.2.2", ben), 2, by="account") == 1
    assert often(request_from("192.0.2.2", cleo), 2, by="account") == 2


def test_an_address_under_attack_is_counted_whoever_tries(request_from):
    assert often(request_from("192.0.2.1"), 2, by="value", value="ben@example.org") == 2
    assert often(request_from("192.0.2.2"), 2, by="value", value=" Ben@Example.org") == 1


def test_nobody_can_read_from_the_table_who_it_was(request_from):
    often(request_from(), 1, by="value", value="ben@example.org")
    assert "ben" not in Tally.objects.get().key


def test_who_is_over_his_limit_writes_nothing(request_from, django_assert_num_queries):
    often(request_from(), 3)
    with django_assert_num_queries(1):
        often(request_from(), 1)


def test_a_shared_cache_counts_the_same(request_from, settings, tmp_path):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": tmp_path}
    }
    assert often(request_from(), 10) == 3
    assert Tally.objects.count() == 0
    assert often(request_from(), 10, now=NOW + timedelta(minutes=1)) == 3


@pytest.mark.parametrize("shared", [False, True])
def test_what_is_forgiven_was_never_counted(request_from, settings, tmp_path, shared):
    if shared:
        backend = "django.core.cache.backends.filebased.FileBasedCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": tmp_path}}
    often(request_from(), 3)
    often(request_from("192.0.2.2"), 3)
    forgive(request_from(), "signin", rate="3/m", now=NOW)
    assert often(request_from(), 5) == 3
    assert often(request_from("192.0.2.2"), 1) == 0


def test_who_is_over_the_limit_is_refused_without_being_counted(request_from):
    refuse_over(request_from(), "code", rate="3/m", now=NOW)
    often(request_from(), 3, what="code")
    for _ in range(2):
        with pytest.raises(TooManyError) as refused:
            refuse_over(request_from(), "code", rate="3/m", now=NOW + timedelta(seconds=20))
    assert refused.value.retry_after == 40
    refuse_over(request_from("192.0.2.2"), "code", rate="3/m", now=NOW)
    refuse_over(request_from(), "code", rate="3/m", now=NOW + timedelta(seconds=60))
