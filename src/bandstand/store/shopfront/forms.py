"""What checkout asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from bandstand.store.deals.models import Storefront
from bandstand.store.payments.providers import Provider
from bandstand.store.shopfront import countries


class ProviderForm(forms.Form):
    """Asks how to pay."""

    provider = forms.ChoiceField(label=_("Pay with"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, providers: Sequence[Provider], **kwargs: Any) -> None:  # Any: as Django's own
        super().__init__(*args, **kwargs)
        choices = [(provider.slug, provider.title) for provider in providers]
        field = self.fields["provider"]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
        if choices:
            field.initial = choices[0][0]


_TAXES = {  # with script, choosing a country is enough to see its taxes; without, a button does it
    "hx-post": reverse_lazy("shopfront:checkout"),
    "hx-trigger": "change",
    "hx-vals": '{"step": "total"}',
    "hx-target": "#checkout",
    "hx-select": "#checkout",
    "hx-swap": "outerHTML",
}


class CheckoutForm(ProviderForm):
    """Asks for address, country and way to pay, and carries what the buyer was shown."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("Your receipt and your downloads go there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    country = forms.ChoiceField(
        label=_("Billing country"), widget=forms.Select(attrs={"autocomplete": "country"} | _TAXES)
    )
    checkout_key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    expected = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    field_order = ("email", "country", "provider")

    def __init__(
        self,
        *args: Any,  # Any: as Django's own
        storefront: Storefront,
        signed_in: bool,
        free: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        country = self.fields["country"]
        if isinstance(country, forms.ChoiceField):
            country.choices = [("", _("Choose")), *countries.choices(storefront.territories)]
        if signed_in:
            del self.fields["email"]
        if free:
            del self.fields["provider"]
