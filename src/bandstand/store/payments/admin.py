from __future__ import annotations

from django.contrib import admin

from bandstand.store.payments.models import Dispute, Payment, PaymentRefund, ProviderEvent
from bandstand.webkit.staff import LookAdmin, LookInline, money


class EventInline(LookInline):
    model = ProviderEvent
    fields = ["event_id", "kind", "said_at", "received_at"]


class DisputeInline(LookInline):
    model = Dispute
    fields = ["provider_ref", "amount", "state", "reason", "opened_at", "ended_at"]


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
    inlines = [EventInline, RefundInline, DisputeInline]

    @admin.display(description="amount", ordering="amount")
    def sum(self, payment: Payment) -> str:
        return money(payment.amount, payment.currency)


@admin.register(PaymentRefund)
class PaymentRefundAdmin(LookAdmin):
    list_display = ["key", "payment", "amount", "state", "reason", "created_at", "ended_at"]
    list_filter = ["state"]


@admin.register(Dispute)
class DisputeAdmin(LookAdmin):
    list_display = ["payment", "order_number", "state", "sum", "reason", "opened_at", "ended_at"]
    list_filter = ["state", "payment__provider"]
    list_select_related = ["payment"]
    search_fields = ["provider_ref", "payment__key", "payment__order_number"]
    date_hierarchy = "opened_at"

    @admin.display(description="order")
    def order_number(self, dispute: Dispute) -> str:
        return dispute.payment.order_number

    @admin.display(description="amount", ordering="amount")
    def sum(self, dispute: Dispute) -> str:
        return money(dispute.amount, dispute.payment.currency)
