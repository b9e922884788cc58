from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin  # not the class itself: Django would count it among our own


class BackofficeConfig(AppConfig):
    name = "bandstand.store.backoffice"
    label = "backoffice"
    default = True


class AdminConfig(admin.AdminConfig):
    """Django's admin, with our site as the one that every app registers at."""

    default = False
    default_site = "bandstand.store.backoffice.site.Backoffice"
