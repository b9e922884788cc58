"""Changing the e-mail address of an account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bandstand.store.accounts import links, services
from bandstand.store.accounts.forms import NewAddressForm
from bandstand.store.accounts.models import User
from bandstand.store.accounts.views.guards import claimed, proved
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import explain
from bandstand.webkit.limits import limit

MAILS = ("5/h", "3/h")  # that one account may cause, and that one address may get


@never_cache
@claimed
@proved
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the new address; a mail to it goes on from there."""
    form = NewAddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid() or not isinstance(request.user, User):
        return answer(request, "account/address.html", {"form": form}, status=422 if form.is_bound else 200)
    email = form.cleaned_data["email"]
    limit(request, "address", rate=MAILS[0], by="account")
    limit(request, "mail", rate=MAILS[1], by="value", value=email)
    services.ask_address(user=request.user, email=email, language=get_language() or "", now=timezone.now())
    return redirect("account_mail_sent")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button (mail programs fetch links on their own); its press changes the address."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    try:
        if request.method != "POST":
            email = services.peek_address(token=token, user=user, now=timezone.now())
            return answer(request, "account/address_open.html", {"email": email})
        services.change_address(token=token, user=user, session_key=request.session.session_key, now=timezone.now())
    except (links.LinkError, services.AddressLinkError, services.AddressTakenError) as error:
        why = explain(error)
        return answer(request, "account/address_open.html", {"refusal": why}, status=why.status)
    messages.success(request, _("Your account has its new address."))
    return redirect("account_overview")
