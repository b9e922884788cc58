from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bandstand.kernel.errors import BandstandError
from bandstand.store.deals import services
from bandstand.store.deals.forms import PriceForm
from bandstand.store.deals.models import Deal, PriceTier, Storefront, TierPrice
from bandstand.store.taxes import queries as taxes
from bandstand.webkit.staff import LookAdmin, LookInline, note


class PriceInline(LookInline):
    model = TierPrice


@admin.register(Storefront)
class StorefrontAdmin(LookAdmin):
    list_display = ["name", "state", "currency", "tax_included", "untaxed", "time_zone"]

    @admin.display(description="countries without a rate of tax")
    def untaxed(self, storefront: Storefront) -> str:
        return ", ".join(taxes.without_rate(storefront.territories, on=timezone.now().date())) or "none"


@admin.register(PriceTier)
class PriceTierAdmin(LookAdmin):
    list_display = ["slug", "name", "open_price", "costs"]
    fields = ["slug", "name", "open_price", "set_a_price"]
    readonly_fields = ["set_a_price"]
    inlines = [PriceInline]

    @admin.display(description="costs")
    def costs(self, tier: PriceTier) -> str:
        return ", ".join(str(price.money) for price in tier.prices.order_by("currency"))

    @admin.display(description="")
    def set_a_price(self, tier: PriceTier) -> SafeString:
        return format_html('<a href="{}">Set a price …</a>', reverse("admin:deals_pricetier_price", args=[tier.pk]))

    def get_urls(self) -> list[URLPattern]:
        price = re_path(
            r"^(?P<tier_id>[0-9]{1,18})/price/$",
            self.admin_site.admin_view(self.set_price),
            name="deals_pricetier_price",
        )
        return [price, *super().get_urls()]

    def set_price(self, request: HttpRequest, tier_id: str) -> HttpResponse:
        """Ask what a tier costs in one currency. It holds at once, for all that is not ordered yet."""
        if not request.user.has_perm("deals.change_tierprice"):
            raise PermissionDenied
        tier = get_object_or_404(PriceTier, pk=tier_id)
        form, back = PriceForm(request.POST or None, tier=tier), reverse("admin:deals_pricetier_change", args=[tier.pk])
        if request.method == "POST" and form.is_valid():
            try:
                price = services.set_price(tier=tier.slug, amount=form.price, suggested=form.suggestion)
            except BandstandError as error:
                form.add_error("suggested", str(error))
            else:
                note(request, tier, f"{price} was set.")
                messages.success(request, f"{price} was set.")
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set a price"),
            "intro": _("It is shown with tax where the storefront shows prices with tax, else without."),
            "form": form,
            "back_url": back,
            "back_label": tier.name,
            "opts": self.opts,
        }
        return TemplateResponse(request, "webkit/staff/form.html", context, status=422 if form.is_bound else 200)


@admin.register(Deal)
class DealAdmin(LookAdmin):
    list_display = [
        "release",
        "territories",
        "uses",
        "preorder_day",
        "start_day",
        "start_at",
        "end_day",
        "members_only",
        "ended_at",
    ]
    list_filter = ["members_only", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["release"]
    search_fields = ["release__title", "release__number", "source"]
