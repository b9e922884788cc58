from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bandstand.store.catalogue import services
from bandstand.store.catalogue.models import Credit, Genre, Label, Part, Party, Release, Series
from bandstand.webkit.staff import LookAdmin, LookInline, act_on_each


class PartInline(LookInline):
    model = Part
    fields = ["disc", "number", "title", "artist_line", "isrc", "duration_ms", "withdrawn_at"]


class CreditInline(LookInline):
    model = Credit
    fields = ["party", "billing", "role", "part"]


@admin.register(Release)
class ReleaseAdmin(LookAdmin):
    list_display = ["title", "artist_line", "kind", "label", "number", "original_date", "withdrawn_at"]
    list_filter = ["kind", "label", "genre", ("withdrawn_at", admin.EmptyFieldListFilter)]
    list_select_related = ["label"]
    search_fields = ["title", "artist_line", "gtin", "number", "parts__isrc"]
    inlines = [PartInline, CreditInline]
    readonly_fields = ["elsewhere"]
    actions = ["withdraw", "restore"]

    @admin.display(description="also")
    def elsewhere(self, release: Release) -> SafeString:
        """Lead to what other apps hold of this release."""
        lists = [
            ("Deliveries and measurements", "ingest_delivery"),
            ("Deals", "deals_deal"),
            ("Grants", "grants_grant"),
        ]
        links = ((reverse(f"admin:{name}_changelist"), release.pk, title) for title, name in lists)
        others = format_html_join(" · ", '<a href="{}?release__id__exact={}">{}</a>', links)
        return format_html(
            '{} · <a href="{}">Sound and findings</a>', others, reverse("admin:quality_release", args=[release.pk])
        )

    @admin.action(description="Take off sale (owners keep it)", permissions=["view"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Release]) -> None:
        now: datetime = timezone.now()
        act_on_each(
            request,
            chosen,
            lambda release: services.withdraw(release_id=release.pk, now=now),
            done="%s is off sale.",
            permission="catalogue.change_release",
        )

    @admin.action(description="Put back on sale", permissions=["view"])
    def restore(self, request: HttpRequest, chosen: QuerySet[Release]) -> None:
        act_on_each(
            request,
            chosen,
            lambda release: services.restore(release_id=release.pk),
            done="%s is on sale again, as its deals allow.",
            permission="catalogue.change_release",
        )


@admin.register(Party, Label, Genre, Series)
class NamedAdmin(LookAdmin):
    search_fields = ["slug"]
