from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bandstand.store.accounts.rules import same_address


class EraseForm(forms.Form):
    """Asks for the account's address, typed: nobody erases an account by a wrong press."""

    email = forms.EmailField(
        label=_("Type your e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, own: str, **more: Any) -> None:  # Any: a form's own arguments
        super().__init__(*args, **more)
        self.own = own

    def clean_email(self) -> str:
        typed = same_address(self.cleaned_data["email"])
        if typed != self.own:
            raise forms.ValidationError(_("This is not the address of the account."))
        return typed
