"""Forgetting a person: the account stays as a number that nobody can be found by."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.db import transaction

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts.models import User
from bandstand.store.accounts.services import sessions


class StaffStaysError(RefusedError):
    """Who works here is not forgotten while they do."""

    code = "accounts.staff_stays"

    def __init__(self) -> None:
        super().__init__("This account belongs to the staff.", hint="Have its role taken away first.")


@transaction.atomic
def erase(*, holder_id: int, now: datetime) -> None:
    """Take from an account all that tells who it was: address, name, language, format, password, factors, sessions.

    Raises
    ------
    StaffStaysError
        It is one of the staff's.
    """
    user = User.objects.select_for_update().get(pk=holder_id)
    if user.is_staff:
        raise StaffStaysError
    sessions.end_sessions(user_id=user.pk)
    Authenticator.objects.filter(user_id=user.pk).delete()
    EmailAddress.objects.filter(user_id=user.pk).delete()
    LogEntry.objects.filter(user_id=user.pk).delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.email = f"erased-{secrets.token_hex(8)}@erased.invalid"
    user.name = user.language = user.preferred_format = ""
    user.public_id = uuid.uuid4()
    user.is_active = False
    user.claimed_at = user.last_login = None
    user.joined_at = now  # the day of arrival tells something too
    user.set_unusable_password()
    user.save()
