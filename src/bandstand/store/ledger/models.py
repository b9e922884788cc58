from __future__ import annotations

from django.db import models
from django.db.models import Q

from bandstand.kernel.money import Money


class Account(models.Model):
    """One account of the books, in one currency."""

    class Kind(models.TextChoices):
        CLEARING = "clearing", "Provider clearing"  # what a payment provider owes the store; owner: the provider
        PAYABLE = "payable", "Seller payable"  # what the store owes a seller; owner: the label
        TAX = "tax", "Tax due"  # owner: the place of supply
        FEES = "fees", "Fees"  # owner: who charges them
        WALLET = "wallet", "Wallets"  # owner: the listener
        REFUNDS = "refunds", "Refunds on their way"  # owner: the provider
        DISPUTES = "disputes", "Disputed"  # what payers' banks hold until they decide; owner: the provider

    kind = models.CharField(max_length=8, choices=Kind)
    owner = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ["kind", "owner", "currency"]
        constraints = [models.UniqueConstraint(fields=["kind", "owner", "currency"], name="account_once")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.owner}:{self.currency}"


class Posting(models.Model):
    """One business act in the books; its entries add up to zero in each currency."""

    key = models.CharField(max_length=120, unique=True)  # "settle:order:1042": the same act is written once
    at = models.DateTimeField()
    memo = models.CharField(max_length=200)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """One side of a posting: debit above zero, credit below, in minor units."""

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, models.PROTECT, related_name="entries")
    amount = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="entry_is_not_zero")]

    def __str__(self) -> str:
        return f"{self.account}: {self.amount}"

    @property
    def money(self) -> Money:
        """The amount in its account's currency."""
        return Money(self.amount, self.account.currency)
