"""All that this store keeps about one person, collected from the apps that keep it."""

from __future__ import annotations

from bandstand.store.accounts import queries as accounts
from bandstand.store.accounts.models import User
from bandstand.store.delivery import queries as delivery
from bandstand.store.grants import queries as grants
from bandstand.store.orders import queries as orders
from bandstand.store.pairing import queries as pairing
from bandstand.store.plays import queries as plays
from bandstand.store.takeout import queries as takeout
from bandstand.store.vouchers import queries as vouchers
from bandstand.webkit import audit
from bandstand.webkit.models import AuditEvent

MOST_EVENTS = 10_000


def personal(user: User) -> dict[str, dict[str, object]]:
    """Return what is kept about somebody, by file name, ready for JSON."""
    return {
        "account": accounts.personal(user.pk),
        "orders": orders.personal(user.pk),
        "grants": {**grants.personal(user.pk), "files": _files(user.pk)},
        "downloads": plays.personal(user.pk),
        "programs": pairing.personal(user.pk),
        "codes": vouchers.personal(user.pk),
        "bundles": takeout.personal(user.pk),
        "events": {"events": [_event(event) for event in audit.about(user)[:MOST_EVENTS]]},
    }


def _files(holder_id: int) -> list[dict[str, object]]:
    """Return the files of what somebody holds, with the hashes by which a copy can be checked."""
    rows = list(grants.shelf(holder_id))
    releases = [row.release_id for row in rows if row.release_id is not None]
    parts = [row.part_id for row in rows if row.part_id is not None]
    return [
        {"name": file.name, "recipe": file.recipe, "size": file.size, "sha256": file.sha256}
        for file in delivery.files_of(releases, parts)
    ]


def _event(event: AuditEvent) -> dict[str, object]:
    """Who else it was stays out: staff are people, too."""
    return {"at": event.at.isoformat(), "action": event.action, "sentence": event.sentence}
