"""The one way a view answers with a page: whole for a visit, in part for htmx, from the same template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString

MESSAGES = "webkit/base.html#messages"  # the part of the base page that shows messages


def answer(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],  # values for a template, of any kind
    *,
    part: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page `template`, or only its partial `part` when htmx asks for one.

    A boosted link is a visit like any other and gets the whole page. New messages come with a part as well: the base
    page's partial `messages` is rendered out of band (`out_of_band` is true).
    """
    if part and wants_part(request):
        body = render_to_string(f"{template}#{part}", dict(context), request) + _messages(request)
    else:
        body = render_to_string(template, dict(context), request)
    response = HttpResponse(body, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted"])
    return response


def wants_part(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of a page, and not for a whole page by a boosted link or its history."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def _messages(request: HttpRequest) -> SafeString:
    if not len(get_messages(request)):
        return SafeString("")
    return render_to_string(MESSAGES, {"out_of_band": True}, request)
