"""Whether this process lives, and whether it can do its work. Asked by machines; tells no secrets."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from bandstand.webkit.jobs import queries as jobs

WORKER_SEEN_WITHIN = timedelta(minutes=1)

log = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process lives: no database, no disk."""
    return _told({"status": "ok"}, 200)


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether this node can serve: 200, or 503 with the names of what fails. What the whole store lacks, such as
    a worker, is only a warning: another node would not serve better.
    """
    failures = {name: problem for name, check in CHECKS.items() if (problem := check())}
    looked = {} if "database" in failures else {name: check() for name, check in WARNINGS.items()}
    warnings = {name: problem for name, problem in looked.items() if problem}
    told = {"status": "failing" if failures else "ok", "failures": failures, "warnings": warnings}
    return _told(told, 503 if failures else 200)


def _told(what: Mapping[str, object], status: int) -> JsonResponse:
    return JsonResponse(dict(what), status=status, headers={"Cache-Control": "no-store"})


def _database() -> str:
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("The database does not answer.")
        return "does not answer"
    return ""


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return "can't be read"
    return f"{waiting} not applied" if waiting else ""


def _files() -> str:
    root = Path(settings.FILES_ROOT)
    if not root.is_dir():
        return "folder is missing"
    return "" if os.access(root, os.W_OK | os.X_OK) else "folder is not writable"


def _worker() -> str:
    seen = jobs.last_sign_of_life()
    return "" if seen and timezone.now() - seen <= WORKER_SEEN_WITHIN else "not seen within a minute"


CHECKS: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "files": _files}
WARNINGS: dict[str, Callable[[], str]] = {"worker": _worker}
"""Apps add their own when they are ready."""

urlpatterns: list[URLPattern] = [path("healthz", healthz, name="healthz"), path("readyz", readyz, name="readyz")]
