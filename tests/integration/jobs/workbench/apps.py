from __future__ import annotations

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    name = "tests.integration.jobs.workbench"
    label = "workbench"
