"""What the books say."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from bandstand.kernel.money import Money
from bandstand.store.ledger.models import Account, Entry


@dataclass(frozen=True, slots=True)
class Balance:
    """What one account holds: a debit above zero, a credit below."""

    kind: str
    owner: str
    money: Money


@dataclass(frozen=True, slots=True)
class Imbalance:
    """A posting whose entries don't add up in one currency: never, unless rows were changed by hand."""

    key: str
    money: Money


def balance(kind: str, owner: str, currency: str) -> Money:
    """Return what an account holds; one that nobody has posted to holds nothing."""
    entries = Entry.objects.filter(account__kind=kind, account__owner=owner, account__currency=currency)
    return Money(entries.aggregate(held=Sum("amount"))["held"] or 0, currency)


def trial_balance() -> list[Balance]:
    """Return every account with what it holds. All of them together hold zero of each currency."""
    accounts = Account.objects.annotate(held=Sum("entries__amount")).order_by("kind", "owner", "currency")
    return [Balance(account.kind, account.owner, Money(account.held or 0, account.currency)) for account in accounts]


def unbalanced() -> list[Imbalance]:
    """Return the postings that don't add up to zero."""
    sums = (
        Entry.objects.values("posting__key", "account__currency")
        .annotate(left=Sum("amount"))
        .exclude(left=0)
        .order_by("posting__key", "account__currency")
    )
    return [Imbalance(row["posting__key"], Money(row["left"], row["account__currency"])) for row in sums]
