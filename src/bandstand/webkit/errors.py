"""Pages for when something is wrong. They are shown even when the templates themselves are what is wrong."""

from __future__ import annotations

import logging
import sys

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.cache import patch_vary_headers
from django.utils.html import escape
from django.utils.translation import gettext, override

from bandstand.webkit.explain import Explanation, busy, for_status

TEMPLATE = "webkit/error.html"
MAIN = "#main"  # what htmx replaces by the page's own, whatever part it asked for

log = logging.getLogger(__name__)


def database_is_busy(error: BaseException | None) -> bool:
    """Say whether `error` is a database that is too busy for another writer: trying again later helps."""
    text = str(error).lower()
    return isinstance(error, OperationalError) and ("is locked" in text or "couldn't get a connection after" in text)


def page(request: HttpRequest, explanation: Explanation) -> HttpResponse:
    """Return the page that tells `explanation`; as JSON to a client that prefers it."""
    response: HttpResponse
    if _wants_json(request):
        told = {"code": explanation.code, "sentence": explanation.sentence, "hint": explanation.hint}
        response = JsonResponse(told, status=explanation.status)
    else:
        response = HttpResponse(_html(request, explanation), status=explanation.status)
    patch_vary_headers(response, ["Accept", "HX-Request"])
    response["Cache-Control"] = "no-store"
    if explanation.retry_after is not None:
        response["Retry-After"] = str(explanation.retry_after)
    if getattr(request, "htmx", None):
        response["HX-Retarget"] = response["HX-Reselect"] = MAIN
        response["HX-Reswap"] = "outerHTML"
    return response


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _html(request: HttpRequest, explanation: Explanation) -> str:
    context = {"explanation": explanation}
    try:
        return render_to_string(TEMPLATE, context, request if hasattr(request, "user") else None)
    except (TemplateDoesNotExist, TemplateSyntaxError, NoReverseMatch, DatabaseError, InterfaceError, AttributeError):
        log.exception(
            "The error page itself is broken."
        )  # then plain text must do: the visitor still learns what happened
        return _plain(explanation)


def _plain(explanation: Explanation) -> str:
    sentence, hint, home = escape(explanation.sentence), escape(explanation.hint), escape(gettext("To the front page"))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{sentence}</title>'
        f'<main id="main"><h1>{sentence}</h1><p>{hint}</p><p><a href="/">{home}</a></p></main></html>'
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler400`: also for a Host that is not ours, so nothing here may ask for the host."""
    with override("en"):
        response = HttpResponse(_plain(for_status(400)), status=400)
    response["Cache-Control"] = "no-store"
    return response


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler403`."""
    return page(request, for_status(403))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler404`."""
    return page(request, for_status(404))


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`: a busy database met outside a view (in a session, say) is told as what it is."""
    return page(request, busy() if database_is_busy(sys.exc_info()[1]) else for_status(500))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`: as a rule an old page, or a browser without cookies."""
    log.warning("A form was refused: %s", reason, extra={"path": request.path, "method": request.method})
    explanation = Explanation(
        sentence=gettext("This form is too old, or cookies are switched off."),
        hint=gettext("Load the page again and send the form once more. Cookies must be allowed for that."),
        code="request.csrf",
        status=403,
    )
    return page(request, explanation)
