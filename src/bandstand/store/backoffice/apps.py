from __future__ import annotations

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "bandstand.store.backoffice"
    label = "backoffice"
