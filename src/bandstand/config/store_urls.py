"""The addresses of a store."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from bandstand.store.backoffice import site
from bandstand.webkit import health, styleguide
from bandstand.webkit.favicon import favicon

urlpatterns: list[URLPattern | URLResolver] = [
    *health.urlpatterns,
    # Staff sign in, and change their passwords, where everybody does: one door with one set of limits and mails.
    path("backoffice/login/", site.sign_in),
    path("backoffice/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("backoffice/", admin.site.urls),
    path("account/", include("bandstand.store.accounts.urls")),
    path("", include("bandstand.store.privacy.urls")),
    path("", include("bandstand.store.pairing.urls")),
    path("", include("bandstand.store.takeout.urls")),
    path("", include("bandstand.store.orders.urls")),
    path("", include("bandstand.store.delivery.urls")),
    path("", include("bandstand.store.receipts.urls")),
    # Browsers ask for it on pages that name no icon: the back office, errors, files shown by themselves.
    path("favicon.ico", favicon),
    path("styleguide/", styleguide.urls),
    path("", include("bandstand.store.shopfront.urls")),
]

handler400 = "bandstand.webkit.errors.bad_request"
handler403 = "bandstand.webkit.errors.forbidden"
handler404 = "bandstand.webkit.errors.not_found"
handler500 = "bandstand.webkit.errors.server_error"
