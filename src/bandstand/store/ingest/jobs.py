from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from bandstand.kernel.progress import Progress, silent
from bandstand.store.ingest import services
from bandstand.webkit.jobs import job

log = logging.getLogger(__name__)


@job("ingest.preview", lease=timedelta(minutes=5))
def preview(*, part_id: int, now: datetime, progress: Progress) -> None:
    """Make the preview of a part; progress counts percent."""
    services.make_preview(part_id=part_id, now=now, progress=progress)


@job("ingest.scan", lease=timedelta(minutes=30))
def scan(*, folder: str, now: datetime, progress: Progress) -> None:
    """Take in every delivery under a folder of the worker's machine; progress counts deliveries."""
    for delivery in services.deliveries_in(Path(folder)):
        outcome = services.take_in(delivery, now=now, progress=silent)
        log.info("%s: %s", outcome.folder, outcome.state)
        progress(1)
