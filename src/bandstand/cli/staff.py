"""What `bandstand store staff` does; loaded when Django is."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from bandstand.kernel.errors import InputError
from bandstand.store.accounts import codes, services
from bandstand.store.accounts.models import User

ACTOR = "command"


class NobodyError(InputError):
    """No account has this address."""

    code = "staff.nobody"

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"No account has the address {email}.", hint="Check the spelling.")


class SecretError(InputError):
    """An app's secret that no app could have."""

    code = "staff.secret"

    def __init__(self) -> None:
        super().__init__("The app's secret is no base32 of at least 16 bytes.", hint="Leave it out to set it up later.")


class PasswordError(InputError):
    """A password that would be guessed."""

    code = "staff.password"

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("This password would be guessed: " + " ".join(reasons), hint="Choose a longer, rarer one.")


def make(email: str, password: str, *, role: str, app_secret: str | None, now: datetime) -> None:
    """Give an address a role, a password as good as a listener's, and an app when its secret is given."""
    if app_secret and not codes.is_secret(app_secret):
        raise SecretError
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise PasswordError(error.messages) from error
    user = services.make_staff(email=email, password=password, role=services.Role(role), now=now)
    if app_secret:
        services.set_up_app(user=user, secret=app_secret, actor=ACTOR, now=now)


def take_role(email: str, *, now: datetime) -> None:
    """Make somebody a listener again."""
    user = _find(email)
    services.set_role(user_id=user.pk, role=services.Role.NONE, actor=ACTOR, by=None, now=now)


def reset_factors(email: str, *, now: datetime) -> None:
    """Remove somebody's second factors; they set up new ones when they next go to the back office."""
    _find(email)
    services.reset_factors(email=email, actor=ACTOR, now=now)


def _find(email: str) -> User:
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise NobodyError(email) from None
