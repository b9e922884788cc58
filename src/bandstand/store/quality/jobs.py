from __future__ import annotations

from datetime import datetime, timedelta

from bandstand.kernel.progress import Progress
from bandstand.store.quality import services
from bandstand.webkit.jobs import job
from bandstand.webkit.jobs.progress import JobProgress


@job("quality.examine", lease=timedelta(minutes=5))
def examine(*, master_id: int, now: datetime, progress: Progress) -> None:
    """Measure, draw, fingerprint and compare a master; progress counts percent."""
    if isinstance(progress, JobProgress):
        progress.expect(100)
    services.examine(master_id=master_id, now=now, progress=progress)


@job("quality.catch_up", every=timedelta(hours=1))
def catch_up(*, now: datetime, progress: Progress) -> None:
    """Ask for what this version of quality control has not looked at yet; progress counts masters."""
    progress(services.examine_waiting())
