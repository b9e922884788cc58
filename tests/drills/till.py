"""The till under anything that can happen in any order, for long; and whether it notices faults.

Run it from the checkout: `python -m tests.drills.till [--runs N] [--steps N] [--plant NAME]`. `--plant all` puts one
fault after the other into the till and says for each whether the machine has found it. The database is the one that
the environment names (BANDSTAND_DATABASE_URL), a test database beside it; else SQLite in memory.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from unittest.mock import patch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
SERVICES = "bandstand.store.orders.services"


def _uncounted(line, amount):
    from bandstand.kernel.money import Money

    return amount or Money(line.gross, line.order.currency)


def _off_by_one(refund):
    from bandstand.kernel.money import Money

    line, currency = refund.line, refund.line.order.currency
    return [
        ("payable", line.seller.slug, Money(refund.amount - refund.tax + 1, currency)),
        ("tax", line.place_of_supply, Money(refund.tax - 1, currency)),
    ]


def _rounded_alone(amount, *, net, tax, net_back, tax_back):
    return min((2 * tax * amount + net + tax) // (2 * (net + tax)), amount)


def _ended_by_a_part(line, refunds):
    """Revoke by hand: what `rights.end` ends wrongly, it gives again at once."""
    from bandstand.store.grants import services as grants

    order, thing = line.order, {"release_id": line.release_id, "part_id": line.part_id}
    grants.revoke(source=order.source, **thing, why="A part went back.", now=order.ended_at)
    return False


def _nothing(*args, **facts):
    return None


PLANTS: dict[str, tuple[str, Callable[..., object]]] = {
    "refund-above-paid": (f"{SERVICES}.intents._reserve", _uncounted),
    "grant-kept-after-refund": (f"{SERVICES}.refunds.rights.is_over", lambda line, refunds: False),
    "grant-lost-with-a-part": (f"{SERVICES}.refunds.rights.is_over", _ended_by_a_part),
    "posting-off-by-one": (f"{SERVICES}.losses.sides_of", _off_by_one),
    "tax-of-parts-rounded-alone": (f"{SERVICES}.intents.refund_tax", _rounded_alone),
    "voucher-used-twice": (f"{SERVICES}.checkout.vouchers.redeem", _nothing),
    "dispute-forgotten": (f"{SERVICES}.disputes._mean", _nothing),
    "dispute-before-payment-forgotten": (f"{SERVICES}.disputes.catch_up", _nothing),
    "album-for-disputed-tracks": (f"{SERVICES}.handing.rights.hollow", lambda lines: frozenset()),
    "album-unpaid-and-not-returned": (f"{SERVICES}.handing.look_again", _nothing),
    "gift-kept-by-its-giver": (f"{SERVICES}.gifts.hold", lambda order, now: False),
    "refused-refund-keeps-the-title": (f"{SERVICES}.refunds.rights.keep", _nothing),
}


@contextlib.contextmanager
def planted(name: str) -> Iterator[None]:
    """Put a fault into the till."""
    where, fault = PLANTS[name]
    with patch(where, fault):
        yield


def play(*, runs: int, steps: int) -> None:
    """Let the machine run; it raises what it finds."""
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.integration.money.till_machine import Till

    run_state_machine_as_test(
        Till,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def hunt(name: str, *, runs: int, steps: int) -> bool:
    """Say whether the machine finds a planted fault."""
    begun = time.monotonic()
    try:
        with planted(name), open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            play(runs=runs, steps=steps)
    except Exception as found:  # noqa: BLE001 - whatever it found: an assertion, a constraint that spoke
        cause = found.exceptions[0] if isinstance(found, ExceptionGroup) else found
        where = cause.__traceback__
        while where and where.tb_next and "till_machine" not in where.tb_frame.f_code.co_filename:
            where = where.tb_next
        place = where.tb_frame.f_code.co_name if where else "?"
        print(f"{name:36} found after {time.monotonic() - begun:5.1f} s by {type(cause).__name__} in {place}")
        return True
    print(f"{name:36} NOT FOUND in {runs} runs of {steps} steps")
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--plant", choices=[*PLANTS, "all"])
    said = parser.parse_args()
    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    settings.MIGRATION_MODULES = dict.fromkeys(_apps())
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        if said.plant is None:
            begun = time.monotonic()
            play(runs=said.runs, steps=said.steps)
            print(f"{said.runs} runs of {said.steps} steps: nothing found, {time.monotonic() - begun:.0f} s")
            return 0
        names = PLANTS if said.plant == "all" else [said.plant]
        missed = [name for name in names if not hunt(name, runs=said.runs, steps=said.steps)]
        return 1 if missed else 0
    finally:
        teardown_databases(databases, verbosity=0)


def _apps() -> list[str]:
    from django.apps import apps

    return [config.label for config in apps.get_app_configs()]


if __name__ == "__main__":
    sys.exit(main())
