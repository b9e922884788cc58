from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest

from bandstand.store.ledger.models import Account, Entry, Posting
from bandstand.webkit.staff import LookAdmin, LookInline, money


class EntryInline(LookInline):
    model = Entry
    fields = ["account", "side"]
    readonly_fields = ["side"]

    @admin.display(description="amount")
    def side(self, entry: Entry) -> str:
        return money(entry.amount, entry.account.currency)


@admin.register(Posting)
class PostingAdmin(LookAdmin):
    list_display = ["key", "memo", "at"]
    search_fields = ["key", "memo"]
    date_hierarchy = "at"
    inlines = [EntryInline]


@admin.register(Account)
class AccountAdmin(LookAdmin):
    list_display = ["kind", "owner", "currency", "balance"]
    list_filter = ["kind", "currency"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        accounts: QuerySet[Account] = super().get_queryset(request)
        return accounts.annotate(sum=Sum("entries__amount"))

    @admin.display(description="balance", ordering="sum")
    def balance(self, account: Account) -> str:
        return money(getattr(account, "sum", None) or 0, account.currency)
