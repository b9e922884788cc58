"""Forty processes check out at the same moments, over HTTP, on the real processes of a store.

`python -m tests.drills.racing --checkouts 600 --processes 40 --database sqlite|postgres [--seed N]`

Processes race in fours. A four presses one basket, each from its own copy of the page; or each of the four presses a
basket of their own with the one code that fifty orders may use, which all want; or with a code that works once; or the
four redeem one gig code. All presses of a round happen together. Who leads to the gateway pays there, or not.

Afterwards: no basket was ordered twice, no code was used more often than it may be, each order used at most one, what
was paid is on a shelf, and nobody was answered with 5xx. Exit code 1 and the facts when not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from bandstand.demo import place, setup, supervisor
from bandstand.demo.place import Place
from tests import house
from tests.drills.racing_visitor import Visitor
from tests.integration.money.house import database

FOUR = 4
USES = 50  # of the code that all want
SLUGS = {"northbound-signals", "first-light"}
RELEASES = ("/release/ines-paragon-northbound-signals/",)
KINDS = ("same", "fifty", "same", "once", "fifty", "gig", "fifty", "same", "once", "fifty")
PATIENCE = 240.0  # seconds for one round: a process that failed must not hold the others for ever

PREPARE = """
import django, json, sys; django.setup()
from django.utils import timezone
from bandstand.store.catalogue.models import Release
from bandstand.store.vouchers import queries, services
now, want = timezone.now(), json.loads(sys.argv[1])
every = {"starts_at": now, "by": "drill", "now": now}
fifty = services.make_campaign(name="Fifty", kind="percent", percent=10, **every)
services.make_word(campaign_id=fifty.pk, word="FIFTY", uses=want["uses"])
once = services.make_campaign(name="Once", kind="percent", percent=20, **every)
services.make_codes(campaign_id=once.pk, count=want["codes"])
gig = services.make_campaign(name="Gig", kind="titles", per_holder=None,
                             release_ids=[Release.objects.order_by("pk").first().pk], **every)
services.make_codes(campaign_id=gig.pk, count=want["codes"])
print(json.dumps({name: [code.shown for code in queries.codes_of(campaign.pk)]
                  for name, campaign in (("once", once), ("gig", gig))}))
"""
VERDICT = """
import django, json, sys; django.setup()
from collections import Counter
from django.db.models import Count
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.orders.models import Order
from bandstand.store.vouchers import queries
from bandstand.store.vouchers.models import Code, Redemption
done, wrong = json.loads(sys.stdin.read()), []
for email, count in Counter(Order.objects.values_list("email", flat=True)).items():
    if count > 1:
        wrong.append(f"{count} orders of {email}, who pressed one basket")
for email in done["pressed"]:
    if not Order.objects.filter(email=email).exists():
        wrong.append(f"{email} was led on and has no order")
for code in queries.overused():
    wrong.append(f"{code}: {code.used} uses counted, {code.live} there")
for code in Code.objects.all():
    orders = Order.objects.filter(voucher=code).exclude(state="cancelled").count()
    if orders != code.used or code.used > code.uses:
        wrong.append(f"{code}: {orders} orders, {code.used} uses counted, {code.uses} allowed")
for shown, wanted in done["wanted"].items():
    code = queries.code_of(shown)
    if code.used != min(wanted, code.uses):
        wrong.append(f"{code}: wanted by {wanted}, used {code.used} times of {code.uses}")
held = dict(Redemption.objects.filter(released_at=None).values_list("order_number").annotate(n=Count("pk")))
for order in Order.objects.prefetch_related("lines"):
    if held.get(order.number, 0) != (1 if order.voucher_id else 0):
        wrong.append(f"{order.number}: {held.get(order.number, 0)} uses of a code")
    if sum(line.gross for line in order.lines.all()) != order.gross or not order.lines.all():
        wrong.append(f"{order.number} does not add up")
    if order.state == "paid":
        for line in order.lines.all():
            if Grant.objects.filter(holder=order.holder_id, release=line.release_id, part=line.part_id,
                                    revoked_at=None).count() != 1:
                wrong.append(f"{order.number}: not one grant of {line.title}")
wrong += [f"posting {found.key} is out of balance" for found in books.unbalanced()]
print(json.dumps({"wrong": wrong, "orders": dict(Counter(Order.objects.values_list("state", flat=True))),
                  "uses": Redemption.objects.filter(released_at=None).count(),
                  "fifty": queries.code_of("FIFTY").used}))
"""


@dataclass(frozen=True)
class Race:
    """What a process needs to know to take part."""

    shop: Place
    rounds: int
    processes: int
    codes: dict[str, list[str]]
    seed: int

    def kind(self, turn: int, four: int) -> str:
        """What the processes of a four do in a round."""
        return KINDS[(turn + four) % len(KINDS)]

    def code(self, turn: int, four: int) -> str:
        """The code that a four wants in a round."""
        kind = self.kind(turn, four)
        fours = self.processes // FOUR
        return "FIFTY" if kind == "fifty" else self.codes[kind][turn * fours + four] if kind in self.codes else ""

    def wanted(self) -> Counter[str]:
        """How many want each code."""
        fours = range(self.processes // FOUR)
        codes = (self.code(turn, four) for turn in range(self.rounds) for four in fours)
        return Counter({code: count * FOUR for code, count in Counter(codes).items() if code})


def main() -> int:
    """Race and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkouts", type=int, default=600)
    parser.add_argument("--processes", type=int, default=40)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    if options.processes % FOUR:
        parser.error(f"processes race in fours: {options.processes} is no multiple")
    with (
        tempfile.TemporaryDirectory(prefix="bandstand-racing-") as name,
        database(options.database, Path(name)) as url,
    ):
        rounds = -(-options.checkouts // options.processes)
        print(f"{options.database}: {rounds * options.processes} checkouts, seed {options.seed}", flush=True)
        return drill(Path(name) / "store", url, rounds=rounds, processes=options.processes, seed=options.seed)


def drill(folder: Path, url: str, *, rounds: int, processes: int, seed: int) -> int:
    """Open a store, let everybody race in it, and judge."""
    extra = {"BANDSTAND_DATABASE_URL": url}
    here = replace(place.open_place(folder, port=house.free_ports(), fresh=False), extra=extra)
    setup.prepare(here)
    store = supervisor.Supervisor(here, [one for one in supervisor.everybody(here) if one.name != "music"])
    try:
        store.start()
        house.fill(here, SLUGS)
        codes = json.loads(_in_store(here, PREPARE, json.dumps({"uses": USES, "codes": rounds * processes // FOUR})))
        race = Race(here, rounds, processes, codes, seed)
        began = time.monotonic()
        seen, pressed = run(race)
        seconds = time.monotonic() - began
        time.sleep(3)  # the gateway's last events
        told = json.dumps({"pressed": pressed, "wanted": race.wanted()})
        found = json.loads(_in_store(here, VERDICT, stdin=told))
    finally:
        store.stop()
    bad = {what: count for what, count in seen.items() if what.startswith(("403", "404", "5", "failed"))}
    print(f"  {rounds * processes} checkouts in {seconds:.0f} s; answers and ends {dict(sorted(seen.items()))}")
    print(f"  orders {found['orders']}; codes used {found['uses']}, FIFTY {found['fifty']} of {USES}")
    for problem in [*found["wrong"], *(f"{count} x {what}" for what, count in bad.items())]:
        print(f"  WRONG {problem}")
    if bad:
        log = (here.folder / "logs" / "pages.log").read_text(encoding="utf-8").splitlines()
        print("\n".join(line[:2000] for line in [line for line in log if '"ERROR"' in line or "Error" in line][-5:]))
    print("  DOES NOT HOLD" if found["wrong"] or bad else "  holds")
    return 1 if found["wrong"] or bad else 0


def run(race: Race) -> tuple[Counter[str], list[str]]:
    """Let all processes race; return what they saw, and who was led on to an order."""
    fork = multiprocessing.get_context("fork")
    gate, said = fork.Barrier(race.processes), fork.Queue()
    shared = [fork.Queue() for _ in range(race.processes // FOUR)]
    racers = [
        fork.Process(target=take_part, args=(race, number, gate, shared[number // FOUR], said))
        for number in range(race.processes)
    ]
    for racer in racers:
        racer.start()
    seen, pressed = Counter[str](), list[str]()
    for _ in racers:
        what, who = said.get()
        seen.update(what)
        pressed += who
    for racer in racers:
        racer.join()
    return seen, sorted(set(pressed))


def take_part(race: Race, number: int, gate, shared, said) -> None:
    """Be one of the processes: prepare, wait for the others, press; round after round."""
    chance = random.Random(race.seed * 1000 + number)
    seen, pressed = Counter[str](), list[str]()
    four = number // FOUR
    for turn in range(race.rounds):
        visitor = Visitor(race.shop, f"127.{20 + number}.{turn // 250}.{turn % 250 + 1}", seen)
        kind, press, email = race.kind(turn, four), None, f"s{race.seed}r{turn}p{number}@racer.example"
        try:
            if kind == "same":
                email = f"s{race.seed}r{turn}f{four}@racer.example"
                press = _same(visitor, email, leads=number % FOUR == 0, shared=shared, chance=chance)
            else:
                press = _ready(visitor, kind, race.code(turn, four), email, chance)
        except Exception as error:  # noqa: BLE001  (told in the end: the others wait at the gate)
            seen[f"failed: {type(error).__name__}: {str(error)[:80]}"] += 1
        gate.wait(PATIENCE)
        try:
            if press and _press(visitor, *press, seen=seen, chance=chance):
                pressed.append(email)
        except Exception as error:  # noqa: BLE001
            seen[f"failed: {type(error).__name__}: {str(error)[:80]}"] += 1
    said.put((seen, pressed))


def _same(visitor: Visitor, email: str, *, leads: bool, shared, chance) -> tuple[str, dict[str, str]] | None:
    """Fill one basket for four, or take the copy of its page that the first of them made."""
    if leads:
        press = None
        try:
            press = _ready(visitor, "", "", email, chance)
        finally:
            for _ in range(FOUR - 1):
                shared.put((visitor.cookies, press))
        return press
    visitor.cookies, press = shared.get(timeout=PATIENCE)
    return press


def _ready(visitor: Visitor, kind: str, code: str, email: str, chance) -> tuple[str, dict[str, str]]:
    """Do all that comes before the press, and return it: where to, and with what."""
    if kind == "gig":
        page = visitor.get(f"/redeem/?code={code}")
        return "/redeem/", visitor.token(page) | {"code": code, "email": email}
    page = visitor.get(chance.choice(RELEASES))
    things = visitor.things(page)
    visitor.post("/basket/put/", visitor.token(page) | dict([chance.choice(things)]))
    if code:
        visitor.post("/basket/code/", visitor.token(visitor.get("/basket/")) | {"code": code})
    page = visitor.get("/checkout/")
    form = visitor.hidden(page)
    if "checkout_key" not in form:  # the code is used up by now: go on without it
        visitor.post("/basket/code/drop/", visitor.token(visitor.get("/basket/")))
        form = visitor.hidden(visitor.get("/checkout/"))
    if "checkout_key" not in form:
        raise RuntimeError("no checkout is shown")
    return "/checkout/", form | {"email": email, "country": "DE", "provider": "pretend"}


def _press(visitor: Visitor, where: str, form: dict[str, str], *, seen: Counter[str], chance) -> bool:
    """Press, and pay or leave; whether there is an order of it."""
    status, leads_to, _ = visitor.ask("POST", where, form)
    if status != 302:
        seen[f"{status}: refused at {where}"] += 1
        return False
    if visitor.shop.gateway_url in leads_to and chance.random() < 0.5:
        visitor.ask("GET", leads_to)
        _, back, _ = visitor.ask("POST", leads_to, {"outcome": chance.choice(("pay", "pay", "twice", "decline"))})
        if back.startswith(visitor.shop.store_url):
            visitor.ask("GET", back)
    return True


def _in_store(here: Place, code: str, *arguments: str, stdin: str = "") -> str:
    """Run code in the store's environment and return what it prints last."""
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=here.environment(),
        check=True,
        input=stdin,
        stdout=subprocess.PIPE,
        text=True,
        timeout=240,
    )
    return ran.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main())
