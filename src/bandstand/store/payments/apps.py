from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig
from django.utils import timezone

GAP = timedelta(minutes=15)
"""How long store and providers may differ before somebody should look."""


class PaymentsConfig(AppConfig):
    name = "bandstand.store.payments"
    label = "payments"

    def ready(self) -> None:
        """Let the health page tell when a provider is silent."""
        from bandstand.webkit import health  # it reads models, which are not there before every app is

        health.WARNINGS["payments"] = _gaps


def _gaps() -> str:
    from bandstand.store.payments import queries

    return "; ".join(queries.gaps(timezone.now(), older_than=GAP))
