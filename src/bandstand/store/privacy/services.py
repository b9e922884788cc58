"""Handing a person's data out, and forgetting the person."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.template.loader import render_to_string

from bandstand.kernel.errors import BandstandError
from bandstand.store.accounts import services as accounts
from bandstand.store.accounts.models import User
from bandstand.store.grants import services as grants
from bandstand.store.orders import queries as order_queries
from bandstand.store.orders import services as orders
from bandstand.store.pairing import services as pairing
from bandstand.store.plays import services as plays
from bandstand.store.privacy import folder, links, queries
from bandstand.store.receipts import keeping as kept_receipts
from bandstand.store.receipts import rules as receipt_rules
from bandstand.store.receipts import services as receipts
from bandstand.store.takeout import services as takeout
from bandstand.webkit import audit
from bandstand.webkit.jobs import SOON, enqueue
from bandstand.webkit.jobs import services as jobs


def bundle(*, user: User, now: datetime) -> bytes:
    """Return a zip with all that is kept about somebody: a README, JSON, and the signed receipts.

    It is made for this answer and kept nowhere; music is not in it, but its hashes are.
    """
    collected = queries.personal(user)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        facts = {"store_name": settings.STORE_NAME, "store_url": settings.STORE_URL, "now": now, "user": user}
        zipped.writestr("README.txt", render_to_string("privacy/README.txt", facts))
        for name, content in collected.items():
            zipped.writestr(f"{name}.json", json.dumps(content, ensure_ascii=False, indent=1))
        for order in order_queries.orders_of(user.pk):
            try:
                zipped.writestr(
                    f"receipts/{receipt_rules.file_name(order.number, '.receipt')}",
                    receipts.receipt_file(order, now=now),
                )
            except BandstandError:  # not paid, or nothing to sign with: orders.json tells of it all the same
                continue
    audit.record(
        actor=audit.user(user.pk), action="privacy.exported", row=user, sentence="The data of the account was taken.",
        now=now,
    )  # fmt: skip
    return out.getvalue()


@transaction.atomic
def ask_erasure(*, user: User, language: str, now: datetime) -> None:
    """Mail the link that erases the account."""
    enqueue(
        "privacy.ask_erasure",
        key=f"privacy.ask_erasure:{user.pk}:{now.isoformat()}",
        priority=SOON,
        user_id=user.pk,
        language=language,
    )
    audit.record(
        actor=audit.user(user.pk), action="privacy.erasure_asked", row=user, sentence="Asked to be erased.", now=now
    )


def erase_by_link(*, token: str, now: datetime) -> None:
    """Erase whom a mailed link is about.

    Raises what `links.read` and `erase` raise.
    """
    user = links.read(token, now=now)
    erase(user_id=user.pk, actor=audit.user(user.pk), now=now)


def erase(*, user_id: int, actor: str, now: datetime) -> None:
    """Forget a person: all or nothing in the database, then the mails that lie in files.

    What was sold stays, under an account that is nobody's: numbers, titles, amounts, taxes, place of supply.

    Raises
    ------
    accounts.StaffStaysError, orders.OrderWaitsError
        It is one of the staff; a payment is under way.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        address, name = user.email, user.name
        orders.erase(holder_id=user_id, now=now)
        plays.erase(holder_id=user_id, now=now)
        takeout.erase(holder_id=user_id, now=now)
        kept_receipts.erase(holder_id=user_id)
        pairing.erase(holder_id=user_id, now=now)
        grants.erase(holder_id=user_id, now=now)
        accounts.erase(holder_id=user_id, now=now)
        LogEntry.objects.filter(content_type__app_label="accounts", object_id=str(user_id)).delete()
        for text in (address, name):
            if text:
                jobs.forget(text)
        audit.record(actor=actor, action="privacy.erased", row=user, sentence="The account was erased.", now=now)
        transaction.on_commit(lambda: folder.forget(address))
