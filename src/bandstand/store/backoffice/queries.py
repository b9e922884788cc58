"""What the first page of the back office says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bandstand.store.ledger import queries as ledger
from bandstand.webkit.jobs import queries as jobs


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, its value, whether staff should look, and where."""

    name: str
    value: str
    alarming: bool = False
    link: str = ""


def today(*, now: datetime) -> list[Figure]:
    """Return the state of the shop in a few figures; what needs a look is marked."""
    counts = jobs.counts()
    unbalanced = len(ledger.unbalanced())
    return [
        Figure("Jobs waiting", str(counts["waiting"]), link="admin:jobs_job_changelist"),
        Figure("Jobs put aside", str(counts["parked"]), bool(counts["parked"]), "admin:jobs_job_changelist"),
        Figure("Postings out of balance", str(unbalanced), bool(unbalanced), "admin:ledger_posting_changelist"),
    ]
