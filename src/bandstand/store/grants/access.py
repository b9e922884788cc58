"""Letting somebody at a grant: only at their own."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from bandstand.store.grants.models import Grant


def own_grant(user: AbstractBaseUser | AnonymousUser, grant_id: int, *, bought_here: Collection[str] = ()) -> Grant:
    """Return a live grant of this user, or one whose source is an order of this browser (its session keeps them).

    Raises
    ------
    Grant.DoesNotExist
        There is none of that id, it is revoked, or it is somebody else's: which of these is nobody's business.
    """
    grant = Grant.objects.live().select_related("holder", "release", "part__release").get(pk=grant_id)
    if grant.source in bought_here or (user.is_authenticated and grant.holder_id == user.pk):
        return grant
    raise Grant.DoesNotExist
