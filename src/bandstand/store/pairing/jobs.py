"""What is forgotten in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from bandstand.kernel.progress import Progress
from bandstand.store.pairing import services
from bandstand.webkit.jobs import job


@job("pairing.forget_codes", every=timedelta(hours=1))
def forget_codes(*, now: datetime, progress: Progress) -> None:
    """Delete the codes that are over."""
    progress(services.forget_codes(now=now))
