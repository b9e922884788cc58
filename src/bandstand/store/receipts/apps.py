from __future__ import annotations

from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    name = "bandstand.store.receipts"
    label = "receipts"
