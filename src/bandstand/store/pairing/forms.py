"""Typing a code; naming an app."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bandstand.store.pairing import rules


class CodeForm(forms.Form):
    """Asks for the code that a program shows."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("Eight letters and digits, as the program shows them."),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True}
        ),
    )


class NameForm(forms.Form):
    """Asks what an app password is for."""

    name = forms.CharField(
        label=_("What is it for?"),
        help_text=_("The program and where it runs, for example: player in the kitchen."),
        max_length=rules.MAX_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
