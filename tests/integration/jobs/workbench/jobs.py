from __future__ import annotations

import os
import time
from datetime import timedelta

from tests.integration.jobs.workbench.models import Mark

from bandstand.kernel.errors import RefusedError
from bandstand.webkit.jobs import job


@job("workbench.mark", lease=timedelta(seconds=3))
def mark(*, now, progress, key, seconds=0.0):
    """Take `seconds`, in steps, then leave a mark."""
    end = time.monotonic() + seconds
    progress.expect(100)
    while time.monotonic() < end:
        time.sleep(0.02)
        progress(1)
    Mark.objects.create(key=key, pid=os.getpid())


@job("workbench.nothing")
def nothing(*, now, progress):
    """Do nothing: what is left is the queue's own work."""


@job("workbench.ends_its_worker", lease=timedelta(seconds=3))
def ends_its_worker(*, now, progress):
    """End the process as a crash does."""
    os._exit(9)


@job("workbench.refused")
def refused(*, now, progress):
    """Say no."""
    raise RefusedError("The cover is too small.", hint="Send a larger one.")


@job("workbench.hourly", every=timedelta(hours=1))
def hourly(*, now, progress):
    """Be made once in an hour."""
    Mark.objects.create(key=f"hourly {now:%H}", pid=os.getpid())
