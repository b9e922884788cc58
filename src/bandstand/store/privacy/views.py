"""Taking one's data along, and being forgotten."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts.models import User
from bandstand.store.accounts.views.guards import proved
from bandstand.store.privacy import links, services
from bandstand.store.privacy.forms import EraseForm
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import explain
from bandstand.webkit.limits import limit

EXPORTS, ERASURES = "5/d", "5/d"  # by one account


@never_cache
@login_required
@proved
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """Say what is in the bundle; a press gets it."""
    user = _owner(request)
    if request.method != "POST":
        return answer(request, "privacy/export.html", {})
    limit(request, "export", rate=EXPORTS, by="account")
    now = timezone.now()
    response = HttpResponse(services.bundle(user=user, now=now), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y-%m-%d}.zip"'
    return response


@never_cache
@login_required
@proved
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays; the address, typed, has the link mailed that does it."""
    user = _owner(request)
    form = EraseForm(request.POST or None, own=user.email)
    if request.method != "POST" or not form.is_valid():
        return answer(request, "privacy/erase.html", {"form": form}, status=422 if form.is_bound else 200)
    limit(request, "erase", rate=ERASURES, by="account")
    services.ask_erasure(user=user, language=get_language() or "", now=timezone.now())
    return redirect("account_mail_sent")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase_open(request: HttpRequest, token: str) -> HttpResponse:
    """Show the last button (mail programs fetch links on their own); its press erases the account."""
    now = timezone.now()
    try:
        if request.method != "POST":
            return answer(request, "privacy/erase_open.html", {"owner": links.read(token, now=now)})
        services.erase_by_link(token=token, now=now)
    except RefusedError as error:
        why = explain(error)
        return answer(request, "privacy/erase_open.html", {"refusal": why}, status=why.status)
    logout(request)
    return redirect("privacy:erased")


@never_cache
@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    """Say goodbye."""
    return answer(request, "privacy/erased.html", {})


def _owner(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
