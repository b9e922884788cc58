"""The mailed link that erases an account."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.core import signing
from django.urls import reverse

from bandstand.store.accounts import links
from bandstand.store.accounts.models import User
from bandstand.store.privacy import rules

_SALT = "bandstand.privacy.erase"


def erase_url(user: User, *, now: datetime) -> str:
    """Return the address with the last button. It works for a day, for the account as it is now."""
    said = {
        "u": user.public_id.hex, "p": links.proof_stamp(user), "e": int((now + rules.ERASE_FOR).timestamp()),
    }  # fmt: skip
    return links.absolute(reverse("privacy:erase_open", args=[signing.Signer(salt=_SALT).sign_object(said)]))


def read(token: str, *, now: datetime) -> User:
    """Return whom a link would erase.

    Raises
    ------
    links.LinkError, links.LinkExpiredError
        It is not ours, its time is over, or the account has changed since.
    """
    try:
        said = signing.Signer(salt=_SALT).unsign_object(token)
        user = User.objects.get(public_id=uuid.UUID(said["u"]), is_active=True)
    except (signing.BadSignature, ValueError, User.DoesNotExist):
        raise links.LinkError from None
    ends = datetime.fromtimestamp(said["e"], tz=now.tzinfo)
    if now >= ends:
        raise links.LinkExpiredError(ends)
    if said["p"] != links.proof_stamp(user):
        raise links.LinkError
    return user
