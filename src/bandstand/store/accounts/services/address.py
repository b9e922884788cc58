"""Another e-mail address for an account: proved by mail, told to the one before."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts import links
from bandstand.store.accounts.models import User
from bandstand.store.accounts.rules import same_address
from bandstand.store.accounts.services import sessions
from bandstand.webkit import audit
from bandstand.webkit.jobs import SOON, enqueue


class AddressTakenError(RefusedError):
    """Another account has the address."""

    code = "accounts.address_taken"

    def __init__(self) -> None:
        super().__init__("Another account has this address.", hint="Use another address.")


class AddressLinkError(RefusedError):
    """The link was for another account, or the account has changed since."""

    code = "accounts.address_link"

    def __init__(self) -> None:
        super().__init__(
            "This link is for another account, or the account has changed since.",
            hint="Sign in with the account whose address is to change, and ask again.",
        )


@transaction.atomic
def ask_address(*, user: User, email: str, language: str, now: datetime) -> None:
    """Mail a link to the new address, and tell the old one. The call is the same whether the new one is taken."""
    address = same_address(email)
    stamp = f"{user.pk}:{now.isoformat()}"
    enqueue(
        "accounts.ask_address",
        key=f"accounts.ask_address:{stamp}",
        priority=SOON,
        user_id=user.pk,
        email=address,
        language=language,
    )
    enqueue(
        "accounts.tell",
        key=f"accounts.tell:address:{stamp}",
        priority=SOON,
        user_id=user.pk,
        mail="address_asked",
        what="",
    )
    audit.record(
        actor=audit.user(user.pk), action="accounts.address_asked", row=user, sentence="Asked for another address.",
        now=now,
    )  # fmt: skip


def peek_address(*, token: str, user: User, now: datetime) -> str:
    """Return the address that a link stands for, without using it.

    Raises
    ------
    links.LinkError, AddressLinkError
        The link is not ours or over; it is somebody else's, or older than the last change of password or address.
    """
    wish = links.read_address(token, now=now)
    if wish.public_id != user.public_id or wish.stamp != links.proof_stamp(user):
        raise AddressLinkError
    return wish.email


@transaction.atomic
def change_address(*, token: str, user: User, session_key: str | None, now: datetime) -> str:
    """Give the account its new address; its other browsers are signed out, and the old address is told.

    Raises what `peek_address` raises, and AddressTakenError.
    """
    address, before = peek_address(token=token, user=user, now=now), user.email
    try:
        with transaction.atomic():  # two links at once, or a newcomer with this address: the constraint is the judge
            changed = User.objects.filter(pk=user.pk, email=before).update(email=address)
    except IntegrityError:
        raise AddressTakenError from None
    if not changed:
        raise AddressLinkError
    EmailAddress.objects.filter(user_id=user.pk).delete()  # allauth would go on signing in by the old one
    sessions.end_sessions(user_id=user.pk, but=session_key)
    enqueue(
        "accounts.tell_address",
        key=f"accounts.tell_address:{user.pk}:{now.isoformat()}",
        priority=SOON,
        email=before,
        language=user.language,
    )
    audit.record(
        actor=audit.user(user.pk), action="accounts.address_changed", row=user,
        sentence="The account has another address.", now=now,
    )  # fmt: skip
    user.email = address
    return before
