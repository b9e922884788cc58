"""The staff's site: Django's admin, under our name, with today's figures on its first page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from bandstand.store.backoffice import queries

ROOMS = (
    ("Titles", ("catalogue", "deals", "ingest", "assets")),
    ("Orders and money", ("orders", "payments", "ledger")),
    ("Listeners", ("accounts", "grants", "delivery", "plays")),
    ("Machine room", ("jobs", "webkit")),
)


class Backoffice(admin.AdminSite):
    """Where the staff works. Signing in goes through the same page, limits and second factors as everybody's."""

    site_title = "Back office"
    site_header = "Back office"
    index_title = "Today"
    index_template = "backoffice/index.html"
    site_url = "/"
    enable_nav_sidebar = True

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        figures = queries.today(now=timezone.now())
        return super().index(request, {**(extra_context or {}), "figures": figures})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Return the lists by what staff does, not by app; Any as Django's own."""
        apps = {app["app_label"]: app for app in super().get_app_list(request, app_label)}
        if app_label is not None:
            return list(apps.values())
        rooms = []
        for name, labels in ROOMS:
            found = [apps.pop(label) for label in labels if label in apps]
            if found:
                models = [model for app in found for model in app["models"]]
                rooms.append({**found[0], "name": _(name), "models": models})
        return [*rooms, *apps.values()]


def sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the one sign-in page; who is signed in and no staff is told so, and not sent in circles."""
    if admin.site.has_permission(request):
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", ""))
