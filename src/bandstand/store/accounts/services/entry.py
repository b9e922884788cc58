"""Accounts come to be, are claimed, and get their links by mail."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts import links
from bandstand.store.accounts.models import User
from bandstand.store.accounts.rules import same_address
from bandstand.store.accounts.services import sessions
from bandstand.webkit import audit
from bandstand.webkit.jobs import SOON, enqueue


class Wish(StrEnum):
    """Why somebody asks for a mail."""

    SIGN_UP = "sign-up"
    RESET = "reset"
    OPEN = "open"


class LinkUsedError(RefusedError):
    """The link has opened the shelf once already, or a later sign-in has replaced it."""

    code = "accounts.link_used"

    def __init__(self) -> None:
        super().__init__("This link has been used.", hint="Each link works once. Ask for a new one below.")


class AccountClaimedError(RefusedError):
    """The account has a password now, so a mailed link alone no longer opens it."""

    code = "accounts.claimed"

    def __init__(self) -> None:
        super().__init__("This account has a password.", hint="Sign in with it, or ask for a new one.")


def guest_for(*, email: str, now: datetime) -> User:
    """Return the account of an address; an address that is new here gets an unclaimed one."""
    address = same_address(email)
    try:
        with transaction.atomic():
            return User.objects.get(email=address)
    except User.DoesNotExist:
        pass
    try:
        with transaction.atomic():
            return User.objects.create_user(address, joined_at=now)
    except IntegrityError:  # two browsers with the same new address: the constraint is the judge
        return User.objects.get(email=address)


@transaction.atomic
def claim(*, user: User, password: str, now: datetime, even_if_same: bool = False) -> User:
    """Set a password; whoever does so first makes the account theirs. Every session and token of the account ends.

    The password that is set already changes nothing and ends nothing, so that commands may run twice; where a person
    sets it (`even_if_same`) it gets another hash, and all ends too: they may want somebody out.
    """
    if not even_if_same and user.claimed_at is not None and user.check_password(password):
        return user
    changed = user.claimed_at is not None
    user.set_password(password)
    user.claimed_at = user.claimed_at or now
    user.save(update_fields=["password", "claimed_at"])
    sessions.end_sessions(user_id=user.pk)
    if user.is_staff:
        audit.record(
            actor=audit.user(user.pk), action="accounts.password", row=user, sentence="A new password.", now=now
        )
    if changed:
        enqueue("accounts.tell_changed", key=f"accounts.tell_changed:{user.pk}:{now.isoformat()}", user_id=user.pk)
    return user


@transaction.atomic
def ask_for_mail(*, email: str, wish: Wish, language: str) -> None:
    """Have a mail sent to an address. What it says depends on the account; this call is the same for every address."""
    address = same_address(email)
    digest = hashlib.sha256(address.encode()).hexdigest()
    enqueue(
        "accounts.send_mail",
        key=f"accounts.send_mail:{wish}:{digest}",
        priority=SOON,
        email=address,
        wish=str(wish),
        language=language,
    )


@transaction.atomic
def open_by_link(*, token: str, now: datetime) -> User:
    """Return the guest whom a mailed link lets in, once.

    Raises
    ------
    links.LinkError
        The link is not ours or its time is over.
    LinkUsedError, AccountClaimedError
        It was used; the account has a password by now.
    """
    user = peek_link(token=token, now=now)
    used = User.objects.filter(pk=user.pk, last_login=user.last_login).update(last_login=now)
    if not used:  # two presses at once: the update is the judge
        raise LinkUsedError
    user.last_login = now
    return user


def peek_link(*, token: str, now: datetime) -> User:
    """Return whose link this is without using it; raises what `open_by_link` raises."""
    link = links.read(token, now=now)
    try:
        user = User.objects.get(public_id=link.public_id, is_active=True)
    except User.DoesNotExist:
        raise links.LinkError from None
    if not user.is_guest:
        raise AccountClaimedError
    if links.stamp(user.last_login) != link.stamp:
        raise LinkUsedError
    return user
