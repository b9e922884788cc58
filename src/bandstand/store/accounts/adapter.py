"""What allauth asks of a store."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from bandstand.store.accounts import services
from bandstand.store.accounts.models import User
from bandstand.webkit import limits

TRIES = ("30/m", "5/5m")  # to sign in: by one visitor, and to one address, whoever tries
_TO_ADDRESS = "sign-in to"


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Sign-in is allauth's; who has an account, and what a password means for it, is ours."""

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set the password through our service: a guest's account is claimed by it."""
        if not isinstance(user, User):
            raise TypeError("Accounts are users of this store.")
        services.claim(user=user, password=password, now=timezone.now())

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        """Count a try to sign in, before any password is looked at.

        allauth would count in its cache, which without a Redis is each process's own; ours are counted for all.
        """
        by_visitor, to_address = TRIES
        limits.limit(request, "sign-in", rate=by_visitor)
        limits.limit(request, _TO_ADDRESS, rate=to_address, by="value", value=credentials.get("email", ""))

    def authenticate(self, request: HttpRequest, **credentials: str) -> AbstractBaseUser | None:
        """Return whose password this is; tries before a good one are forgotten."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            limits.forgive(request, _TO_ADDRESS, rate=TRIES[1], by="value", value=credentials.get("email", ""))
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the visitor's address, for the limits that stay allauth's."""
        return limits.client_ip(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Answer no: our own sign-up works by mail, so that it tells nobody who has an account."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Tell whether a `next` address stays in this store."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None, require_https=self.request.is_secure())

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return where a saved password leads."""
        return reverse("account_overview")
