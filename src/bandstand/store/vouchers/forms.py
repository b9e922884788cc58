"""What staff says when they make campaigns and codes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms

from bandstand.kernel.clock import local_midnight
from bandstand.kernel.money import DIGITS, AmountError, Money, parse
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.deals import queries as deals
from bandstand.store.vouchers.models import Campaign
from bandstand.store.vouchers.rules import MOST_CODES

_DAY = {"type": "date"}


class CampaignForm(forms.Form):
    """A campaign and its first codes: one word for many, or so many drawn codes that work once."""

    name = forms.CharField(max_length=100, help_text="For staff: listeners do not read it.")
    kind = forms.ChoiceField(choices=Campaign.Kind.choices, label="What it gives")
    percent = forms.IntegerField(required=False, min_value=1, max_value=100)
    amount = forms.CharField(required=False, max_length=20, help_text="Off the basket, as in 5.00.")
    currency = forms.ChoiceField(required=False, choices=[("", ""), *((code, code) for code in DIGITS)])
    titles = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="House numbers or GTINs, one on each line. Empty: every title.",
    )
    starts = forms.DateField(required=False, widget=forms.DateInput(attrs=_DAY), help_text="Empty: now.")
    last_day = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        help_text="The last day it works. Empty: until it is stopped.",
    )
    per_holder = forms.IntegerField(
        required=False,
        min_value=1,
        initial=1,
        label="Uses per listener",
        help_text="Orders of one listener that may use its codes. Empty: any number.",
    )
    word = forms.CharField(
        required=False, max_length=20, help_text="One code for many, as SUMMER26. Empty: codes are drawn."
    )
    count = forms.IntegerField(
        min_value=1,
        max_value=1_000_000,
        initial=50,
        label="How many",
        help_text=f"Codes to draw (at most {MOST_CODES:,} at a time), or orders that may use the word.",
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:  # Any: as Django's own
        super().__init__(*args, **kwargs)
        self.now, self.zone = now, deals.storefront().time_zone

    def clean_titles(self) -> list[int]:
        """Return the releases that are named."""
        names = list(dict.fromkeys(line.strip() for line in self.cleaned_data["titles"].splitlines() if line.strip()))
        found = catalogue.releases_named(names)
        unknown = [name for name in names if name not in found]
        if unknown:
            raise forms.ValidationError(f"Not in the catalogue: {', '.join(unknown[:10])}")
        return list(dict.fromkeys(found[name].pk for name in names))

    def clean(self) -> dict[str, Any]:
        """Turn days into moments by the store's clock, and the amount into money."""
        said = super().clean() or {}
        said["money"] = self._money(said)
        said["starts_at"] = self._midnight(said.get("starts")) or self.now
        last = said.get("last_day")
        said["ends_at"] = self._midnight(last + timedelta(days=1)) if last else None
        if said.get("word") == "" and (said.get("count") or 0) > MOST_CODES:
            self.add_error("count", f"At most {MOST_CODES:,} codes are drawn at a time.")
        return said

    def _money(self, said: dict[str, Any]) -> Money | None:
        text, currency = said.get("amount"), said.get("currency")
        if not text:
            return None
        if not currency:
            self.add_error("currency", "In which currency?")
            return None
        try:
            return parse(text, currency)
        except AmountError as error:
            self.add_error("amount", str(error))
            return None

    def _midnight(self, day: date | None) -> datetime | None:
        return local_midnight(day, self.zone) if day else None


class MoreCodesForm(forms.Form):
    """So many codes more. The batch that it makes stands in the page: sent twice it makes one."""

    count = forms.IntegerField(min_value=1, max_value=MOST_CODES, initial=50, label="How many")
    batch = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
