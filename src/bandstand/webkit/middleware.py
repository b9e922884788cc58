"""What holds for every request: its id, its methods, its headers, and how an error is told."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from bandstand.kernel.errors import BandstandError, OutsideError, SetupError
from bandstand.webkit import errors
from bandstand.webkit.explain import busy, explain
from bandstand.webkit.logs import REQUEST_ID

Handler = Callable[[HttpRequest], HttpResponseBase]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# What no page of ours uses, and so no script that got in by mistake may use either.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
        "idle-detection", "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
    )
) + ", autoplay=(self), fullscreen=(self), picture-in-picture=(self)"  # fmt: skip

_OUTER_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = logging.getLogger(__name__)


def request_id(get_response: Handler) -> Handler:
    """Give each request an id: in its log lines, in the answer's `X-Request-Id`, and as `request.request_id`.

    A proxy's own id is taken over when the settings say that a proxy stands in front (TRUSTED_PROXIES); from anybody
    else it would let a visitor write what he likes into the log.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        outer = request.headers.get("X-Request-Id", "") if getattr(settings, "TRUSTED_PROXIES", 0) else ""
        chosen = outer if _OUTER_ID.fullmatch(outer) else secrets.token_hex(8)
        request.request_id = chosen  # type: ignore[attr-defined]
        mark = REQUEST_ID.set(chosen)
        try:
            response = get_response(request)
        finally:
            REQUEST_ID.reset(mark)
        response["X-Request-Id"] = chosen
        return response

    return middleware


def only_sound_requests(get_response: Handler) -> Handler:
    """Refuse what no browser of ours would ask, before anybody looks at it, static files included.

    That is TRACE, CONNECT and methods nobody knows (Django's plain views would answer them with 200), a Host that is
    not ours, and a NUL in the address: no address of ours has one, and PostgreSQL can't even be asked about it.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method not in METHODS:
            return HttpResponse(status=405, headers={"Allow": ", ".join(METHODS)})
        request.get_host()  # raises what Django answers with 400
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return errors.bad_request(request)
        return get_response(request)

    return middleware


def policies(get_response: Handler) -> Handler:
    """Say what a page may do, who may embed it and who may keep it.

    A page for somebody we know (signed in, or with a session, as guests have) is kept by nobody: `private, no-store`,
    so that the next person at the same computer finds nothing by the back button. Any other page is
    `private, no-cache`: it holds a form's secret and prices that end with a deal, so shared caches must not keep it,
    while the visitor's own browser may, and asks before it shows it again. Views that know better say so themselves.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store" if _is_somebody(request) else "private, no-cache"
            patch_vary_headers(response, ["Cookie"])
        return response

    return middleware


def _is_somebody(request: HttpRequest) -> bool:
    """Say so without a query: a session's cookie is enough."""
    session = getattr(request, "session", None)
    return session is not None and not session.is_empty()


class ExplainErrors:
    """Tell a BandstandError that a view let through, and a database too busy to write, as plain pages.

    A class, because Django looks for `process_exception` on the middleware itself.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for `exception`; nothing when it is not ours to explain."""
        facts = {"path": request.path, "method": request.method}
        if errors.database_is_busy(exception):
            log.warning("The database is busy.", extra=facts)
            return errors.page(request, busy())
        if not isinstance(exception, BandstandError):
            return None
        explanation = explain(exception)
        log.log(
            logging.ERROR if isinstance(exception, OutsideError | SetupError) else logging.INFO,
            "%s",
            exception,
            exc_info=exception if isinstance(exception, SetupError) else None,
            extra={"code": explanation.code, "status": explanation.status, **facts},
        )
        return errors.page(request, explanation)
