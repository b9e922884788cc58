from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bandstand.kernel.errors import BandstandError
from bandstand.store.orders import services
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.payments import queries as payments
from bandstand.store.taxes.rules import percent
from bandstand.webkit.staff import LookAdmin, LookInline, act_on_each, money, note


class RefundForm(forms.Form):
    reason = forms.CharField(max_length=200, help_text="The buyer reads this in the mail about the refund.")


class LineInline(LookInline):
    model = OrderLine
    fields = ["title", "seller", "paid", "tax_rate", "returned", "refund"]
    readonly_fields = ["paid", "tax_rate", "returned", "refund"]

    @admin.display(description="gross")
    def paid(self, line: OrderLine) -> str:
        return money(line.gross, line.order.currency)

    @admin.display(description="tax")
    def tax_rate(self, line: OrderLine) -> str:
        return f"{money(line.tax, line.order.currency)} ({percent(line.tax_rate)}, {line.place_of_supply})"

    @admin.display(description="refunded")
    def returned(self, line: OrderLine) -> str:
        return money(line.refunded, line.order.currency)

    @admin.display(description="")
    def refund(self, line: OrderLine) -> str | SafeString:
        if line.order.state != Order.State.PAID or line.refunded >= line.gross:
            return ""
        return format_html(
            '<a href="{}">Refund …</a>', reverse("admin:orders_refund_line", args=[line.order_id, line.pk])
        )


@admin.register(Order)
class OrderAdmin(LookAdmin):
    list_display = ["number", "email", "state", "total", "billing_country", "created_at", "ended_at"]
    list_filter = ["state", "storefront", "billing_country"]
    search_fields = ["number", "email", "lines__title"]
    date_hierarchy = "created_at"
    exclude = ["checkout_key"]
    inlines = [LineInline]
    actions = ["receive"]

    @admin.action(description="The bank transfer has arrived", permissions=["view"])
    def receive(self, request: HttpRequest, chosen: QuerySet[Order]) -> None:
        now, by = timezone.now(), str(request.user.pk)
        act_on_each(
            request,
            chosen,
            lambda order: _receive(order, by, now),
            done="%s is paid.",
            permission="payments.change_payment",
        )

    @admin.display(description="total", ordering="gross")
    def total(self, order: Order) -> str:
        return money(order.gross, order.currency)

    def get_urls(self) -> list[URLPattern]:
        refund = re_path(  # numbers that a row can have
            r"^(?P<order_id>[0-9]{1,18})/refund/(?P<line_id>[0-9]{1,18})/$",
            self.admin_site.admin_view(self.refund_line),
            name="orders_refund_line",
        )
        return [refund, *super().get_urls()]

    def refund_line(self, request: HttpRequest, order_id: str, line_id: str) -> HttpResponse:
        """Ask why, then return the money of one line; the service speaks to the provider."""
        if not request.user.has_perm("orders.add_refund"):
            raise PermissionDenied
        line = get_object_or_404(OrderLine.objects.select_related("order"), pk=line_id, order_id=order_id)
        form = RefundForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._refund(request, line, form.cleaned_data["reason"])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Refund a line"),
            "line": line,
            "amount": money(line.gross - line.refunded, line.order.currency),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "orders/refund_line.html", context)

    def _refund(self, request: HttpRequest, line: OrderLine, reason: str) -> HttpResponse:
        try:
            services.refund_line(line_id=line.pk, reason=reason, by=str(request.user.pk), now=timezone.now())
        except BandstandError as error:
            messages.error(request, str(error))
        else:
            sentence = f"{line.title} was refunded: {reason}"
            note(request, line.order, sentence)
            messages.success(request, sentence)
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[line.order_id]))


def _receive(order: Order, by: str, now: datetime) -> None:
    """Mark the order's open bank transfer as received."""
    for payment in payments.payments_of(order.number):
        if payment.state == payment.State.STARTED:
            services.mark_received(payment_id=payment.pk, by=by, now=now)
            return
    raise services.NotByHandError


@admin.register(Refund)
class RefundAdmin(LookAdmin):
    list_display = ["line", "amount", "reason", "by", "at"]
    list_select_related = ["line"]
    search_fields = ["line__order__number", "reason"]
    actions = ["sent"]

    @admin.action(description="The money was sent back by hand", permissions=["view"])
    def sent(self, request: HttpRequest, chosen: QuerySet[Refund]) -> None:
        now, by = timezone.now(), str(request.user.pk)
        act_on_each(
            request,
            chosen,
            lambda refund: services.mark_refund_sent(refund_key=refund.payment_refund_key, by=by, now=now),
            done="%s was sent.",
            permission="orders.add_refund",
        )
