from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "bandstand.store.payments"
    label = "payments"
