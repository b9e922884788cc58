"""The icon under the address that browsers try by themselves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the icon's hashed name."""
    return HttpResponsePermanentRedirect(static("webkit/favicon.svg"))
