"""Mails about accounts, and the end of old sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import translation

from bandstand.kernel.progress import Progress
from bandstand.store.accounts import links, mails, services
from bandstand.store.accounts.models import User
from bandstand.webkit.jobs import job


@job("accounts.send_mail")
def send_mail(*, now: datetime, progress: Progress, email: str, wish: str, language: str) -> None:
    """Answer a wish by mail: what it may say depends on whether the address has an account, is a guest's, or is new."""
    user = User.objects.filter(email=email).first()
    with translation.override(language):
        match services.Wish(wish):
            case services.Wish.SIGN_UP if user is not None and not user.is_guest:
                mails.send(
                    "account_exists",
                    email,
                    {"sign_in_url": links.sign_in_url(), "password_url": links.password_url(user)},
                )
            case services.Wish.SIGN_UP:
                user = services.guest_for(email=email, now=now)
                mails.send("claim", email, {"password_url": links.password_url(user)})
            case _ if user is None or not user.is_active:
                mails.send("no_account", email, {"sign_up_url": links.absolute("/account/sign-up/")})
            case services.Wish.OPEN if user.is_guest:
                mails.send(
                    "open", email, {"open_url": links.open_url(user, now=now), "password_url": links.password_url(user)}
                )
            case services.Wish.OPEN | services.Wish.RESET:
                mails.send("password", email, {"password_url": links.password_url(user)})


@job("accounts.tell_changed")
def tell_changed(*, now: datetime, progress: Progress, user_id: int) -> None:
    """Tell the owner of an account that its password was changed."""
    user = User.objects.get(pk=user_id)
    with translation.override(user.language or None):
        mails.send("changed", user.email, {"password_url": links.absolute("/account/password/reset/")})


@job("accounts.tell")
def tell(*, now: datetime, progress: Progress, user_id: int, mail: str, what: str) -> None:
    """Tell the owner of an account what was done with it."""
    user = User.objects.get(pk=user_id)
    if not user.is_active:  # closed or forgotten since
        return
    with translation.override(user.language or None):
        facts = {"account_url": links.absolute("/account/"), "what": what, "change": services.CHANGES.get(what, "")}
        mails.send(mail, user.email, facts)


@job("accounts.ask_address")
def ask_address(*, now: datetime, progress: Progress, user_id: int, email: str, language: str) -> None:
    """Mail the link that makes an address the account's; to whom it belongs already, only that it does."""
    user = User.objects.get(pk=user_id)
    with translation.override(language):
        if User.objects.filter(email=email).exists():
            mails.send("address_taken", email, {"sign_in_url": links.sign_in_url()})
        else:
            mails.send("address", email, {"address_url": links.address_url(user, email, now=now)})


@job("accounts.tell_address")
def tell_address(*, now: datetime, progress: Progress, email: str, language: str) -> None:
    """Tell the former address of an account that it is no longer its address."""
    with translation.override(language or None):
        mails.send("address_changed", email, {})


@job("accounts.forget_sessions", every=timedelta(hours=1))
def forget_sessions(*, now: datetime, progress: Progress) -> None:
    """Delete the sessions that are over, with what they remembered of a visitor."""
    progress(services.forget_over(now=now))
