"""What was fetched."""

from __future__ import annotations

from bandstand.store.plays.models import Download


def personal(holder_id: int) -> dict[str, object]:
    """Return what is kept about a listener's downloads, ready for JSON."""
    rows = Download.objects.filter(grant__holder_id=holder_id).order_by("at", "pk")
    return {"downloads": [{"file": row.file_name, "size": row.size, "at": row.at.isoformat()} for row in rows]}
