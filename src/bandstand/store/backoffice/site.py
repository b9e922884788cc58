"""The staff's site: Django's admin, under our name, with today's figures on its first page."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest
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

    login = secure_admin_login(admin.AdminSite.login)
