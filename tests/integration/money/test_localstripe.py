"""Stripe's provider against localstripe, a free stand-in that others wrote: what it has, our words fit.

It knows no Checkout Sessions, no disputes, no metadata on charges, no idempotency keys and sends no events of refunds
(1.15.10). So its payments are made through `charge`, and sessions are tried against `tests/gateway` alone. It is a
process of its own here, and nothing of it is imported.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from tests.integration.money.conftest import deliver, euro, free_port

from bandstand.store.payments import services as payments
from bandstand.store.payments.providers import (
    PROVIDERS,
    DeclinedByProviderError,
    Intent,
    Known,
    RefundIntent,
    _stripe_api,
)

pytestmark = [pytest.mark.servers, pytest.mark.django_db]

STRIPE = PROVIDERS.get("stripe")
KEY = "sk_test_12345"
SECRET = "whsec_local"


class Local:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def post(self, path, **facts):
        body = urllib.parse.urlencode(facts).encode()
        request = urllib.request.Request(self.url + path, data=body, headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            said = answer.read()
        return json.loads(said) if said.strip() else None

    def wallet(self, number="4242424242424242"):
        """A customer with a card, as a mandate of ours names them."""
        card = {"card[number]": number, "card[exp_month]": 12, "card[exp_year]": 2040, "card[cvc]": "123"}
        method = self.post("/v1/payment_methods", type="card", **card)
        customer = self.post("/v1/customers", email="ben@example.org")
        self.post(f"/v1/payment_methods/{method['id']}/attach", customer=customer["id"])
        return f"{customer['id']}:{method['id']}"


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    port = free_port()
    command = [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    folder = tmp_path_factory.mktemp("localstripe")
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            command,
            env=os.environ | {"TMPDIR": str(folder)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    local, deadline = Local(port), time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(local.url, timeout=2).close()
            break
        assert running.poll() is None, (folder / "log").read_text()
        time.sleep(0.05)
    yield local
    running.kill()
    running.wait(20)


@pytest.fixture
def local(process, settings, ear):
    settings.PAYMENT_PROVIDERS = ["stripe"]
    settings.STRIPE_URL = settings.STRIPE_PAGES_URL = process.url
    settings.STRIPE_KEY, settings.STRIPE_WEBHOOK_SECRET = KEY, SECRET
    process.post("/_config/webhooks/store", url=ear.url, secret=SECRET)
    return process


@pytest.fixture
def context(local, right_now):
    return payments.context_of(STRIPE, right_now)


def charge(context, local, key, *, card="4242424242424242"):
    intent = Intent(key=key, order_number="B1", amount=euro(899), return_url="")
    return STRIPE.charge(context, intent, local.wallet(card))


def test_it_has_no_checkout_sessions(context):
    """The day this fails, sessions can be tried against it too."""
    intent = Intent(key="pay-1", order_number="B1", amount=euro(899), return_url="http://localhost/")
    with pytest.raises(DeclinedByProviderError):
        STRIPE.start(context, intent)
    reply = _stripe_api.call(context, "GET", "/v1/checkout/sessions")
    assert reply.status == 404


@pytest.mark.parametrize("cents", [[899], [300, 599]])
def test_a_payment_is_made_and_goes_back(context, local, cents):
    paid = charge(context, local, f"pay-{len(cents)}")
    assert (paid.state, paid.amount) == ("paid", euro(899))
    known = Known(key=f"pay-{len(cents)}", provider_ref="cs_none", amount=euro(899), charge_ref=paid.charge_ref)
    for number, part in enumerate(cents):
        intent = RefundIntent(key=f"ref-{number}", payment=known, amount=euro(part), reason="a wish")
        sent = STRIPE.refund(context, intent)
        assert (sent.state, sent.provider_ref[:3]) == ("done", "re_")
        again = RefundIntent(
            key=f"ref-{number}", payment=known, amount=euro(part), reason="a wish", sent_at=context.now
        )
        assert STRIPE.refund(context, again).provider_ref == sent.provider_ref  # found in its list, not made anew
        named = RefundIntent(
            key=f"ref-{number}", payment=known, amount=euro(part), reason="", provider_ref=sent.provider_ref
        )
        assert STRIPE.refund(context, named).state == "done"


def test_its_signed_event_of_a_payment_pays_an_order(shop, album, ben, local, ear, client, context, right_now):
    payment = shop.meant(shop.order(ben, album, now=right_now), provider="stripe", now=right_now)
    charge(context, local, payment.key)
    heard = []
    while payment.key not in heard:
        headers, body = ear.next()
        assert deliver(client, headers, body) in {200, 202}  # events of the tests before come late
        heard.append(json.loads(body)["data"]["object"].get("metadata", {}).get("bandstand_payment"))
    payment.refresh_from_db()
    assert (payment.state, payment.charge_ref[:3]) == ("succeeded", "pi_")
    assert ben.grants.count() == 1


def test_a_card_without_money_fails_the_charge(context, local):
    assert charge(context, local, "pay-3", card="4000000000000341").state == "failed"
