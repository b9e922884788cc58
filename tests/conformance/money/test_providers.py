"""What every payment provider keeps to: one suite over the registry."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.kernel.money import Money
from bandstand.store.payments.providers import (
    PROVIDERS,
    BrokenEventError,
    DeclinedByProviderError,
    ForgedEventError,
    Intent,
    Known,
    ProviderContext,
    Refunded,
    RefundIntent,
    Reply,
    Standing,
    Started,
    UnreachableError,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PRICE = Money(899, "EUR")
INTENT = Intent(key="pay-1", order_number="B12345678", amount=PRICE, return_url="http://localhost:8000/back/")
KNOWN = Known(key="pay-1", provider_ref="ref-1", amount=PRICE)
REFUND = RefundIntent(key="ref-1", payment=KNOWN, amount=PRICE, reason="a wish")
EXPECTED = (UnreachableError, DeclinedByProviderError)
VERBS = {
    "start": (lambda provider, context: provider.start(context, INTENT), Started),
    "charge": (lambda provider, context: provider.charge(context, INTENT, "man-1"), Standing),
    "ask": (lambda provider, context: provider.ask(context, KNOWN), Standing),
    "refund": (lambda provider, context: provider.refund(context, REFUND), Refunded),
}

each_provider = pytest.mark.parametrize("provider", list(PROVIDERS), ids=lambda provider: provider.slug)
each_verb = pytest.mark.parametrize("verb", VERBS)


def context_with(provider, http):
    values = {name: "http://127.0.0.1:9" if name.endswith("_URL") else "a value" for name in provider.settings}
    return ProviderContext(settings=values, now=NOW, http=http)


def unreachable(method, url, *, headers, body=None):
    raise UnreachableError("nobody is there")


def answering(status, body=b""):
    return lambda *_, **__: Reply(status, {}, body)


def test_every_module_of_providers_loads():
    assert list(PROVIDERS)
    assert PROVIDERS.broken == {}


@each_provider
def test_its_facts_can_be_shown_and_stored(provider):
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", provider.slug)
    assert provider.title
    assert timedelta(minutes=15) <= provider.patience <= timedelta(days=31)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+", name) for name in provider.settings)


@each_provider
@each_verb
def test_a_world_that_does_not_answer_is_told_as_such_or_not_needed(provider, verb):
    act, kind = VERBS[verb]
    with contextlib.suppress(*EXPECTED):
        assert isinstance(act(provider, context_with(provider, unreachable)), kind)


@each_provider
@each_verb
@settings(max_examples=60, deadline=None)
@given(
    status=st.sampled_from([200, 201, 204, 301, 302, 400, 401, 404, 409, 429, 500, 503]),
    body=st.one_of(
        st.binary(max_size=200),
        st.sampled_from(
            [
                b"{}",
                b"[]",
                b"null",
                b"[" * 50_000,
                b'{"ref":1,"state":"paid"}',
                b'{"ref":"r","page":"http://evil.example/pay"}',
                b'{"ref":"r","state":"paid","amount":-1,"currency":"EUR"}',
                b'{"ref":"r","state":"paid","amount":true,"currency":"EUR"}',
                b'{"ref":"r","state":"paid","amount":1,"currency":"XXX"}',
                b'{"ref":"r","state":"paid","amount":1,"currency":["EUR"]}',
                b'{"ref":"r","state":"sort of","amount":1,"currency":"EUR"}',
                b'{"state":["done"]}',
            ]
        ),
    ),
)
def test_any_answer_gives_a_result_or_one_of_two_errors(provider, verb, status, body):
    act, kind = VERBS[verb]
    with contextlib.suppress(*EXPECTED):
        assert isinstance(act(provider, context_with(provider, answering(status, body))), kind)


@each_provider
def test_the_visitor_is_sent_nowhere_but_to_the_provider(provider):
    answer = answering(200, b'{"ref":"r","page":"//evil.example/"}')
    try:
        started = provider.start(context_with(provider, answer), INTENT)
    except EXPECTED:
        return
    assert "evil.example" not in started.redirect_url


@each_provider
@settings(max_examples=200, deadline=None)
@given(
    body=st.binary(max_size=300), signed=st.text(max_size=100), name=st.sampled_from(["pretend-signature", "signature"])
)
def test_any_bytes_that_nobody_signed_are_refused(provider, body, signed, name):
    with pytest.raises((ForgedEventError, BrokenEventError)):
        provider.read_event(context_with(provider, unreachable), {name: signed}, body)


@each_provider
def test_it_either_redirects_or_tells_what_to_do(provider):
    answer = answering(201, b'{"ref":"pt_1","page":"/pay/pt_1"}')
    started = provider.start(context_with(provider, answer), INTENT)
    assert bool(started.redirect_url) == provider.redirects
    assert bool(started.redirect_url) != bool(started.instructions)
    assert started.provider_ref
