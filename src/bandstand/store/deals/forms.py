"""What staff fills in about prices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bandstand.kernel.money import DIGITS, AmountError, Money, parse
from bandstand.store.deals.models import PriceTier


class PriceForm(forms.Form):
    """What a tier costs in one currency; the suggestion only where the buyer names the price."""

    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in DIGITS])
    amount = forms.CharField(label=_("Price"), max_length=20)
    suggested = forms.CharField(
        label=_("Suggestion"), max_length=20, required=False, help_text=_("What the form begins with.")
    )

    def __init__(self, *args: Any, tier: PriceTier, **kwargs: Any) -> None:  # Any: as Django's own
        super().__init__(*args, **kwargs)
        if tier.open_price:
            self.fields["amount"].label = _("The least a buyer may name")
        else:
            del self.fields["suggested"]

    def clean(self) -> dict[str, Any]:
        """Turn what was typed into money of the chosen currency."""
        said = dict(super().clean() or {})
        for name in ("amount", "suggested"):
            if said.get(name) and said.get("currency"):
                try:
                    said[name] = parse(said[name], said["currency"])
                except AmountError as error:
                    self.add_error(name, str(error))
        return said

    @property
    def price(self) -> Money:
        """The price, or the least of it."""
        money: Money = self.cleaned_data["amount"]
        return money

    @property
    def suggestion(self) -> Money | None:
        """What is suggested."""
        return self.cleaned_data.get("suggested") or None
