from __future__ import annotations

from django.apps import AppConfig


class TaxesConfig(AppConfig):
    name = "bandstand.store.taxes"
    label = "taxes"
