"""One buyer who buys and buys, through the real services and the real gateway, until killed.

Each act is written to a journal, through to the disk: what the buyer was told, the store must still know.
Run as `python -m tests.crash.checkout_buyer NAME JOURNAL`.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

OUTCOMES = ["pay"] * 8 + ["twice", "never", "late", "decline", "abandon"]
RETURN = "http://localhost:8000/"


class Journal:
    """Lines that are on the disk when `write` returns."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - open as long as the process lives

    def write(self, **facts: object) -> None:
        self._file.write(json.dumps(facts) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    import django

    django.setup()
    from django.db import DatabaseError

    from bandstand.store.catalogue.models import Release
    from bandstand.store.deals.models import Storefront

    name, journal, chance = sys.argv[1], Journal(sys.argv[2]), random.Random()
    storefront = Storefront.objects.first()
    releases = list(Release.objects.prefetch_related("parts"))
    number = 0
    while True:
        number += 1
        mail = f"shared{number % 3}" if chance.random() < 0.15 else f"{name}-{os.getpid()}-{number}"
        try:
            buy(f"{mail}@example.org", storefront, chance.sample(releases, chance.randint(1, 3)), journal, chance)
        except DatabaseError as error:
            journal.write(database_error=f"{type(error).__name__}: {error}")
        time.sleep(chance.uniform(0, 0.1))


def buy(email: str, storefront, releases, journal: Journal, chance: random.Random) -> None:
    """Fill a basket, order it (sometimes pressing twice), pay as chance will have it, look, sometimes want it back."""
    from bandstand.store.deals.rules import Visitor
    from bandstand.store.orders import queries
    from bandstand.store.orders import services as orders
    from bandstand.store.payments.providers import DeclinedByProviderError, UnreachableError

    visitor = Visitor(territory="DE")
    basket = orders.basket_for(holder_id=None, token=None, storefront_id=storefront.pk, now=now())
    for release in releases:
        title = {"release_id": release.pk} if chance.random() < 0.5 else {"part_id": release.parts.all()[0].pk}
        orders.put_in_basket(basket_id=basket.pk, **title, visitor=visitor, now=now())
    basket.refresh_from_db()  # a page reads the basket anew
    page = queries.basket_page(basket, visitor=visitor, now=now())
    numbers = set()
    for _ in range(chance.choice([1, 1, 2])):
        order = orders.place_order(
            basket_id=basket.pk,
            holder_id=None,
            email=email,
            billing_country="DE",
            checkout_key=page.checkout_key,
            expected=page.total,
            now=now(),
        )
        numbers.add(order.number)
    journal.write(basket=basket.pk, ordered=sorted(numbers))
    if order.state == "paid":  # it cost nothing
        journal.write(told_paid=order.number)
        return
    try:
        payment = orders.begin_payment(order_id=order.pk, provider="pretend", return_url=RETURN, now=now())
        outcome = chance.choice(OUTCOMES)
        press(payment.redirect_url, outcome)
        journal.write(pressed=outcome, payment=payment.key)
        if chance.random() < 0.5:
            payment = orders.look_up_payment(payment_id=payment.pk, now=now())
        if payment.state == "succeeded":
            journal.write(told_paid=order.number)
            if chance.random() < 0.2:
                want_back(order, chance)
    except (UnreachableError, DeclinedByProviderError, OSError, orders.TooManyTriesError):
        journal.write(gateway_away=order.number)


def want_back(order, chance: random.Random) -> None:
    from bandstand.store.orders import services as orders

    line = chance.choice(list(order.lines.all()))
    try:
        orders.refund_line(line_id=line.pk, reason="a wish", by="buyer", now=now())
    except (orders.NothingToRefundError, orders.RefundRefusedError):
        return


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def press(url: str, outcome: str) -> None:
    """Press a button at the till."""
    opener = urllib.request.build_opener(_Stay(), urllib.request.ProxyHandler({}))
    try:
        opener.open(url, f"outcome={outcome}".encode(), timeout=10).close()
    except urllib.error.HTTPError as error:
        error.close()


if __name__ == "__main__":
    main()
