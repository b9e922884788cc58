"""Deliveries as they were taken in."""

from __future__ import annotations

from datetime import datetime

from bandstand.store.ingest.models import Delivery


def latest_applied(release_id: int) -> Delivery | None:
    """Return the delivery that made a release what it is."""
    applied = Delivery.objects.filter(release_id=release_id, state=Delivery.State.APPLIED)
    return applied.order_by("-at", "-pk").first()


def same_as_now(digest: str) -> Delivery | None:
    """Return the delivery of this digest when its release has had none since; None: there is something to do."""
    known = Delivery.objects.filter(digest=digest, state=Delivery.State.APPLIED).select_related("release")
    for delivery in known.order_by("-at", "-pk"):
        if delivery.release_id is not None and latest_applied(delivery.release_id) == delivery:
            return delivery
    return None


def refused_since(moment: datetime) -> int:
    """Return how many deliveries were refused since a moment."""
    return Delivery.objects.filter(state=Delivery.State.REFUSED, at__gte=moment).count()
