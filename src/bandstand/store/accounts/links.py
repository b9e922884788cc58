"""Mailed links: whom they let in, until when, how often. Their host comes from the settings, never from a request."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts.models import User

OPEN_FOR = timedelta(minutes=30)
ADDRESS_FOR = timedelta(hours=1)
_SALT = "bandstand.accounts.open"  # a link for one purpose is none for another
_ADDRESS_SALT = "bandstand.accounts.address"


class LinkError(RefusedError):
    """A link that opens nothing."""

    code = "accounts.link"

    def __init__(self) -> None:
        super().__init__("This link is not complete, or was not made by this store.", hint="Ask for a new one below.")


class LinkExpiredError(LinkError):
    """The link's time is over."""

    code = "accounts.link_expired"

    def __init__(self, ended_at: datetime) -> None:
        self.ended_at = ended_at
        RefusedError.__init__(self, "This link's time is over.", hint="Links end soon on purpose. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class Link:
    """What a genuine link says."""

    public_id: uuid.UUID
    stamp: str


@dataclass(frozen=True, slots=True)
class AddressWish:
    """What a genuine link for another address says."""

    public_id: uuid.UUID
    email: str
    stamp: str


def stamp(last_login: datetime | None) -> str:
    """Return what binds a link to the sign-in before it: the next sign-in makes it void."""
    return last_login.isoformat() if last_login else ""


def absolute(path: str) -> str:
    """Return the public address of a path of this store."""
    return f"{settings.STORE_URL}{path}"


def sign_in_url() -> str:
    """Return the address of the sign-in page."""
    return absolute(reverse("account_login"))


def password_url(user: User) -> str:
    """Return the address where whoever reads this account's mail may choose its password. It works once."""
    key = default_token_generator.make_token(user)
    return absolute(reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key}))


def open_url(user: User, *, now: datetime) -> str:
    """Return the address that opens a guest's shelf, once, within 30 minutes."""
    said = {"u": user.public_id.hex, "l": stamp(user.last_login), "e": int((now + OPEN_FOR).timestamp())}
    token = signing.Signer(salt=_SALT).sign_object(said, compress=True)
    return absolute(reverse("account_open", args=[token]))


def proof_stamp(user: User) -> str:
    """Return what binds a link to the account as it is: another password or address makes it void."""
    return salted_hmac(_ADDRESS_SALT, f"{user.pk}:{user.email}:{user.password}", algorithm="sha256").hexdigest()[:32]


def address_url(user: User, email: str, *, now: datetime) -> str:
    """Return the address where whoever reads the mail of `email`, and is signed in, makes it the account's."""
    said = {
        "u": user.public_id.hex, "a": email, "p": proof_stamp(user), "e": int((now + ADDRESS_FOR).timestamp()),
    }  # fmt: skip
    token = signing.Signer(salt=_ADDRESS_SALT).sign_object(said, compress=True)
    return absolute(reverse("account_address_open", args=[token]))


def read(token: str, *, now: datetime) -> Link:
    """Return what a token of ours says.

    Raises
    ------
    LinkError, LinkExpiredError
        It is not ours; its time is over.
    """
    said = _said(token, _SALT, now=now)
    return Link(uuid.UUID(said["u"]), said["l"])


def read_address(token: str, *, now: datetime) -> AddressWish:
    """Return what a link for another address says; raises what `read` raises."""
    said = _said(token, _ADDRESS_SALT, now=now)
    return AddressWish(uuid.UUID(said["u"]), said["a"], said["p"])


def _said(token: str, salt: str, *, now: datetime) -> dict[str, Any]:  # a token's values are JSON
    try:
        said: dict[str, Any] = signing.Signer(salt=salt).unsign_object(token)
    except (signing.BadSignature, ValueError):
        raise LinkError from None
    ends = datetime.fromtimestamp(said["e"], tz=now.tzinfo)
    if now >= ends:
        raise LinkExpiredError(ends)
    return said
