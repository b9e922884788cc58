"""Receipts of paid orders: as a page, on paper, signed, by mail; believed without the store."""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import pymupdf
import pytest
from click.testing import CliRunner
from django.urls import reverse
from tests.conftest import NOW
from tests.factories import make_deal, make_release

from bandstand.cli.verify import NoReceiptError, verify
from bandstand.kernel.progress import silent
from bandstand.licences import receipts as documents
from bandstand.store.orders import services as orders
from bandstand.store.receipts import jobs, keys, services, views


@pytest.fixture
def record(storefront):
    """A record with a title in five scripts."""
    release = make_release(tracks=2, title="Žár Море 雨の日 أهلا שלום", gtin="4006381333931")
    make_deal(release=release)
    return release


@pytest.fixture
def bought(shop, ben, record):
    return shop.paid(ben, record)


@dataclass
class Disk:
    """A buyer's disk with a receipt on it."""

    receipt: Path

    def check(self, *more):
        return CliRunner().invoke(verify, [str(self.receipt), *(str(one) for one in more)])


@pytest.fixture
def disk(bought, tmp_path):
    path = tmp_path / "my.receipt"
    path.write_bytes(services.receipt_file(bought, now=NOW))
    return Disk(path)


def test_a_receipt_states_the_order_as_it_was_frozen(bought, record):
    bill = documents.read(services.receipt_file(bought, now=NOW)).receipt
    (line,) = bill.lines
    assert (bill.number, bill.gross, bill.tax, bill.net) == (
        bought.number,
        bought.gross,
        bought.tax,
        bought.gross - bought.tax,
    )
    assert (line.title, line.code, line.seller) == (str(record), "4006381333931", record.label.name)
    assert line.listed - line.credit - line.discount == line.gross == line.net + line.tax
    assert "yours for good" in bill.licence


def test_an_unpaid_order_has_no_receipt(shop, ben, record, client):
    order = shop.order(ben, record)
    with pytest.raises(services.NotPaidError):
        services.receipt_file(order, now=NOW)
    client.force_login(ben)
    assert client.get(reverse("receipts:receipt", args=[order.number])).status_code == 302
    assert client.get(reverse("receipts:pdf", args=[order.number])).status_code == 404


def test_a_refund_is_on_the_next_receipt(shop, ben, record, settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"
    order = shop.order(ben, record)
    orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    orders.refund_line(line_id=order.lines.get().pk, reason="wrong one", by="Ada", now=NOW)
    order.refresh_from_db()
    assert documents.read(services.receipt_file(order, now=NOW)).receipt.refunded == order.gross


def test_the_paper_has_every_script_and_the_signed_receipt_inside(bought, record):
    with pymupdf.open("pdf", services.receipt_pdf(bought, now=NOW)) as paper:
        text = "".join(page.get_text() for page in paper)
        (name,) = paper.embfile_names()
        inside = paper.embfile_get(name)
    for piece in ("Žár", "Море", "雨の日", "שלום", bought.number, str(bought.total)):
        assert piece in text
    assert documents.read(inside).receipt.number == bought.number


@pytest.mark.parametrize("kind", ["receipt", "pdf", "file"])
def test_a_receipt_is_its_buyers_alone(bought, ben, cleo, client, kind):
    address = reverse(f"receipts:{kind}", args=[bought.number])
    assert client.get(address).status_code == 404
    client.force_login(cleo)
    assert client.get(address).status_code == 404
    client.force_login(ben)
    answer = client.get(address)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_paper_is_laid_out_so_often_and_not_more(bought, ben, client, monkeypatch):
    monkeypatch.setattr(views, "PDFS", "1/10m")
    client.force_login(ben)
    got = [client.get(reverse(f"receipts:{kind}", args=[bought.number])).status_code for kind in ("pdf", "pdf", "file")]
    assert got == [200, 429, 200]


def test_the_keys_page_shows_what_signs(client, bought):
    signed = documents.read(services.receipt_file(bought, now=NOW))
    assert signed.fingerprint in client.get(reverse("receipts:keys")).content.decode()
    documents.must_be_signed_by(signed, client.get(reverse("receipts:pem")).content.decode())


def test_the_receipt_is_mailed_once_as_text_paper_and_signed(bought, record, mailoutbox):
    for _ in range(2):
        jobs.mail(now=NOW, progress=silent, order_number=bought.number)
    (mail,) = mailoutbox
    assert mail.to == ["ben@example.org"]
    for fact in (str(record), str(bought.total), str(bought.tax_total), record.label.name, f"/{bought.number}/"):
        assert fact in mail.body
    assert "&" not in mail.body
    paper, signed = mail.attachments
    assert paper[1].startswith(b"%PDF")
    assert documents.read(signed[1]).receipt.number == bought.number


def test_a_guests_receipt_carries_a_link_that_opens_the_shelf(shop, record, mailoutbox):
    order = shop.paid(None, record)
    jobs.mail(now=NOW, progress=silent, order_number=order.number)
    assert "/account/open/" in mailoutbox[0].body


def test_a_store_makes_its_key_once_and_for_itself(settings, tmp_path):
    settings.RECEIPT_KEYS, settings.RECEIPT_KEYS_FILE = "", tmp_path / "receipt-keys"
    with pytest.raises(keys.NoReceiptKeyError):
        keys.current()
    keys.ensure(now=NOW)
    first = keys.current().fingerprints
    keys.ensure(now=NOW)
    assert keys.current().fingerprints == first
    assert stat.S_IMODE((tmp_path / "receipt-keys").stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["receipt-keys"]


def test_the_command_believes_a_receipt(disk):
    done = disk.check("--key", keys.current().fingerprints[0])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Genuine" in done.stderr


def test_the_command_tells_files_that_are_not_those_that_were_sold(disk, tmp_path):
    stranger = tmp_path / "stranger.flac"
    stranger.write_bytes(b"not sold here")
    done = disk.check(stranger, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["files"][0]["state"] == "unknown"


def test_the_command_refuses_another_stores_receipt(disk):
    done = disk.check("--key", "00" * 32)
    assert isinstance(done.exception, documents.OtherKeyError)


def test_the_command_obeys_no_control_characters_from_a_receipt(bought, tmp_path):
    bought.lines.update(title="\x1b[2JCleared")
    path = tmp_path / "evil.receipt"
    path.write_bytes(services.receipt_file(bought, now=NOW))
    assert "\x1b" not in Disk(path).check().stderr


def test_a_paper_names_so_many_files_and_the_signed_receipt_all(bought, monkeypatch):
    file = documents.ReceiptFile(name="01.flac", format="FLAC", size=1, sha256="0f" * 32)
    bill = services.receipt(bought, now=NOW)
    (line,) = bill.lines
    long = replace(bill, lines=(replace(line, files=(file,) * 7), replace(line, files=(file,) * 5)))
    monkeypatch.setattr(services.rules, "FILES_ON_PAPER", 8)
    said = services._on_paper(long)
    assert [len(files) for _, files in said["listed"]] == [7, 1]
    assert said["more"] == 4


@pytest.fixture
def fetched(bought, record, tmp_path):
    """A folder as `bandstand fetch` leaves it: a title with what comes with it, the receipts, its own notes."""
    folder, sound = tmp_path / "Music", b"sound"
    (folder / "Receipts").mkdir(parents=True)
    (folder / "Title").mkdir()
    bill = documents.read(services.receipt_file(bought, now=NOW)).receipt
    file = documents.ReceiptFile(
        name="01 Harbour.flac", format="FLAC", size=len(sound), sha256=hashlib.sha256(sound).hexdigest()
    )
    bill = replace(bill, lines=(replace(bill.lines[0], files=(file,)),))
    (folder / "Receipts" / "Receipt B1.receipt").write_bytes(keys.current().sign(bill))
    (folder / "Title" / "01 Harbour.flac").write_bytes(sound)
    (folder / "Title" / "credits.txt").write_bytes(b"by Ada")
    sums = f"{file.sha256}  01 Harbour.flac\n{hashlib.sha256(b'by Ada').hexdigest()}  credits.txt\n"
    (folder / "Title" / "SHA256SUMS").write_text(sums)
    (folder / ".bandstand-fetch.json").write_text("{}")
    return folder


def test_a_whole_folder_is_verified_by_the_receipts_in_it(fetched):
    done = CliRunner().invoke(verify, [str(fetched)])
    assert done.exit_code == 0, done.output
    assert "3 right, 0 not." in done.stderr
    assert "that list is not signed" in done.stdout


@pytest.mark.parametrize(
    ("name", "state"),
    [("01 Harbour.flac", "changed"), ("credits.txt", "unknown"), ("stranger.flac", "unknown")],
)
def test_in_a_folder_too_what_is_not_as_it_was_sold_is_named(fetched, name, state):
    (fetched / "Title" / name).write_bytes(b"other")
    done = CliRunner().invoke(verify, [str(fetched), "--json"])
    assert done.exit_code == 1
    found = {Path(row["path"]).name: row["state"] for row in json.loads(done.stdout)["files"]}
    assert found[name] == state


def test_a_forged_receipt_among_others_is_found(fetched):
    good = (fetched / "Receipts" / "Receipt B1.receipt").read_bytes()
    (fetched / "Receipts" / "Receipt B2.receipt").write_bytes(good.replace(b'"EUR"', b'"USD"', 1))
    done = CliRunner().invoke(verify, [str(fetched)])
    assert isinstance(done.exception, documents.ReceiptForgedError)


def test_a_folder_without_a_receipt_says_so(tmp_path):
    assert isinstance(CliRunner().invoke(verify, [str(tmp_path)]).exception, NoReceiptError)
