"""Having a shelf made in a format; forgetting bundles."""

from __future__ import annotations

from datetime import datetime, timedelta

from bandstand.kernel.progress import Progress
from bandstand.store.takeout import services
from bandstand.webkit.jobs import job


@job("takeout.ask")
def ask(*, now: datetime, progress: Progress, holder_id: int, recipe: str) -> None:
    """Ask for each thing of a shelf that is not there in a format."""
    services.ask_each(holder_id=holder_id, recipe=recipe, now=now, progress=progress)


@job("takeout.forget", every=timedelta(days=1))
def forget(*, now: datetime, progress: Progress) -> None:
    """Forget the bundles that nobody has asked for in two months."""
    progress(services.forget(now=now))
