"""A few views that go wrong in the ways that views do."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.urls import include, path

from bandstand.kernel.errors import OutsideError, RefusedError, SetupError
from bandstand.webkit import limits
from bandstand.webkit.answer import answer

WRONG = {
    "refused": RefusedError("This <b>rental</b> ended.", hint="Rent it again."),
    "outside": OutsideError("The gateway does not answer."),
    "setup": SetupError("No encoder."),
    "locked": OperationalError("database is locked"),
    "other-database": OperationalError("no such table: secret_table"),
    "bug": ZeroDivisionError("secret detail"),
    "missing": Http404("secret detail"),
    "forbidden": PermissionDenied("secret detail"),
    "suspicious": SuspiciousOperation("secret detail"),
    "row": ObjectDoesNotExist("secret detail"),
}


def page(request):
    if "tell" in request.GET:
        messages.success(request, "It is in your basket.")
    return answer(
        request,
        "look/page.html",
        {"title": "Tom & Jerry"},
        part=request.GET.get("part"),
        status=int(request.GET.get("status", 200)),
    )


def wrong(request, how):
    raise WRONG[how]


def kept(request):
    return HttpResponse("x", headers={"Cache-Control": "public, max-age=60"})


def limited(request):
    limits.limit(request, "tests", rate="2/m")
    return HttpResponse("in")


def form(request):
    return HttpResponse("sent")


def remember(request):
    request.session["basket"] = 7
    return HttpResponse("kept")


urlpatterns = [
    path("", page),
    path("wrong/<str:how>/", wrong),
    path("kept/", kept),
    path("limited/", limited),
    path("form/", form),
    path("remember/", remember),
    path("", include("bandstand.webkit.health")),
]
handler400 = "bandstand.webkit.errors.bad_request"
handler403 = "bandstand.webkit.errors.forbidden"
handler404 = "bandstand.webkit.errors.not_found"
handler500 = "bandstand.webkit.errors.server_error"
