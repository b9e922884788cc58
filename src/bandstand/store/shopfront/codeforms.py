"""What is asked of somebody who has a code."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_TYPED = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "enterkeyhint": "done"}


class CodeForm(forms.Form):
    """Asks for a code for the basket."""

    code = forms.CharField(label=_("Voucher code"), max_length=60, widget=forms.TextInput(attrs=_TYPED))


class RedeemForm(forms.Form):
    """Asks for a code that gives titles, and for an address of those who are not signed in."""

    code = forms.CharField(
        label=_("Code"),
        max_length=60,
        help_text=_("As it is printed; dashes and capitals do not matter."),
        widget=forms.TextInput(attrs=_TYPED),
    )
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("The link to your shelf goes there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, signed_in: bool, **kwargs: Any) -> None:  # Any: as Django's own
        super().__init__(*args, **kwargs)
        if signed_in:
            del self.fields["email"]
