"""Signed receipts come with everything that somebody owns, in manifest and bundles, the same until it changes."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.conftest import NOW
from tests.factories import make_deal, make_storefront
from tests.integration.takeout.test_bundle import bytes_of, frozen
from tests.shelves import album, own, stored_file

from bandstand.cli.verify import verify
from bandstand.licences import receipts as documents
from bandstand.store.assets import queries as assets
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.pairing import services as pairing
from bandstand.store.privacy import services as privacy
from bandstand.store.receipts import keeping
from bandstand.store.receipts.models import Issued
from bandstand.store.takeout import rules, services
from bandstand.store.takeout.models import Takeout
from bandstand.wire.v1.messages import Manifest

pytestmark = pytest.mark.django_db


def bought(holder, release, number):
    """A paid order, and the right that came of it."""
    order = Order.objects.create(
        number=number, checkout_key=number, holder=holder, email=holder.email, storefront=make_storefront(),
        billing_country="DE", state="paid", currency="EUR", gross=899, tax=0, created_at=NOW, expires_at=NOW,
        ended_at=NOW,
    )  # fmt: skip
    OrderLine.objects.create(
        order=order, release=release, title=str(release), deal=make_deal(release=release), seller=release.label,
        place_of_supply="DE", listed=899, net=899, tax_rate=0, tax=0, gross=899,
    )  # fmt: skip
    own(holder, release=release)
    return order


@pytest.fixture
def bens(client, ben):
    _, token = pairing.issue(holder=ben, name="Fetch", kind="device", now=NOW)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def asked(client, **wish):
    return Manifest.read(client.get("/wire/v1/takeout", wish).json())


def test_a_program_gets_the_receipt_of_every_order_on_the_last_page(bens, ben, cleo):
    for number in range(3):
        bought(ben, album(f"Title {number}"), f"B{number}")
    bought(cleo, album("Hers"), "C1")
    first = asked(bens, limit=2)
    assert (first.receipts, first.receipts_left) == ((), 0)
    last = asked(bens, limit=2, after=first.next)
    assert [file.name for file in last.receipts] == [f"Receipt B{number}.receipt" for number in range(3)]
    row = Issued.objects.get(order__number="B0")
    data = assets.place(row.path).read_bytes()
    assert (row.sha256, row.size) == (last.receipts[0].sha256, len(data))
    assert documents.read(data).receipt.number == "B0"


def test_a_receipt_stays_the_same_until_a_file_is_made_or_money_goes_back(bens, ben):
    release = album()
    order = bought(ben, release, "B1")
    first = bens.get("/wire/v1/takeout")
    again = bens.get("/wire/v1/takeout", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    before = asked(bens).receipts[0].sha256
    made = stored_file(release.parts.first(), "opus-160")
    after = asked(bens).receipts[0].sha256
    assert after != before
    bill = documents.read(assets.place(Issued.objects.latest("pk").path).read_bytes()).receipt
    assert made.sha256 in {file.sha256 for line in bill.lines for file in line.files}
    order.lines.update(refunded=899)
    assert asked(bens).receipts[0].sha256 not in {before, after}
    assert Issued.objects.count() == 3


def test_a_bundle_holds_them_and_can_be_checked_by_them(ben, tmp_path):
    bought(ben, album("Evening Ferry"), "B1")
    row = frozen(ben)
    with zipfile.ZipFile(io.BytesIO(bytes_of(row))) as opened:
        opened.extractall(tmp_path)
    (receipt,) = tmp_path.rglob("Receipts/Receipt B1.receipt")
    done = CliRunner().invoke(verify, [str(receipt.parent.parent)])
    said = {line.rpartition(": ")[0].rpartition("/")[2]: line.rpartition(": ")[2] for line in done.stdout.splitlines()}
    assert {said[name] for name in said if name.endswith(".flac")} == {"right"}
    assert frozen(ben).pk == row.pk  # the same shelf is the same bundle, receipts and all


def test_many_receipts_are_signed_in_turns(bens, ben, monkeypatch):
    monkeypatch.setattr(keeping.kept, "__kwdefaults__", {"most": 2})
    for number in range(3):
        bought(ben, album(f"Title {number}"), f"B{number}")
    with pytest.raises(services.ReceiptsLeftError):
        frozen(ben)
    Issued.objects.all().delete()
    first = asked(bens)
    assert (len(first.receipts), first.receipts_left, first.ask_again) == (2, 1, rules.ASK_AGAIN)
    second = asked(bens)
    assert (len(second.receipts), second.receipts_left, second.ask_again) == (3, 0, 0)


def test_the_number_of_queries_does_not_grow_with_the_orders(bens, ben):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            asked(bens, limit=100)
        return len(seen)

    bought(ben, album(), "B0")
    queries()
    few = queries()
    for number in range(1, 12):
        bought(ben, album(f"More {number}"), f"B{number}")
    asked(bens, limit=100)
    assert queries() == few


def test_a_store_without_a_key_gives_none(bens, ben, settings, tmp_path):
    settings.RECEIPT_KEYS, settings.RECEIPT_KEYS_FILE = "", tmp_path / "none"
    bought(ben, album(), "B1")
    assert asked(bens).receipts == ()


def test_who_is_erased_leaves_no_receipt_behind(bens, ben):
    bought(ben, album(), "B1")
    asked(bens)
    place = assets.place(Issued.objects.get().path)
    privacy.erase(user_id=ben.pk, actor="user:1", now=timezone.now())
    assert not Issued.objects.exists()
    assert not place.exists()


def test_replaced_receipts_are_forgotten_when_no_bundle_can_need_them(ben):
    release = album()
    bought(ben, release, "B1")
    frozen(ben)
    stored_file(release.parts.first(), "opus-160")
    frozen(ben)
    late = timezone.now() + rules.KEPT + timedelta(days=1)
    Takeout.objects.update(asked_at=late)
    services.forget(now=late)
    assert Issued.objects.count() == 2
    Takeout.objects.all().delete()
    services.forget(now=late)
    assert Issued.objects.count() == 1
