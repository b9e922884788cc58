"""The forms that are ours: an address, and second factors that are used once. The others are allauth's."""

from __future__ import annotations

import struct
from typing import Any

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm as SecondKeyForm
from allauth.mfa.webauthn.internal import auth as keys
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bandstand.store.accounts import codes, seals, services
from bandstand.store.accounts.models import User
from bandstand.webkit import audit, limits

CODE_TRIES = ("5/5m", "50/d")  # codes for one account, whoever sends them
KEY_TRIES = "30/m"  # answers of passkeys, by one visitor: a signature can't be guessed
PENDING = "pending_app"  # in the session: the sealed secret of an app that is being set up
_UNREADABLE = (TypeError, ValueError, KeyError, AttributeError, IndexError, struct.error)
_WRONG = _("This code is not right, or has been used. Codes of apps are good for half a minute; wait for the next one.")
_WRONG_KEY = _("This passkey was not accepted.")


class AddressForm(forms.Form):
    """Asks for an e-mail address."""

    email = forms.EmailField(
        label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True})
    )


class NewAddressForm(AddressForm):
    """Asks for the address that an account is to have from now on."""


class _CodeField(forms.CharField):
    """A code of an app, or a recovery code, typed with blanks as apps show it."""

    def __init__(self, **more: Any) -> None:  # Any: a field's own options
        widget = forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True, "spellcheck": "false"}
        )
        super().__init__(widget=widget, max_length=40, **more)


class _UsesCode(forms.Form):
    """A code that is counted for all processes, and used up by being right."""

    user: User
    authenticator: Any  # allauth's, which is not typed
    code = _CodeField(label=_("Code"), help_text=_("Six digits from the app, or one of your recovery codes."))

    def clean_code(self) -> str:
        request, code = context.request, str(self.cleaned_data["code"])
        who = str(self.user.pk)
        for rate in CODE_TRIES:
            limits.limit(request, f"code {rate}", rate=rate, by="value", value=who)
        used = services.use_code(user=self.user, typed=code, now=timezone.now())
        if used is None:
            if self.user.is_staff:
                audit.record(
                    actor=audit.user(self.user.pk), action="accounts.code_failed", row=self.user,
                    sentence="A wrong or used code.", now=timezone.now(),
                )  # fmt: skip
            raise ValidationError(_WRONG, code="incorrect_code")
        for rate in CODE_TRIES:
            limits.forgive(request, f"code {rate}", rate=rate, by="value", value=who)
        used.user = self.user
        self.authenticator = used
        return code


class CodeForm(_UsesCode, AuthenticateForm):  # type: ignore[misc]  # allauth is not typed
    """The second step of signing in."""


class CodeAgainForm(_UsesCode, ReauthenticateForm):  # type: ignore[misc]  # as above
    """A code from somebody who is signed in, before something that matters."""


class NewAppForm(forms.Form):
    """The first code of a new authenticator app: it shows that the app has the secret."""

    code = _CodeField(label=_("Code from the app"))

    def __init__(self, *args: Any, user: User, **more: Any) -> None:  # Any: a form's own arguments
        self.user = user
        super().__init__(*args, **more)
        self.secret = pending_secret()

    def clean_code(self) -> str:
        limits.limit(context.request, "new app", rate=CODE_TRIES[0], by="value", value=str(self.user.pk))
        code, now = str(self.cleaned_data["code"]), timezone.now()
        if codes.matching_step(self.secret, code, now=now) is None:
            raise ValidationError(_WRONG, code="incorrect_code")
        return code


def pending_secret() -> str:
    """Return the secret of the app that this session sets up; the session keeps it sealed."""
    session = context.request.session
    sealed = session.get(PENDING)
    if sealed:
        return seals.unseal(sealed)
    secret = codes.new_secret()
    session[PENDING] = seals.seal(secret)
    return secret


class NewKeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth is not typed
    """A new passkey, under a name."""

    field_order = ["name", "passwordless", "credential"]

    def __init__(self, *args: Any, **more: Any) -> None:  # Any: a form's own arguments
        super().__init__(*args, **more)
        self.fields["name"].label = _("Name")
        self.fields["name"].max_length = 80
        self.fields["name"].required = False
        self.fields["passwordless"].label = _("Sign in with this passkey alone")
        self.fields["passwordless"].help_text = _("The device then asks for its PIN, finger or face each time.")
        self.fields["passwordless"].initial = True

    def clean_name(self) -> str:
        return str(super().clean_name())[:80]

    def clean(self) -> dict[str, Any]:  # Any: as Django's own
        limits.limit(context.request, "passkey", rate=KEY_TRIES)
        try:
            cleaned: dict[str, Any] = super().clean()
        except _UNREADABLE as error:
            if isinstance(error, ValidationError):
                raise
            raise ValidationError(_WRONG_KEY, code="incorrect_code") from error
        return cleaned


class _UsesKey(forms.Form):
    """A passkey's answer, taken once; a counter that goes back is refused."""

    def clean_credential(self) -> Any:  # allauth's Authenticator, which is not typed
        limits.limit(context.request, "passkey", rate=KEY_TRIES)
        state, said = keys.get_state() or {}, self.cleaned_data["credential"]
        try:
            authenticator = super().clean_credential()  # type: ignore[misc]  # of the form beside this one
            count = keys.parse_authentication_response(said).response.authenticator_data.counter
        except _UNREADABLE as error:
            if isinstance(error, ValidationError):
                raise
            raise ValidationError(_WRONG_KEY, code="incorrect_code") from error
        try:
            services.use_key(
                authenticator_id=authenticator.pk, challenge=str(state.get("challenge", "")), count=count,
                now=timezone.now(),
            )  # fmt: skip
        except services.KeyClonedError as error:
            audit.record(
                actor=audit.user(authenticator.user_id), action="accounts.key_refused", row=authenticator.user,
                sentence="A passkey's counter went back, or its answer came twice.", now=timezone.now(),
            )  # fmt: skip
            raise ValidationError(str(error), code="key_cloned") from error
        return Authenticator.objects.select_related("user").get(pk=authenticator.pk)


class KeyForm(_UsesKey, SecondKeyForm):  # type: ignore[misc]  # allauth is not typed
    """The second step of signing in, by a passkey."""


class KeyAgainForm(_UsesKey, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # as above
    """A passkey's answer from somebody who is signed in."""


class KeyAloneForm(_UsesKey, LoginWebAuthnForm):  # type: ignore[misc]  # as above
    """Signing in with a passkey and nothing else."""
