from __future__ import annotations

from datetime import datetime, timedelta

from bandstand.kernel.progress import Progress
from bandstand.store.assets import services
from bandstand.webkit.jobs import job


@job("assets.sweep", every=timedelta(days=1))
def sweep(*, now: datetime, progress: Progress) -> None:
    """Remove what crashes left behind."""
    services.sweep(now=now, progress=progress)


@job("assets.scrub", every=timedelta(hours=1))
def scrub(*, now: datetime, progress: Progress) -> None:
    """Compare a slice of the stored files with their hashes."""
    services.scrub(now=now, progress=progress)
