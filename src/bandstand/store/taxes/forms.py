"""What staff fills in about taxes."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bandstand.store.taxes import rules


class RateForm(forms.Form):
    """A country's rate from a day on."""

    country = forms.CharField(label=_("Country"), max_length=2, help_text=_("Two letters, such as DE."))
    since = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}), help_text=_("It holds until a later row.")
    )
    percent = forms.CharField(label=_("Rate in percent"), max_length=8, help_text=_("Such as 19 or 8.875."))
    name = forms.CharField(label=_("What it is called"), max_length=40, initial="VAT")
    reason = forms.CharField(
        label=_("Source"), max_length=200, help_text=_("The law, or who told you; accountants will ask.")
    )

    def clean_country(self) -> str:
        """Return the code in capitals."""
        try:
            return rules.country_code(self.cleaned_data["country"])
        except rules.CountryError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_percent(self) -> str:
        """Return what can be read as a rate."""
        try:
            rules.parts(self.cleaned_data["percent"])
        except rules.RateError as error:
            raise forms.ValidationError(str(error)) from error
        return str(self.cleaned_data["percent"])
