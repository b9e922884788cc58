"""Only jobs and the app whose jobs leave marks: quick to start in many processes."""

from __future__ import annotations

from tests.settings import *  # noqa: F403

INSTALLED_APPS = [
    "tests.integration.jobs.workbench",
    "bandstand.webkit.jobs",
    "bandstand.webkit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_tasks",
]
AUTH_USER_MODEL = "auth.User"
