from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class BackofficeConfig(AppConfig):
    name = "bandstand.store.backoffice"
    label = "backoffice"
    default = True


class AdminConfig(DjangoAdminConfig):
    """Django's admin, with our site as the one that every app registers at."""

    default = False
    default_site = "bandstand.store.backoffice.site.Backoffice"
