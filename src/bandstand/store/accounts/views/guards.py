"""Who may come to the pages that change an account."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import suspend_request
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bandstand.store.accounts import access
from bandstand.store.accounts.models import User

View = Callable[..., HttpResponseBase]


def claimed(view: View) -> View:
    """Let in who has an account with a password: what is changed here would else be changed by a mere link."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:  # Any: of any address
        if isinstance(request.user, User) and request.user.is_guest:
            messages.info(request, _("Choose a password first; then the account can be changed."))
            return redirect("account_set_password")
        return view(request, *args, **more)

    return guarded


def proved(view: View) -> View:
    """Let in who has shown within five minutes who they are; the others are asked, and come back.

    Who has a second factor has to have used it in this session. A session may be older than the factor, and its
    password alone must not be enough to add another one, which would then open the back office.
    """
    recent: View = reauthentication_required(app="allauth.mfa")(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:  # Any: of any address
        user = request.user
        if isinstance(user, User) and not access.has_used_factor(request) and (way := access.way_to_prove(user)):
            asked: HttpResponseBase = suspend_request(request, reverse(way))
            return asked
        return recent(request, *args, **more)

    return guarded
