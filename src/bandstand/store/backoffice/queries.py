"""What the first page of the back office says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bandstand.store.ingest import queries as ingest
from bandstand.store.ledger import queries as ledger
from bandstand.store.orders import queries as orders
from bandstand.store.payments import queries as payments
from bandstand.store.quality import queries as quality
from bandstand.webkit.jobs import queries as jobs


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, its value, whether staff should look, and the list to look at."""

    name: str
    value: str
    link: str
    query: str = ""
    alarming: bool = False


def today(*, now: datetime) -> list[Figure]:
    """Return the state of the shop in a few figures; what needs a look is marked."""
    counts, day = jobs.counts(), now - timedelta(days=1)
    refused = ingest.refused_since(day)
    unheard = quality.open_findings()
    unbalanced = len(ledger.unbalanced())
    sales = orders.sales_since(day)
    gaps = len(payments.gaps(now, older_than=timedelta(minutes=15)))
    return [
        Figure("orders paid in 24 hours", str(sales.paid), "admin:orders_order_changelist", "?state__exact=paid"),
        Figure("taken", " + ".join(map(str, sales.taken)) or "0", "admin:ledger_posting_changelist"),
        Figure("orders waiting", str(sales.waiting), "admin:orders_order_changelist", "?state__exact=open"),
        Figure(
            "deliveries refused",
            str(refused),
            "admin:ingest_delivery_changelist",
            "?state__exact=refused",
            bool(refused),
        ),
        Figure("sounds to look at", str(unheard), "admin:quality_releases", "", bool(unheard)),
        Figure("jobs waiting", str(counts["waiting"]), "admin:jobs_job_changelist", "?state__exact=waiting"),
        Figure(
            "jobs put aside",
            str(counts["parked"]),
            "admin:jobs_job_changelist",
            "?state__exact=parked",
            bool(counts["parked"]),
        ),
        Figure("gaps with payment providers", str(gaps), "admin:payments_providerwatch_changelist", "", bool(gaps)),
        Figure("postings out of balance", str(unbalanced), "admin:ledger_posting_changelist", "", bool(unbalanced)),
    ]
