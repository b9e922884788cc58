"""Stripe's HTTP: forms in, JSON out. What no answer means, and how amounts are counted there.

Sources: https://docs.stripe.com/api (errors, idempotent requests, versioning), https://docs.stripe.com/currencies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from bandstand.kernel.money import DIGITS, Money
from bandstand.store.payments.providers import DeclinedByProviderError, ProviderContext, Reply, UnreachableError

VERSION = "2025-07-30.basil"
"""Sent with every request, so that an account's own version changes nothing. Newer ones add, and take nothing away that
is read here."""

ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

# The request was understood and will not be done. 401 and 403 (our key), 409 (the same key is being worked on), 429 and
# all of 5xx tell nothing about the payment.
_REFUSALS = frozenset({400, 402, 404})
_CODE = re.compile(r"[a-z][a-z0-9_]{0,59}")


def call(
    context: ProviderContext, method: str, path: str, facts: Mapping[str, object] | None = None, *, key: str = ""
) -> Reply:
    """Send one request; `facts` may be nested. `key` makes a repeated one the same act for a day."""
    headers = {"Authorization": f"Bearer {context.settings['STRIPE_KEY']}", "Stripe-Version": VERSION}
    url = context.settings["STRIPE_URL"].rstrip("/") + path
    words = urlencode(list(_flat(facts or {})))
    if method == "GET":
        return context.http(method, f"{url}?{words}" if words else url, headers=headers)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    if key:
        headers["Idempotency-Key"] = key
    return context.http(method, url, headers=headers, body=words.encode())


def good(reply: Reply) -> dict[str, object]:
    """Return the object of a good answer; a plain no is a refusal, all else is the world failing."""
    if reply.status in _REFUSALS:
        raise DeclinedByProviderError(refusal(reply))
    if reply.status not in {200, 201}:
        raise UnreachableError(f"it answered {reply.status}")
    return parsed(reply)


def parsed(reply: Reply) -> dict[str, object]:
    """Return the JSON object of an answer."""
    try:
        answer = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise UnreachableError("its answer is no JSON") from error
    if not isinstance(answer, dict):
        raise UnreachableError("its answer makes no sense")
    return answer


def refusal(reply: Reply) -> str:
    """Return the code of a refusal. Its message is for programmers, and may quote a part of a key."""
    try:
        error = parsed(reply).get("error")
    except UnreachableError:
        error = None
    if isinstance(error, dict):
        for name in ("code", "type"):
            code = error.get(name)
            if isinstance(code, str) and _CODE.fullmatch(code):
                return code
    return f"it answered {reply.status}"


def units(money: Money) -> int:
    """Return an amount as Stripe counts it."""
    theirs, ours = _unit(money.currency)
    whole, rest = divmod(money.amount * theirs, ours)
    if rest:
        raise DeclinedByProviderError(f"{money} can't be written in its units")
    return whole


def money(amount: object, currency: object) -> Money:
    """Return what Stripe counted. ValueError, TypeError or InputError when it makes no sense."""
    if not isinstance(currency, str):
        raise TypeError("currency")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 <= amount < 2**63:
        raise ValueError("no whole number")
    none = Money(0, currency.upper())
    theirs, ours = _unit(none.currency)
    whole, rest = divmod(amount * ours, theirs)
    if rest:
        raise ValueError("smaller than the smallest unit")
    return Money(whole, none.currency)


def _unit(currency: str) -> tuple[int, int]:
    """Return how many units one whole of a currency has there, and here."""
    digits = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return int(10**digits), int(10 ** DIGITS[currency])


def _flat(facts: Mapping[str, object], around: str = "") -> Iterator[tuple[str, str]]:
    """Write nested facts as a form: `metadata[key]`, `line_items[0][quantity]`, `types[]`."""
    for name, value in facts.items():
        where = f"{around}[{name}]" if around else name
        if isinstance(value, Mapping):
            yield from _flat(value, where)
        elif isinstance(value, list):
            for place, one in enumerate(value):
                if isinstance(one, Mapping):
                    yield from _flat(one, f"{where}[{place}]")
                else:
                    yield f"{where}[]", str(one)
        else:
            yield where, str(value)
