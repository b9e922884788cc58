"""Letting somebody at a grant: only at their own."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from bandstand.store.grants.models import Grant


def own_grant(user: AbstractBaseUser | AnonymousUser, grant_id: int) -> Grant:
    """Return a live grant of this user.

    Raises
    ------
    Grant.DoesNotExist
        There is none of that id, it is revoked, or it is somebody else's: which of these is nobody's business.
    """
    if not user.is_authenticated:
        raise Grant.DoesNotExist
    return Grant.objects.live().select_related("release", "part__release").get(pk=grant_id, holder_id=user.pk)
