from __future__ import annotations

from django.contrib import admin

from bandstand.store.payments.models import Payment, PaymentRefund, ProviderEvent
from bandstand.webkit.staff import LookAdmin, LookInline, money


class EventInline(LookInline):
    model = ProviderEvent
    fields = ["event_id", "kind", "said_at", "received_at"]


class RefundInline(LookInline):
    model = PaymentRefund
    fields = ["key", "amount", "state", "reason", "created_at", "ended_at"]


@admin.register(Payment)
class PaymentAdmin(LookAdmin):
    list_display = ["key", "order_number", "provider", "state", "sum", "reason", "created_at", "ended_at"]
    list_filter = ["state", "provider"]
    search_fields = ["key", "order_number", "provider_ref"]
    date_hierarchy = "created_at"
    exclude = ["redirect_url"]
    inlines = [EventInline, RefundInline]

    @admin.display(description="amount", ordering="amount")
    def sum(self, payment: Payment) -> str:
        return money(payment.amount, payment.currency)


@admin.register(PaymentRefund)
class PaymentRefundAdmin(LookAdmin):
    list_display = ["key", "payment", "amount", "state", "reason", "created_at", "ended_at"]
    list_filter = ["state"]
