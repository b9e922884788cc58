"""One buyer who pays at the misbehaving gateway, again and again, until killed.

Each act is written to a journal, through to the disk: what the buyer was told, the store must still know.
Run as `python -m tests.crash.paying_buyer NAME JOURNAL`.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import urllib.error
import urllib.request

from tests.crash.checkout_buyer import Journal, now

OUTCOMES = ["pay"] * 8 + ["decline", "decline", "expire", "later", "leave"]
RETURN = "http://localhost:8000/"
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> None:
    import django

    django.setup()
    from django.db import DatabaseError

    from bandstand.store.catalogue.models import Release
    from bandstand.store.deals.models import Storefront

    name, journal, chance = sys.argv[1], Journal(sys.argv[2]), random.Random()
    storefront, releases, number = Storefront.objects.first(), list(Release.objects.prefetch_related("parts")), 0
    while True:
        number += 1
        mail = f"shared{number % 3}" if chance.random() < 0.15 else f"{name}-{os.getpid()}-{number}"
        try:
            buy(f"{mail}@example.org", storefront, chance.sample(releases, chance.randint(1, 3)), journal, chance)
        except DatabaseError as error:
            journal.write(database_error=f"{type(error).__name__}: {error}")
        time.sleep(chance.uniform(0, 0.1))


def buy(email: str, storefront, releases, journal: Journal, chance: random.Random) -> None:
    """Fill a basket, order it, pay (pressing again when the gateway does not answer), look, sometimes want it back."""
    from bandstand.store.deals.rules import Visitor
    from bandstand.store.orders import queries
    from bandstand.store.orders import services as orders

    visitor = Visitor(territory="DE")
    basket = orders.basket_for(holder_id=None, token=None, storefront_id=storefront.pk, now=now())
    for release in releases:
        title = {"release_id": release.pk} if chance.random() < 0.5 else {"part_id": release.parts.all()[0].pk}
        orders.put_in_basket(basket_id=basket.pk, **title, visitor=visitor, now=now())
    basket.refresh_from_db()
    page = queries.basket_page(basket, visitor=visitor, now=now())
    order = orders.place_order(
        basket_id=basket.pk,
        holder_id=None,
        email=email,
        billing_country="DE",
        checkout_key=page.checkout_key,
        expected=page.total,
        now=now(),
    )
    journal.write(ordered=order.number)
    if order.state == "paid":
        journal.write(told_paid=order.number)
        return
    payment = begin(order, journal, chance)
    if payment is None:
        return
    outcome = chance.choice(OUTCOMES)
    press(payment, outcome, chance)
    journal.write(pressed=outcome, payment=payment.key)
    if chance.random() < 0.5:
        look(order, payment, journal, chance)


def begin(order, journal: Journal, chance: random.Random):
    from bandstand.store.orders import services as orders
    from bandstand.store.payments.providers import DeclinedByProviderError, UnreachableError

    for _ in range(chance.choice([1, 2, 3])):
        try:
            return orders.begin_payment(order_id=order.pk, provider="stripe", return_url=RETURN, now=now())
        except (UnreachableError, DeclinedByProviderError):
            journal.write(gateway_away=order.number)
        except (orders.TooManyTriesError, orders.OrderEndedError):
            journal.write(refused=order.number)
            return None
    return None


def look(order, payment, journal: Journal, chance: random.Random) -> None:
    from bandstand.store.orders import services as orders
    from bandstand.store.payments.providers import UnreachableError

    try:
        payment = orders.look_up_payment(payment_id=payment.pk, now=now())
    except UnreachableError:
        journal.write(gateway_away=order.number)
        return
    if payment.state == "succeeded":
        journal.write(told_paid=order.number)
        if chance.random() < 0.25:
            want_back(order, chance)


def want_back(order, chance: random.Random) -> None:
    """The price of a line goes back, sometimes in two parts."""
    from bandstand.kernel.errors import RefusedError
    from bandstand.kernel.money import Money
    from bandstand.store.orders import services as orders

    line = chance.choice(list(order.lines.all()))
    parts = [None] if chance.random() < 0.6 else [Money(1, order.currency), None]
    for amount in parts:
        try:
            orders.refund_line(line_id=line.pk, amount=amount, reason="a wish", by="buyer", now=now())
        except RefusedError:
            return


def press(payment, outcome: str, chance: random.Random) -> None:
    """Do what the payer does on the gateway's page: a declined card is followed by another; banks take their time."""
    steps = {"leave": [], "decline": ["decline", "pay"], "later": ["later", chance.choice(["bank-yes", "bank-no"])]}
    for step in steps.get(outcome, [outcome]):
        body = json.dumps({"key": payment.key, "outcome": step}).encode()
        url = os.environ["PAYING_GATEWAY"] + "/control/pay"
        try:
            _opener.open(urllib.request.Request(url, data=body, method="POST"), timeout=10).close()
        except (urllib.error.URLError, OSError):
            return


if __name__ == "__main__":
    main()
