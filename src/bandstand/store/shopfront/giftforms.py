"""What is asked of somebody who gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bandstand.store.deals.models import Storefront
from bandstand.store.orders.rules import gift as rules
from bandstand.webkit.explain import explain

GIFT = "gift"  # the session's mark that what is in the basket is for somebody else


def is_gift(request: HttpRequest) -> bool:
    """Whether the basket is a gift: what a checkout that was sent says, else what this visitor said last."""
    if request.method == "POST" and "checkout_key" in request.POST:
        return "gift-recipient_email" in request.POST
    return bool(request.session.get(GIFT))


def mark(request: HttpRequest, *, gift: bool) -> None:
    """Remember whether the basket is a gift."""
    if gift:
        request.session[GIFT] = True
    else:
        request.session.pop(GIFT, None)


def typed(request: HttpRequest) -> dict[str, str]:
    """Return what stands in a gift's fields of a checkout that is not sent yet."""
    return {name.removeprefix("gift-"): str(text) for name, text in request.POST.items() if name.startswith("gift-")}


class RecipientForm(forms.Form):
    """Asks who gets it."""

    recipient_name = forms.CharField(label=_("Name of who gets it"), max_length=rules.LONGEST_NAME)
    recipient_email = forms.EmailField(
        label=_("Their email"), max_length=254, help_text=_("The link to the gift goes there, and nothing else.")
    )


class GiftForm(RecipientForm):
    """Asks who gets it, from whom, with what words, and when."""

    sender_name = forms.CharField(label=_("Your name"), max_length=rules.LONGEST_NAME)
    message = forms.CharField(
        label=_("Your message"),
        required=False,
        max_length=rules.LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    day = forms.DateField(
        label=_("Deliver on"),
        required=False,
        help_text=_("Empty: today, as soon as it is paid. Otherwise at eight in the morning of that day."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    wish: rules.GiftWish | None = None

    def __init__(self, *args: Any, storefront: Storefront, now: datetime, **kwargs: Any) -> None:  # Any: as Django's
        super().__init__(*args, **(kwargs | {"prefix": "gift"}))
        self.storefront, self.now = storefront, now

    def clean(self) -> dict[str, Any]:
        """Make a wish of it."""
        said = super().clean() or {}
        if self.errors:
            return said
        try:
            self.wish = rules.wish(**said, zone=self.storefront.time_zone, now=self.now)
        except rules.GiftWishError as error:
            self.add_error(error.field, str(explain(error)))
        return said
