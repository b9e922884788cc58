"""Writing the books. There is one way: a posting that adds up to zero, once per business act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bandstand.kernel.errors import RefusedError
from bandstand.store.ledger import rules
from bandstand.store.ledger.models import Account, Entry, Posting
from bandstand.store.ledger.rules import Side
from bandstand.webkit.prepared import Prepared, PreparedInsert
from bandstand.webkit.transactions import joined


class PostingDiffersError(RefusedError):
    """The same act was posted before, with other entries."""

    code = "ledger.posting_differs"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} is in the books with other entries.", hint="Post a correction under a key of its own.")


@joined
def post(*, key: str, at: datetime, memo: str, entries: Sequence[Side]) -> Posting:
    """Write one business act; the same key again changes nothing and returns what was written.

    Raises
    ------
    rules.UnbalancedError
        The entries don't add up to zero in each currency.
    PostingDiffersError
        The key is taken by other entries.
    """
    sides = rules.merged(entries)
    rules.check(key, sides)
    posting = _postings.new(key=key, at=at, memo=memo)
    if not _postings.one(posting):
        posting = Posting.objects.get(key=key)
        if _sides_of(posting) != sides:
            raise PostingDiffersError(key)
        return posting
    accounts = _accounts(sides)
    _entries.facts(
        [
            {"posting_id": posting.pk, "account_id": accounts[kind, owner, money.currency], "amount": money.amount}
            for kind, owner, money in sides
        ]
    )
    return posting


_postings = PreparedInsert(Posting, unless_there=True)
_entries = PreparedInsert(Entry)


def _accounts(sides: Sequence[Side]) -> dict[tuple[str, str, str], int]:
    """Return the ids of the accounts, made when they are new; of two who make the same one, the constraint judges."""
    wanted = [(kind, owner, money.currency) for kind, owner, money in sides]
    found = _found(wanted)
    missing = [names for names in wanted if names not in found]
    if missing:
        Account.objects.bulk_create(
            (Account(kind=kind, owner=owner, currency=currency) for kind, owner, currency in missing),
            ignore_conflicts=True,
        )
        found = _found(wanted)
    return found


def _found(wanted: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    rows = _accounts_of(sorted({owner for _, owner, _ in wanted}))
    return {(row.kind, row.owner, row.currency): row.pk for row in rows}


_accounts_of = Prepared(lambda owners: Account.objects.filter(owner__in=owners).order_by())


def _sides_of(posting: Posting) -> list[Side]:
    rows = posting.entries.select_related("account")
    return rules.merged((row.account.kind, row.account.owner, row.money) for row in rows)
