"""The staff's site: Django's admin, under our name, with today's figures on its first page."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from bandstand.store.accounts import access as proofs
from bandstand.store.backoffice import queries
from bandstand.webkit.staff import note_refusal

Page = Any  # what Django calls a view here: a function with marks on it

ROOMS = (
    ("Titles", ("catalogue", "deals", "ingest", "quality", "assets")),
    ("Orders and money", ("orders", "vouchers", "taxes", "payments", "ledger")),
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

    def has_permission(self, request: HttpRequest) -> bool:
        """Let staff in who have used a second factor in this session."""
        return super().has_permission(request) and proofs.has_used_factor(request)

    def admin_view(self, view: Page, cacheable: bool = False) -> Page:  # noqa: FBT001, FBT002 - as Django calls it
        """Guard a page as Django does, and write down who wanted one that their rights do not open."""
        guarded = super().admin_view(view, cacheable)

        def watched(request: HttpRequest, *args: Any, **more: Any) -> Page:  # Any: of any address
            try:
                return guarded(request, *args, **more)
            except PermissionDenied:
                note_refusal(request)
                raise

        page: Page = update_wrapper(watched, guarded)
        return page

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
    """Lead to the one sign-in page, or to the second factor; who is no staff is told so, and not sent in circles."""
    if admin.site.has_permission(request):
        return redirect("admin:index")
    user, there = request.user, request.GET.get("next", "")
    if not user.is_authenticated:
        return redirect_to_login(there)
    if not user.is_staff:
        raise PermissionDenied
    way = proofs.way_to_prove(user)
    if way is None:
        messages.warning(request, _("The back office asks for a second factor. Set one up here."))
        return redirect("mfa_index")
    return redirect(f"{reverse(way)}?{urlencode({'next': there or reverse('admin:index')})}")
