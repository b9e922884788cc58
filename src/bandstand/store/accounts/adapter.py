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


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Sign-in is allauth's; who has an account, and what a password means for it, is ours."""

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set the password through our service: a guest's account is claimed by it."""
        if not isinstance(user, User):
            raise TypeError("Accounts are users of this store.")
        services.claim(user=user, password=password, now=timezone.now())

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Answer no: our own sign-up works by mail, so that it tells nobody who has an account."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Tell whether a `next` address stays in this store."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None, require_https=self.request.is_secure())

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return where a saved password leads."""
        return reverse("account_overview")
