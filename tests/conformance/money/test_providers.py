"""What every payment provider keeps to: one suite over the registry."""

from __future__ import annotations

import contextlib
import json
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
GOOD: dict[str, dict[str, object]] = {  # what a provider's server answers when a payment begins well, if it has one
    "pretend": {"ref": "pt_1", "page": "/pay/pt_1"},
    "stripe": {
        "id": "cs_test_1",
        "url": "http://127.0.0.1:9/c/pay/cs_test_1",
        "client_reference_id": INTENT.key,
        "metadata": {"bandstand_payment": INTENT.key},
        "status": "open",
        "payment_status": "unpaid",
        "amount_total": 899,
        "currency": "eur",
    },
    "manual": {},
}
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
                b'{"id":"cs_1","status":"open","client_reference_id":"pay-1","metadata":{"bandstand_payment":"pay-1"}}',
                b'{"id":1,"status":[],"client_reference_id":[],"metadata":[]}',
                json.dumps(GOOD["stripe"] | {"status": [], "payment_status": {}}).encode(),
                json.dumps(GOOD["stripe"] | {"status": "complete", "payment_intent": {"status": ["x"]}}).encode(),
                json.dumps(GOOD["stripe"] | {"payment_status": "paid", "amount_total": -1}).encode(),
                b'{"id":"re_1","status":"succeeded","amount":true,"currency":"eur"}',
                b'{"id":"pi_1","status":["succeeded"],"amount":1,"currency":"xxx"}',
                b'{"error":{"code":["x"],"type":null}}',
                b'{"error":"sk_live_secret"}',
                b'{"data":[1,{"metadata":1}],"has_more":true}',
            ]
        ),
    ),
)
def test_any_answer_gives_a_result_or_one_of_two_errors(provider, verb, status, body):
    act, kind = VERBS[verb]
    with contextlib.suppress(*EXPECTED):
        assert isinstance(act(provider, context_with(provider, answering(status, body))), kind)


@each_provider
@pytest.mark.parametrize(
    "page",
    [
        "//evil.example/",
        "http://evil.example/pay",
        "http://127.0.0.1:9@evil.example/pay",
        "http://127.0.0.1:99/pay",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_the_visitor_is_sent_nowhere_but_to_the_provider(provider, page):
    said = GOOD[provider.slug] | {"page": page, "url": page}
    answer = answering(200, json.dumps(said).encode())
    try:
        started = provider.start(context_with(provider, answer), INTENT)
    except EXPECTED:
        return
    assert not started.redirect_url or provider.slug == "manual"


@each_provider
@settings(max_examples=200, deadline=None)
@given(
    body=st.binary(max_size=300),
    signed=st.text(max_size=100),
    name=st.sampled_from(["pretend-signature", "stripe-signature"]),
)
def test_any_bytes_that_nobody_signed_are_refused(provider, body, signed, name):
    with pytest.raises((ForgedEventError, BrokenEventError)):
        provider.read_event(context_with(provider, unreachable), {name: signed}, body)


@each_provider
def test_it_either_redirects_or_tells_what_to_do(provider):
    answer = answering(200, json.dumps(GOOD[provider.slug]).encode())
    started = provider.start(context_with(provider, answer), INTENT)
    assert bool(started.redirect_url) == provider.redirects
    assert bool(started.redirect_url) != bool(started.instructions)
    assert started.provider_ref


@each_provider
@each_verb
@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_key_that_is_not_accepted_and_too_many_calls_say_nothing_of_the_payment(provider, verb, status):
    act, kind = VERBS[verb]
    called = []

    def refusing(*said, **facts):
        called.append(said)
        return Reply(status, {}, b"{}")

    try:
        assert isinstance(act(provider, context_with(provider, refusing)), kind)
    except UnreachableError:
        return
    except DeclinedByProviderError:
        assert not called
    assert not called


@each_provider
def test_what_goes_wrong_never_tells_a_secret(provider):
    secret = "sk-very-secret"
    values = {name: "http://127.0.0.1:9" if name.endswith("_URL") else secret for name in provider.settings}
    for status in (400, 401, 402, 404, 409, 429, 500):
        body = json.dumps({"error": {"code": secret, "message": secret, "type": f"no {secret}"}}).encode()
        context = ProviderContext(settings=values, now=NOW, http=answering(status, body))
        for act, _ in VERBS.values():
            try:
                said = str(act(provider, context))
            except EXPECTED as error:
                said = f"{error} {error!r}"
            assert secret not in said or provider.slug == "manual"


@each_provider
def test_what_was_missed_is_a_list_or_the_world_that_fails(provider):
    if provider.missed is None:
        return
    for status, body in ((200, b"{}"), (200, b'{"data":[{"id":1}],"has_more":true}'), (500, b""), (401, b"{}")):
        with contextlib.suppress(*EXPECTED):
            assert list(provider.missed(context_with(provider, answering(status, body)), NOW).events) == []
