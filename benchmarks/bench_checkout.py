"""Checkouts a second with eight clients, on SQLite and PostgreSQL: the full path without the browser.

Run it from the checkout: `python benchmarks/bench_checkout.py [--orders N] [--runs N] [--only sqlite] [--profile]`.

Each client is a process with accounts of its own, and does for each order what the pages do, through the same
services: find the basket, put in a release and a track, show the basket, place the order, begin the payment, and
hear the provider's signed event, which settles it: books, grants, and the jobs that mail the receipt and make the
files. The provider is `pretend`, plug-in, signature and all; only its HTTP exchange is answered at once by this
process instead of a gateway, for it is the store that is measured. Clients treat memory as a process that serves pages
does (`config/memory.py`), and let the guard against stolen cards know their network and account, as pages do.

Beside it in the same run, on the same database with the same durability: a bare checkout by hand, the same rows with
plain SQL through the driver, in as many transactions, without a single check. The ratio is what the store's rules and
the ORM cost. Medians of several runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NoReturn

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from tests.integration.money.house import ROOT, TABLES, database, environment
from tests.on_postgres import unreachable

CLIENTS = 8
RELEASES = 40

SHOP = f"""
import django; django.setup()
{TABLES}
from tests.factories import *
for n in range({RELEASES}):
    make_deal(release=make_release(tracks=2))
from bandstand.store.accounts.models import User
from bandstand.webkit.jobs import registry
registry.kinds()
users = [User(email=f"buyer{{n}}@example.org", joined_at=NOW, claimed_at=NOW, password="!") for n in range({{count}})]
User.objects.bulk_create(users, batch_size=500)
"""

CLIENT = """
import json, logging, os, random, sys, time
from datetime import UTC, datetime
from pathlib import Path
import django; django.setup()
logging.disable(logging.WARNING)
from bandstand.store.accounts.models import User
from bandstand.store.catalogue.models import Release
from bandstand.store.deals.models import Storefront
from bandstand.store.deals.rules import Visitor
from bandstand.store.orders import queries, services as orders
from bandstand.store.payments import services as payments
from bandstand.store.payments.providers import Reply
from bandstand.store.payments.providers.pretend import signature
from bandstand.webkit.jobs import registry

folder, place, count, key = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "only for tests"
registry.kinds()

def answered(method, url, *, headers, body=None):
    said = json.loads(body)
    return Reply(200, {}, json.dumps({"ref": "r-" + said["key"], "page": "/pay/" + said["key"]}).encode())

payments.talking.exchange = answered
front = Storefront.objects.first()
releases = Release.objects.prefetch_related("parts")
titles = [(release.pk, [part.pk for part in release.parts.all()]) for release in releases]
buyers = list(User.objects.order_by("pk")[place * count:(place + 1) * count])
chance, visitor = random.Random(place), Visitor(territory="DE", member=True)

def buy(buyer):
    now = datetime.now(UTC)
    (release, _), (_, tracks) = chance.sample(titles, 2)
    basket = orders.basket_for(holder_id=buyer.pk, token=None, storefront_id=front.pk, now=now)
    orders.put_in_basket(basket_id=basket.pk, release_id=release, visitor=visitor, now=now)
    orders.put_in_basket(basket_id=basket.pk, part_id=tracks[0], visitor=visitor, now=now)
    page = queries.basket_page(queries.basket_of(holder_id=buyer.pk, token=None), visitor=visitor, now=now)
    order = orders.place_order(basket_id=basket.pk, holder_id=buyer.pk, email=buyer.email, billing_country="DE",
        checkout_key=page.checkout_key, expected=page.total, now=now)
    payment = orders.begin_payment(order_id=order.pk, provider="pretend", return_url="http://x/", now=now,
        network=f"198.51.{buyer.pk // 250}.{buyer.pk % 250}", payer_id=buyer.pk)
    at = int(now.timestamp())
    said = {"id": "evt-" + payment.key, "kind": "paid", "payment": payment.key, "amount": payment.amount,
        "currency": payment.currency, "at": at}
    body = json.dumps(said).encode()
    heard = orders.receive_event(provider="pretend", headers={"pretend-signature": signature(key, at, body)},
        body=body, now=now)
    assert heard == "done", heard
"""

RACE = """
from bandstand.config.memory import keep_what_is_loaded
keep_what_is_loaded()
(Path(folder) / f"ready-{place}").touch()
while not (Path(folder) / "go").exists():
    time.sleep(0.001)
begin = time.time()
for buyer in buyers:
    buy(buyer)
print(json.dumps([begin, time.time(), len(buyers)]))
"""

STATEMENTS = """
from django.db import connection
from django.test.utils import CaptureQueriesContext
buy(buyers[0])
with CaptureQueriesContext(connection) as caught:
    buy(buyers[1])
words = [query["sql"].split()[0].upper() for query in caught.captured_queries]
commits, inside = 0, False
for word in words:  # a write outside of a transaction is one of its own
    inside = word == "BEGIN" or (inside and word != "COMMIT")
    commits += word == "COMMIT" or (not inside and word in {"INSERT", "UPDATE", "DELETE"})
print(json.dumps([len(words), commits, words.count("SAVEPOINT")]))
if "--show" in sys.argv:
    for query in caught.captured_queries:
        print(query["sql"][:150], file=sys.stderr)
"""

PROFILE = """
import cProfile, pstats
buy(buyers[0])
profile = cProfile.Profile(time.process_time)
with profile:
    for buyer in buyers[1:]:
        buy(buyer)
pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(35).sort_stats("cumtime").print_stats(60)
print(json.dumps(None))
"""

CHECKED = """
from tests.conftest import NOW
import django; django.setup()
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.orders.models import Order
from bandstand.webkit.jobs.models import Job
paid = Order.objects.filter(state="paid").count()
assert books.unbalanced() == []
assert Grant.objects.count() == Job.objects.filter(name="delivery.prepare").count() == 2 * paid
assert Order.objects.count() == Job.objects.filter(name="receipts.mail").count() == paid
print(paid)
"""

# The rows of one checkout, in as many transactions as ours; `{commits}` is theirs.
BARE = """
import json, os, sys, time
from pathlib import Path
folder, place, count, commits, url = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
if url.startswith("sqlite"):
    import sqlite3
    db = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20, isolation_level=None)
    db.execute("PRAGMA synchronous=FULL")
    begin_sql = "BEGIN IMMEDIATE"
else:
    import psycopg
    db = psycopg.connect(url, autocommit=True)
    begin_sql = "BEGIN"
def run(sql, *values):
    return db.execute(sql if url.startswith("sqlite") else sql.replace("?", "%s"), values)
def buy(n):
    now, number = time.time(), f"{place}-{n}"
    acts = [
        [("INSERT INTO bare_basket VALUES (?, ?)", (number, now))],
        [("INSERT INTO bare_line VALUES (?, 1)", (number,))],
        [("INSERT INTO bare_line VALUES (?, 2)", (number,))],
        [("INSERT INTO bare_order VALUES (?, 'open', 998, ?)", (number, now)),
         ("INSERT INTO bare_order_line VALUES (?, 1, 755, 144), (?, 2, 83, 16)", (number, number))],
        [("INSERT INTO bare_payment VALUES (?, 'intended', 998)", (number,))],
        [("UPDATE bare_payment SET state = 'started' WHERE number = ?", (number,))],
        [("INSERT INTO bare_event VALUES (?, ?)", (number, now)),
         ("UPDATE bare_payment SET state = 'paid' WHERE number = ?", (number,)),
         ("UPDATE bare_order SET state = 'paid' WHERE number = ?", (number,)),
         ("INSERT INTO bare_grant VALUES (?, 1), (?, 2)", (number, number)),
         ("INSERT INTO bare_entry VALUES (?, 998), (?, -838), (?, -160)", (number, number, number)),
         ("INSERT INTO bare_job VALUES (?, 'prepare'), (?, 'prepare'), (?, 'mail')", (number, number, number)),
         ("DELETE FROM bare_line WHERE number = ?", (number,))],
    ]
    while len(acts) > commits:  # the smallest neighbours in one
        at = min(range(len(acts) - 1), key=lambda place: len(acts[place]) + len(acts[place + 1]))
        acts[at:at + 2] = [acts[at] + acts[at + 1]]
    for act in acts:
        run(begin_sql)
        for sql, values in act:
            run(sql, *values)
        run("COMMIT")
    for _ in range(commits - len(acts)):
        run("UPDATE bare_order SET gross = gross WHERE number = ?", number)
(Path(folder) / f"ready-{place}").touch()
while not (Path(folder) / "go").exists():
    time.sleep(0.001)
begin = time.time()
for n in range(count):
    buy(n)
print(json.dumps([begin, time.time(), count]))
"""
BARE_TABLES = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for table in ("basket (number text PRIMARY KEY, at float)", "line (number text, title int)",
        "order (number text PRIMARY KEY, state text, gross bigint, at float)",
        "order_line (number text, title int, net bigint, tax bigint)",
        "payment (number text PRIMARY KEY, state text, amount bigint)", "event (number text PRIMARY KEY, at float)",
        "grant (number text, title int, UNIQUE (number, title))", "entry (number text, amount bigint)",
        "job (number text, name text)"):
        cursor.execute(f"DROP TABLE IF EXISTS bare_{table.split()[0]}")
        cursor.execute(f"CREATE TABLE bare_{table}")
    cursor.execute("CREATE INDEX bare_line_number ON bare_line (number)")
"""


def run(env: dict[str, str], code: str, *words: str) -> str:
    """Run code in a process of the store, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"a process ended with {done.returncode}")
    return done.stdout


def race(env: dict[str, str], code: str, *words: str) -> float:
    """Let the clients begin at one moment; return how many orders a second they made together."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", code, folder]
        clients = [
            subprocess.Popen([*command, str(place), *words], env=env, cwd=ROOT, stdout=subprocess.PIPE)
            for place in range(CLIENTS)
        ]
        while len(list(Path(folder).glob("ready-*"))) < CLIENTS:
            if any(client.poll() for client in clients):
                _end(clients)
            time.sleep(0.01)
        (Path(folder) / "go").touch()
        said = [client.communicate(timeout=600)[0] for client in clients]
        if any(client.returncode for client in clients):
            _end(clients)
        told = [json.loads(line) for line in said]
    return sum(count for _, _, count in told) / (max(end for _, end, _ in told) - min(begin for begin, _, _ in told))


def _end(clients: list[subprocess.Popen[bytes]]) -> NoReturn:
    for client in clients:
        client.kill()
    raise SystemExit("a client ended")


def measure(kind: str, *, orders: int, runs: int) -> None:
    """Print the figures of one database."""
    ours, bare, each = [], [], orders // CLIENTS
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
        env = _environment(url, Path(folder))
        run(env, SHOP.replace("{count}", "2"))
        statements, commits, savepoints = json.loads(run(env, CLIENT + STATEMENTS, folder, "0", "2"))
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
            env = _environment(url, Path(folder))
            run(env, SHOP.replace("{count}", str(each * CLIENTS)))
            ours.append(race(env, CLIENT + RACE, str(each)))
            assert int(run(env, CHECKED)) == each * CLIENTS
            run(env, BARE_TABLES)
            bare.append(race(env, BARE, str(each), str(commits), url))
    print(f"{kind}: {statements} statements, {commits} commits and {savepoints} savepoints for an order of two lines")
    for name, values in (("the store", ours), ("alternative: bare SQL, no rules", bare)):
        middle = median(values)
        print(f"  {name:34}{middle:8,.0f}{min(values):8,.0f}{max(values):8,.0f}{middle / median(ours):8.1f}x")


def _environment(url: str, folder: Path) -> dict[str, str]:
    return environment(url, folder) | {"BANDSTAND_PRETEND_URL": "http://127.0.0.1:9", "PYTHONHASHSEED": "0"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1600, help="in each run, by all clients together")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    parser.add_argument("--profile", action="store_true", help="one client with cProfile, and its statements")
    said = parser.parse_args()
    if said.profile:
        with tempfile.TemporaryDirectory() as folder, database(said.only or "sqlite", Path(folder)) as url:
            env = _environment(url, Path(folder))
            run(env, SHOP.replace("{count}", "204"))
            run(env, CLIENT + STATEMENTS, folder, "0", "2", "--show")
            print(run(env, CLIENT + PROFILE, folder, "1", "102"))
        return
    print(f"{os.cpu_count()} cores, {CLIENTS} clients, orders a second: median, lowest, highest, to ours")
    for kind in [said.only] if said.only else ["sqlite", "postgres"]:
        if kind == "postgres" and (reason := unreachable()):
            print(f"postgres: {reason}")
        else:
            measure(kind, orders=said.orders, runs=said.runs)


if __name__ == "__main__":
    main()
