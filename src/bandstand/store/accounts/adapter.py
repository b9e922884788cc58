"""What allauth asks of a store."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from bandstand.store.accounts import queries, services
from bandstand.store.accounts.middleware import MARK
from bandstand.store.accounts.models import User
from bandstand.store.accounts.rules import same_address
from bandstand.webkit import audit, limits

# To sign in: by one visitor; by one visitor to one address; to one address, whoever tries. The last is far above what
# one network may try, as whoever reaches it keeps others out.
TRIES = ("30/m", "5/5m", "100/h")
_FROM_HERE, _TO_ADDRESS = "sign-in from here to", "sign-in to"
_AGAIN = "password again"


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Sign-in is allauth's; who has an account, and what a password means for it, is ours."""

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set the password through our service: a guest's account is claimed by it."""
        if not isinstance(user, User):
            raise TypeError("Accounts are users of this store.")
        services.claim(user=user, password=password, now=timezone.now(), even_if_same=True)

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        """Count a try to sign in, before any password is looked at.

        allauth would count in its cache, which without a Redis is each process's own; ours are counted for all.
        Nobody is kept out of an account by what others try, where they are signed in to it in another browser.
        """
        by_visitor, from_here, to_address = TRIES
        email = same_address(credentials.get("email", ""))
        limits.limit(request, "sign-in", rate=by_visitor)
        limits.limit(request, _FROM_HERE, rate=from_here, by="value", value=_here(request, email))
        try:
            limits.limit(request, _TO_ADDRESS, rate=to_address, by="value", value=email)
        except limits.TooManyError:
            if not queries.is_known_network(email, limits.network(request)):
                raise

    def authenticate(self, request: HttpRequest, **credentials: str) -> AbstractBaseUser | None:
        """Return whose password this is; tries from here before a good one are forgotten, those of others are not."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            email = same_address(credentials.get("email", ""))
            limits.forgive(request, _FROM_HERE, rate=TRIES[1], by="value", value=_here(request, email))
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: str) -> None:
        """Write that somebody tried to be one of the staff."""
        user = User.objects.filter(email=same_address(credentials.get("email", ""))).first()
        if user is not None and user.is_staff:
            _write(user, "accounts.sign_in_failed", "A sign-in with a wrong password.")

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin a session. Who proved a moment ago who they are is not asked again at once."""
        request.session.pop(MARK, None)
        super().login(request, user)
        records = get_authentication_records(request, user)
        if records:
            proved = [*records[:-1], {**records[-1], "reauthenticated": True}]
            request.session[AUTHENTICATION_METHODS_SESSION_KEY] = proved
        if isinstance(user, User) and user.is_staff:
            ways = ", ".join(record["method"] for record in records) or "a mailed link"
            _write(user, "accounts.signed_in", f"Signed in by {ways}.")

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Tell whether this is the password of who is signed in; tries are counted for all processes."""
        limits.limit(self.request, _AGAIN, rate=TRIES[1], by="account")
        if not user.check_password(password):
            if isinstance(user, User) and user.is_staff:
                _write(user, "accounts.proof_failed", "A wrong password where one was asked for again.")
            return False
        limits.forgive(self.request, _AGAIN, rate=TRIES[1], by="account")
        return True

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,  # Any: allauth's own
        email: str | None = None,
    ) -> None:
        """Take what allauth would mail: changes of second factors are written down and told by our own mail.

        Who has just added one has shown that they have it, so this session counts as one that used it.
        """
        what = template_prefix.removeprefix("mfa/email/")
        if not isinstance(user, User) or what not in services.CHANGES:
            return  # passwords are told of by `services.claim`
        if what in {"totp_activated", "webauthn_added"}:
            record_authentication(self.request, user, method="mfa", reauthenticated=True)
        services.factor_changed(user=user, what=what, actor=audit.user(user.pk), now=timezone.now())

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


def _here(request: HttpRequest, email: str) -> str:
    return f"{limits.network(request)} {email}"


def _write(user: User, action: str, sentence: str) -> None:
    """Write an event about one of the staff who signs in."""
    audit.record(actor=audit.user(user.pk), action=action, row=user, sentence=sentence, now=timezone.now())
