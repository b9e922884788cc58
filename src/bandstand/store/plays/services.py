"""Downloads are counted, each ticket once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from bandstand.kernel.units import Bytes
from bandstand.store.plays.models import Download


def record_download(*, ticket_id: str, grant_id: int, file_name: str, size: Bytes, now: datetime) -> bool:
    """Count a download that began; tell whether this ticket was new. However often a ticket is used, it counts once."""
    if Download.objects.filter(ticket=ticket_id).exists():  # resumed downloads come here often and should not write
        return False
    try:
        with transaction.atomic():
            Download.objects.create(ticket=ticket_id, grant_id=grant_id, file_name=file_name, size=size, at=now)
    except IntegrityError:
        if Download.objects.filter(ticket=ticket_id).exists():  # two connections of one download at once
            return False
        raise
    return True


def record_bundle(*, ticket_id: str, grant_ids: Collection[int], file_name: str, size: Bytes, now: datetime) -> bool:
    """Count a download of many titles that began, once for each grant; tell whether this ticket was new.

    `size` is that of the whole; it stands at the first of the grants, so that sums stay true.
    """
    tickets = {f"{ticket_id}:{grant_id}": grant_id for grant_id in sorted(set(grant_ids))}
    if not tickets or Download.objects.filter(ticket=next(iter(tickets))).exists():
        return False
    rows = [
        Download(ticket=ticket, grant_id=grant_id, file_name=file_name, size=0 if number else size, at=now)
        for number, (ticket, grant_id) in enumerate(tickets.items())
    ]
    with transaction.atomic():
        Download.objects.bulk_create(rows, ignore_conflicts=True)  # two connections of one download at once
    return True


def erase(*, holder_id: int, now: datetime) -> None:
    """Forget what a listener fetched, and when."""
    Download.objects.filter(grant__holder_id=holder_id).delete()
