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

from bandstand.store.backoffice import queries


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


def sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the one sign-in page; who is signed in and no staff is told so, and not sent in circles."""
    if admin.site.has_permission(request):
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", ""))
