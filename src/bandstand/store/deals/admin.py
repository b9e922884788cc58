from __future__ import annotations

from django.contrib import admin

from bandstand.store.deals.models import Deal, PriceTier, Storefront, TierPrice
from bandstand.webkit.staff import LookAdmin, LookInline


class PriceInline(LookInline):
    model = TierPrice


@admin.register(Storefront)
class StorefrontAdmin(LookAdmin):
    list_display = ["name", "state", "currency", "tax_included", "time_zone"]


@admin.register(PriceTier)
class PriceTierAdmin(LookAdmin):
    list_display = ["slug", "name", "open_price"]
    inlines = [PriceInline]


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
