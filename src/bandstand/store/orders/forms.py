"""What staff fills in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bandstand.kernel.money import DIGITS, Money


class RefundForm(forms.Form):
    """Why money goes back, and what becomes of the titles."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("The buyer reads this on page and mail."))
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, help_text=_("For staff alone; the buyer never reads it.")
    )
    keeps = forms.BooleanField(
        label=_("The buyer keeps the title"), required=False, help_text=_("Also when nothing that was paid is left.")
    )

    @property
    def ends_grant(self) -> bool | None:
        """Whether the right ends: as money says, unless the buyer keeps it."""
        return False if self.cleaned_data["keeps"] else None


class LineRefundForm(RefundForm):
    """One line: all that is left, or a part, in the digits of its currency. `seen` is what has gone back already."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, *args: Any, left: Money, seen: int, **kwargs: Any) -> None:  # as Django's form takes them
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = seen
        self.left, digits = left, DIGITS[left.currency]
        self.fields["amount"] = forms.DecimalField(
            label=_("Amount (%(currency)s)") % {"currency": left.currency},
            min_value=Decimal(1).scaleb(-digits),
            max_value=Decimal(left.amount).scaleb(-digits),
            decimal_places=digits,
            max_digits=18,
            initial=Decimal(left.amount).scaleb(-digits),
            help_text=_("At most %(left)s. With all of it the right to the title ends.") % {"left": left},
        )
        self.order_fields(["amount"])

    @property
    def amount(self) -> Money:
        """What goes back."""
        value: Decimal = self.cleaned_data["amount"]
        return Money(int(value.scaleb(DIGITS[self.left.currency])), self.left.currency)
