"""What an account likes."""

from __future__ import annotations

from bandstand.store.accounts.models import User


def prefer_format(*, user_id: int, recipe: str) -> bool:
    """Remember the format in which somebody wants what they buy; whether it was another one. The caller knows it."""
    return bool(User.objects.filter(pk=user_id).exclude(preferred_format=recipe).update(preferred_format=recipe))
