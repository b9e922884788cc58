from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

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
from bandstand.kernel.money import total
from bandstand.store.orders import services
from bandstand.store.orders.forms import LineRefundForm, RefundForm
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.payments import queries as payments
from bandstand.store.taxes.rules import percent
from bandstand.webkit.staff import LookAdmin, LookInline, act_on_each, money, note


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
    readonly_fields = ["give_back"]
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

    @admin.display(description="money back")
    def give_back(self, order: Order) -> str | SafeString:
        if order.state != Order.State.PAID or not any(line.refunded < line.gross for line in order.lines.all()):
            return "-"
        return format_html('<a href="{}">Refund all of it …</a>', reverse("admin:orders_refund_order", args=[order.pk]))

    def get_urls(self) -> list[URLPattern]:
        number = "[0-9]{1,18}"  # what a row can have
        line = re_path(
            rf"^(?P<order_id>{number})/refund/(?P<line_id>{number})/$",
            self.admin_site.admin_view(self.refund_line),
            name="orders_refund_line",
        )
        whole = re_path(
            rf"^(?P<order_id>{number})/refund/$",
            self.admin_site.admin_view(self.refund_order),
            name="orders_refund_order",
        )
        return [line, whole, *super().get_urls()]

    def refund_line(self, request: HttpRequest, order_id: str, line_id: str) -> HttpResponse:
        """Ask how much and why, then return the money of one line; the service speaks to the provider."""
        if not request.user.has_perm("orders.add_refund"):
            raise PermissionDenied
        line = get_object_or_404(OrderLine.objects.select_related("order"), pk=line_id, order_id=order_id)
        form = LineRefundForm(request.POST or None, left=line.price - line.money_back, seen=line.refunded)
        if request.method == "POST" and form.is_valid():
            return self._do(request, line.order, partial(_give_back, line, form, str(request.user.pk)))
        return self._ask(request, line.order, form, title=_("Refund a line"), what=line.title)

    def refund_order(self, request: HttpRequest, order_id: str) -> HttpResponse:
        """Ask why, then return all that is left of an order."""
        if not request.user.has_perm("orders.add_refund"):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=order_id)
        form = RefundForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._do(request, order, partial(_give_all_back, order, form, str(request.user.pk)))
        return self._ask(request, order, form, title=_("Refund an order"), what=order.number)

    def _ask(self, request: HttpRequest, order: Order, form: RefundForm, *, title: str, what: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "what": what,
            "order": order,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "orders/refund.html", context, status=422 if form.is_bound else 200)

    def _do(self, request: HttpRequest, order: Order, act: Callable[[], str]) -> HttpResponse:
        """Do it, tell staff how it went, and leave an event."""
        try:
            sentence = act()
        except services.RefundStoppedError as error:
            back = total((refund.money for refund in error.done), order.currency)
            note(request, order, f"{back} goes back: {error.done[0].reason}. Then it stopped: {error.why.sentence}")
            messages.error(request, str(error))
        except BandstandError as error:
            messages.error(request, str(error))
        else:
            note(request, order, sentence)
            messages.success(request, sentence)
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))


def _give_back(line: OrderLine, form: LineRefundForm, by: str) -> str:
    said, amount = form.cleaned_data, form.amount
    services.refund_line(
        line_id=line.pk,
        amount=amount,
        ends_grant=form.ends_grant,
        seen=said["seen"],
        reason=said["reason"],
        note=said["note"],
        by=by,
        now=timezone.now(),
    )
    kept = " The buyer keeps it." if said["keeps"] else ""
    return f"{amount} of {line.title} goes back: {said['reason']}{kept}"


def _give_all_back(order: Order, form: RefundForm, by: str) -> str:
    said = form.cleaned_data
    refunds = services.refund_order(
        order_id=order.pk,
        ends_grant=form.ends_grant,
        reason=said["reason"],
        note=said["note"],
        by=by,
        now=timezone.now(),
    )
    kept = " The buyer keeps the titles." if said["keeps"] else ""
    return f"{total((refund.money for refund in refunds), order.currency)} goes back: {said['reason']}{kept}"


def _receive(order: Order, by: str, now: datetime) -> None:
    """Mark the order's bank transfer as received: also one that was given up, and beside one by another provider."""
    by_hand = [payment for payment in payments.payments_of(order.number) if payments.is_by_hand(payment)]
    waiting = [payment for payment in by_hand if payment.is_waiting]
    late = [payment for payment in by_hand if payment.state == payment.State.FAILED]
    for payment in [*waiting, *late]:
        services.mark_received(payment_id=payment.pk, by=by, now=now)
        return
    raise services.NotByHandError


@admin.register(Refund)
class RefundAdmin(LookAdmin):
    list_display = ["line", "sum", "reason", "by", "at", "done_at", "undone_at"]
    list_select_related = ["line__order"]
    list_filter = [("done_at", admin.EmptyFieldListFilter), ("undone_at", admin.EmptyFieldListFilter)]
    search_fields = ["line__order__number", "reason"]
    actions = ["sent"]

    @admin.display(description="amount", ordering="amount")
    def sum(self, refund: Refund) -> str:
        return money(refund.amount, refund.line.order.currency)

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
