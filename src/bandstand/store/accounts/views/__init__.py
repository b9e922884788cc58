"""Sign-up, links by mail, the password, and the account's own page."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bandstand.store.accounts import links, services
from bandstand.store.accounts.forms import AddressForm
from bandstand.store.accounts.middleware import MARK
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import explain
from bandstand.webkit.limits import limit, network

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CHANGE_TRIES = "10/h"  # changes of a password, and tries of the old one
# Mails that one visitor may cause; that one visitor may send to one address; that one address may get, whoever asks.
MAIL_LIMITS = ("20/h", "3/h", "20/h")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for an address; whatever it is, the answer is: read your mail."""
    if request.user.is_authenticated:
        return redirect("account_overview")
    return _by_mail(request, services.Wish.SIGN_UP, "account/signup.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Ask for an address and mail the way to a new password."""
    return _by_mail(request, services.Wish.RESET, "account/password_reset.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def send_link(request: HttpRequest) -> HttpResponse:
    """Ask for an address and mail a guest the way to the shelf."""
    return _by_mail(request, services.Wish.OPEN, "account/send_link.html")


def _by_mail(request: HttpRequest, wish: services.Wish, template: str) -> HttpResponse:
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return answer(request, template, {"form": form}, status=422 if form.is_bound else 200)
    email = form.cleaned_data["email"]
    by_visitor, from_here, to_address = MAIL_LIMITS
    limit(request, "mail", rate=by_visitor)
    limit(request, "mail from here", rate=from_here, by="value", value=f"{network(request)} {email}")
    limit(request, "mail", rate=to_address, by="value", value=email)
    services.ask_for_mail(email=email, wish=wish, language=get_language() or "")
    return redirect("account_mail_sent")


@never_cache
@require_safe
def mail_sent(request: HttpRequest) -> HttpResponse:
    """Say that a mail is on its way: the same words for every address."""
    return answer(request, "account/mail_sent.html", {})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button (mail programs fetch links on their own); its press signs the guest in."""
    try:
        if request.method != "POST":
            user = services.peek_link(token=token, now=timezone.now())
            return answer(request, "account/open.html", {"owner": user})
        user = services.open_by_link(token=token, now=timezone.now())
    except (links.LinkError, services.LinkUsedError, services.AccountClaimedError) as error:
        why = explain(error)
        context = {"refusal": why, "claimed": isinstance(error, services.AccountClaimedError), "form": AddressForm()}
        return answer(request, "account/open.html", context, status=why.status)
    request.session.pop(MARK, None)
    login(request, user, backend=BACKEND)
    return redirect("shopfront:shelf")


@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponseBase:
    """Count tries of the old password for all processes together, then let allauth ask for both."""
    if request.method == "POST" and request.user.is_authenticated:
        limit(request, "old password", rate=CHANGE_TRIES, by="account")
    changed: HttpResponseBase = allauth_views.password_change(request)
    return changed


@never_cache
@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the account: address, password, sign-out."""
    return answer(request, "account/overview.html", {})
