from __future__ import annotations

import os

from django.apps import AppConfig

HURRY = "BANDSTAND_WORKBENCH_HURRY"


class WorkbenchConfig(AppConfig):
    """Puts the workers in a hurry when asked: the same steps as in a shop, with shorter pauses between them."""

    name = "tests.integration.jobs.workbench"
    label = "workbench"

    def ready(self) -> None:
        if HURRY not in os.environ:
            return
        from bandstand.webkit.jobs import doing, pulse, worker

        doing.UPKEEP_EVERY, doing.LONGEST_PAUSE = 0.5, 0.1
        pulse.TICK = 0.1
        worker.LOOK_EVERY, worker.LONGEST_PAUSE = 0.05, 0.2
