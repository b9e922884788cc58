"""Who works here, and as what; accounts that are switched off and on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import Group
from django.db import transaction

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts.models import User
from bandstand.store.accounts.services import entry, sessions
from bandstand.webkit import audit


class Role(StrEnum):
    """What somebody is to the store. What a role may do is written in `backoffice/roles.py`."""

    OWNER = "owner"  # everything, giving this role among it
    MANAGER = "manager"
    SUPPORT = "support"
    NONE = "none"


class NotYoursError(RefusedError):
    """Some accounts are not for everybody on the staff to change."""

    code = "accounts.not_yours"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, hint="Ask an owner, or use the command line.")


@transaction.atomic
def make_staff(*, email: str, password: str, role: Role = Role.OWNER, now: datetime) -> User:
    """Return the account of an address as one of the staff with this role and this password."""
    user = entry.claim(user=entry.guest_for(email=email, now=now), password=password, now=now)
    return set_role(user_id=user.pk, role=role, actor="command", by=None, now=now)


@transaction.atomic
def set_role(*, user_id: int, role: Role, actor: str, by: User | None, now: datetime) -> User:
    """Give somebody a role, or take it away. `by` is who does it in the back office; none: the command line.

    Raises
    ------
    NotYoursError
        It is one's own account, or a guest's; or an owner's, or to be a manager's, and `by` is no owner.
    """
    user = User.objects.get(pk=user_id)
    if by is not None:
        check_may_change(user, by, role)
    user.is_staff = role is not Role.NONE
    user.is_superuser = role is Role.OWNER
    user.save(update_fields=["is_staff", "is_superuser"])
    user.groups.set([Group.objects.get_or_create(name=role)[0]] if role in {Role.MANAGER, Role.SUPPORT} else [])
    if role is Role.NONE:
        sessions.end_sessions(user_id=user.pk)
    audit.record(actor=actor, action="accounts.role", row=user, sentence=f"The role is now: {role}.", now=now)
    return user


@transaction.atomic
def switch_off(*, user_id: int, actor: str, by: User | None, now: datetime) -> None:
    """Close an account: nobody signs in to it, and every browser is signed out at once. What it owns is kept."""
    _switch(user_id, on=False, actor=actor, by=by, now=now)
    sessions.end_sessions(user_id=user_id)


@transaction.atomic
def switch_on(*, user_id: int, actor: str, by: User | None, now: datetime) -> None:
    """Open a closed account again."""
    _switch(user_id, on=True, actor=actor, by=by, now=now)


def _switch(user_id: int, *, on: bool, actor: str, by: User | None, now: datetime) -> None:
    user = User.objects.get(pk=user_id)
    if by is not None:
        check_may_change(user, by)
    user.is_active = on
    user.save(update_fields=["is_active"])
    word = "on" if on else "off"
    audit.record(
        actor=actor, action=f"accounts.switched_{word}", row=user, sentence=f"The account was switched {word}.",
        now=now,
    )  # fmt: skip


def check_may_change(user: User, by: User, role: Role | None = None) -> None:
    """Refuse what `by` may not do to an account: to their own; and unless they are an owner, to an owner's.

    Managers are made by owners only: else one stolen manager's session makes any number of them.

    Raises
    ------
    NotYoursError
        As said.
    """
    if user.pk == by.pk:
        raise NotYoursError("This is your own account.")
    if user.is_guest and role not in {None, Role.NONE}:
        raise NotYoursError("This account has no password yet.")
    if not by.is_superuser and (user.is_superuser or role is Role.OWNER):
        raise NotYoursError("Owners are changed by owners only.")
    if not by.is_superuser and role is Role.MANAGER:
        raise NotYoursError("Managers are made by owners only.")
