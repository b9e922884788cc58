"""Second factors: codes are used once, keys do not go back, and staff never end up without one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts import codes, queries, seals
from bandstand.store.accounts.models import SpentCode, User
from bandstand.store.accounts.services import sessions
from bandstand.webkit import audit
from bandstand.webkit.jobs import SOON, enqueue

# What a change is called in events, and what the owner of the account reads in the mail.
CHANGES = {
    "totp_activated": "An authenticator app was added.",
    "totp_deactivated": "The authenticator app was removed.",
    "webauthn_added": "A passkey was added.",
    "webauthn_removed": "A passkey was removed.",
    "recovery_codes_generated": "New recovery codes were made; the ones before are void.",
    "reset": "All second factors were removed, and every browser was signed out.",
}


class LastFactorError(RefusedError):
    """Who works in the back office keeps a second factor."""

    code = "accounts.last_factor"

    def __init__(self) -> None:
        super().__init__(
            "This is your last second factor, and the back office asks for one.", hint="Add another one first."
        )


class KeyClonedError(RefusedError):
    """A key whose counter does not go on: there may be two of it."""

    code = "accounts.key_cloned"

    def __init__(self) -> None:
        super().__init__(
            "This passkey has been refused: its counter went back, as a copied one's does.",
            hint="Sign in by another way, and remove this passkey.",
        )


def spend(key: str, *, now: datetime) -> bool:
    """Use something up; tell whether this was the first time. Two at once: the constraint is the judge."""
    try:
        with transaction.atomic():
            SpentCode.objects.create(key=key, at=now)
    except IntegrityError:
        return False
    return True


def use_code(*, user: User, typed: str, now: datetime) -> Any:  # allauth's Authenticator; it is not typed
    """Return the authenticator whose code this is, used up by this call; None when it is nobody's or was used."""
    app = Authenticator.objects.filter(user_id=user.pk, type="totp").first()
    if app is not None:
        step = codes.matching_step(seals.unseal(app.data["secret"]), typed, now=now)
        if step is not None:
            return app if spend(f"totp:{app.pk}:{step}", now=now) else None
    for row in Authenticator.objects.filter(user_id=user.pk, type="recovery_codes"):
        if row.wrap().validate_code(codes.plain(typed)) and spend(f"rc:{row.pk}:{codes.plain(typed)}", now=now):
            return row
    return None


def use_key(*, authenticator_id: int, challenge: str, count: int, now: datetime) -> None:
    """Note that a passkey has answered a challenge.

    Raises
    ------
    KeyClonedError
        The challenge was answered before, or the key's counter did not go on (WebAuthn 2, section 6.1.1).
    """
    if not spend(f"key:{challenge}"[:100], now=now):
        raise KeyClonedError
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator_id, type="webauthn")
        before = row.data.get("sign_count", row.wrap().authenticator_data.counter)
        if (count or before) and count <= before:
            raise KeyClonedError
        row.data["sign_count"] = count
        row.save(update_fields=["data"])


def may_lose(user: User, *, count: int = 1) -> bool:
    """Tell whether somebody may lose `count` second factors: staff keep one."""
    return not user.is_staff or queries.factors(user.pk).count() > count


@transaction.atomic
def remove_factor(*, user_id: int, authenticator_id: int, now: datetime) -> None:
    """Remove an authenticator app or a passkey; with the last one go the recovery codes.

    Raises
    ------
    Authenticator.DoesNotExist
        It is none of theirs.
    LastFactorError
        They are staff, and it is their last.
    """
    user = User.objects.select_for_update().get(pk=user_id)  # two removals at once wait for each other
    row = queries.factors(user_id).get(pk=authenticator_id)
    if not may_lose(user):
        raise LastFactorError
    what = "totp_deactivated" if row.type == "totp" else "webauthn_removed"
    row.delete()
    if not queries.has_factor(user_id):
        Authenticator.objects.filter(user_id=user_id).delete()
    factor_changed(user=user, what=what, actor=audit.user(user_id), now=now)


@transaction.atomic
def set_up_app(*, user: User, secret: str, actor: str, now: datetime) -> None:
    """Give somebody an authenticator app with a secret that is known already; another one that they had ends.

    The same secret again changes nothing.
    """
    for row in Authenticator.objects.filter(user_id=user.pk, type="totp"):
        if seals.unseal(row.data["secret"]) == secret.upper():
            return
        row.delete()
    Authenticator.objects.create(
        user_id=user.pk, type="totp", data={"secret": seals.seal(secret.upper())}, created_at=now
    )
    factor_changed(user=user, what="totp_activated", actor=actor, now=now)


@transaction.atomic
def reset_factors(*, email: str, actor: str, now: datetime) -> User:
    """Remove all second factors of an account, for somebody who has lost them; every browser is signed out.

    Raises
    ------
    User.DoesNotExist
        Nobody has this address.
    """
    user = User.objects.get_by_natural_key(email)
    Authenticator.objects.filter(user_id=user.pk).delete()
    sessions.end_sessions(user_id=user.pk)
    factor_changed(user=user, what="reset", actor=actor, now=now)
    return user


@transaction.atomic
def factor_changed(*, user: User, what: str, actor: str, now: datetime) -> None:
    """Write that a second factor was added or removed, and have its owner told by mail."""
    audit.record(actor=actor, action=f"accounts.{what}", row=user, sentence=CHANGES[what], now=now)
    enqueue(
        "accounts.tell",
        key=f"accounts.tell:{user.pk}:{what}:{now.isoformat()}",
        priority=SOON,
        user_id=user.pk,
        mail="factors",
        what=what,
    )


def renew_seals() -> int:
    """Seal every secret anew under today's key, so that former ones may go; return how many."""
    rows = Authenticator.objects.filter(type__in=["totp", "recovery_codes"])
    for row in rows:
        field = "secret" if row.type == "totp" else "seed"
        with transaction.atomic():
            fresh = Authenticator.objects.select_for_update().filter(pk=row.pk).first()
            if fresh is not None and field in fresh.data:
                fresh.data[field] = seals.renew(fresh.data[field])
                fresh.save(update_fields=["data"])
    return len(rows)
