"""What allauth's second factors ask of a store."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext

from bandstand.store.accounts import queries, seals, services
from bandstand.store.accounts.models import User


class FactorsAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is not typed
    """Secrets are sealed, passkeys are bound to the store's own address, and staff keep their last factor."""

    def encrypt(self, text: str) -> str:
        """Return a secret as the database keeps it."""
        return seals.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret that the database keeps."""
        return seals.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:  # allauth's own, not typed
        """Tell whether somebody may lose this one."""
        user = authenticator.user
        return not isinstance(user, User) or services.may_lose(user)

    def get_totp_issuer(self) -> str:
        """Return what an authenticator app calls this store."""
        return str(settings.STORE_NAME)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return what passkeys are bound to: the store's public name, never the Host of a request."""
        return {"id": urlsplit(settings.STORE_URL).hostname or "localhost", "name": str(settings.STORE_NAME)}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:  # noqa: A002 - allauth's name
        """Return a name for a passkey that was given none."""
        count = queries.factors(user.pk).filter(type=type).count() if user.pk else 0
        return gettext("Passkey {number}").format(number=count + 1)
