from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from bandstand.store.payments import services
from bandstand.store.payments.models import Dispute, Payment, PaymentRefund, ProviderEvent, ProviderWatch
from bandstand.webkit.staff import LookAdmin, LookInline, act_on_each, money


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
    list_display = ["key", "order_number", "provider", "state", "sum", "declines", "reason", "created_at", "ended_at"]
    list_filter = ["state", "provider", "declined_at"]
    search_fields = ["key", "order_number", "provider_ref", "charge_ref"]
    date_hierarchy = "created_at"
    exclude = ["return_url", "redirect_url", "visitor", "account", "mailbox"]
    inlines = [EventInline, RefundInline, DisputeInline]
    actions = ["ask_now"]

    @admin.action(description="Ask the provider now", permissions=["view"])
    def ask_now(self, request: HttpRequest, chosen: QuerySet[Payment]) -> None:
        now = timezone.now()
        act_on_each(
            request,
            chosen,
            lambda payment: services.ask_soon(payment_id=payment.pk, now=now),
            done="The provider of %s is asked now.",
            permission="payments.change_payment",
        )

    @admin.display(description="amount", ordering="amount")
    def sum(self, payment: Payment) -> str:
        return money(payment.amount, payment.currency)


@admin.register(PaymentRefund)
class PaymentRefundAdmin(LookAdmin):
    list_display = ["key", "payment", "order_number", "sum", "state", "reason", "created_at", "ended_at"]
    list_filter = ["state", "payment__provider"]
    list_select_related = ["payment"]
    search_fields = ["key", "provider_ref", "payment__key", "payment__order_number"]
    date_hierarchy = "created_at"

    @admin.display(description="order")
    def order_number(self, refund: PaymentRefund) -> str:
        return refund.payment.order_number

    @admin.display(description="amount", ordering="amount")
    def sum(self, refund: PaymentRefund) -> str:
        return money(refund.amount, refund.payment.currency)


@admin.register(ProviderEvent)
class ProviderEventAdmin(LookAdmin):
    list_display = ["event_id", "provider", "kind", "payment", "said_at", "received_at"]
    list_filter = ["kind", "provider"]
    list_select_related = ["payment"]
    search_fields = ["event_id", "payment__key", "payment__order_number"]
    date_hierarchy = "received_at"


@admin.register(ProviderWatch)
class ProviderWatchAdmin(LookAdmin):
    list_display = ["provider", "answered_at", "silent_since", "caught_up_at"]


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
