"""Receipts: what is signed comes back; whatever is changed is noticed; OpenSSL agrees."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.licences import receipts
from bandstand.licences.keyring import KeyRing, KeyRingError
from bandstand.licences.receipts import (
    OtherKeyError,
    Receipt,
    ReceiptBrokenError,
    ReceiptFile,
    ReceiptForgedError,
    ReceiptKeys,
    ReceiptLine,
)

KEYS = ReceiptKeys(KeyRing.parse(f"new:{base64.urlsafe_b64encode(b'n' * 32).decode()},old:{'b2xk' * 10}bzI"))
OTHERS = ReceiptKeys(KeyRing.parse(f"x:{base64.urlsafe_b64encode(b'x' * 32).decode()}"))
FILE = ReceiptFile(name="01 雨の日.flac", format="FLAC", size=12_345, sha256="ab" * 32)
LINE = ReceiptLine(
    title="雨の日の喫茶店", kind="release", code="4006381333931", seller="Café Ökonom", place_of_supply="DE",
    listed=1200, credit=100, discount=110, net=832, tax_rate=19_000, tax=158, gross=990, refunded=0, files=(FILE,),
)  # fmt: skip
RECEIPT = Receipt(
    store="Harbour Light", store_url="https://shop.example", number="B12345678", buyer="ben@example.org",
    country="DE",
    paid_at=datetime(2026, 11, 20, 12, 0, 1, 5, tzinfo=UTC), issued_at=datetime(2026, 11, 21, tzinfo=UTC),
    currency="EUR", tax_included=True, net=832, tax=158, gross=990, refunded=0, licence="Yours\nfor good.",
    lines=(LINE,),
)  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
amounts = st.integers(0, 2**53)
files = st.builds(ReceiptFile, name=texts, format=texts, size=amounts, sha256=st.just("0f" * 32))
lines = st.builds(
    ReceiptLine, title=texts, kind=texts, code=texts, seller=texts, place_of_supply=texts, listed=amounts,
    credit=amounts, discount=amounts, net=amounts, tax_rate=amounts, tax=amounts, gross=amounts, refunded=amounts,
    files=st.lists(files, max_size=3).map(tuple),
)  # fmt: skip
all_receipts = st.builds(
    replace,
    st.just(RECEIPT),
    store=texts,
    buyer=texts,
    licence=texts,
    gross=amounts,
    lines=st.lists(lines, max_size=3).map(tuple),
)


@given(all_receipts)
def test_whatever_is_signed_is_read_back(receipt):
    signed = receipts.read(KEYS.sign(receipt))
    assert signed.receipt == replace(receipt, paid_at=receipt.paid_at.replace(microsecond=0))
    assert signed.fingerprint == KEYS.fingerprints[0]


@given(st.integers(0, len(KEYS.sign(RECEIPT)) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(at, by):
    data = bytearray(KEYS.sign(RECEIPT))
    data[at] ^= by
    try:
        signed = receipts.read(bytes(data))
    except (ReceiptBrokenError, ReceiptForgedError):
        return
    assert signed.receipt == receipts.read(KEYS.sign(RECEIPT)).receipt  # only blanks around the blocks may differ
    assert signed.fingerprint == KEYS.fingerprints[0]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_receipt_or_a_clear_error(data):
    with pytest.raises(ReceiptBrokenError):
        receipts.read(data)


@given(st.binary(max_size=200))
def test_any_signed_text_is_a_receipt_or_a_clear_error(text):
    with pytest.raises(ReceiptBrokenError):
        receipts.unpack(text)


def test_line_ends_that_a_mail_program_changed_are_no_forgery():
    data = KEYS.sign(RECEIPT).replace(b"\n", b"\r\n")
    assert receipts.read(b"\xef\xbb\xbf" + data).receipt.number == "B12345678"


def test_a_receipt_signed_by_somebody_else_is_not_the_stores():
    signed = receipts.read(OTHERS.sign(RECEIPT))
    with pytest.raises(OtherKeyError) as refused:
        receipts.must_be_signed_by(signed, "".join(KEYS.public_keys))
    assert refused.value.found == OTHERS.fingerprints[0]
    receipts.must_be_signed_by(signed, OTHERS.fingerprints[0].upper())
    receipts.must_be_signed_by(signed, "".join(KEYS.public_keys + OTHERS.public_keys))


def test_a_key_of_another_length_is_refused():
    with pytest.raises(KeyRingError):
        ReceiptKeys(KeyRing.parse(f"x:{base64.urlsafe_b64encode(b'x' * 33).decode()}"))


def test_the_keys_never_show_themselves():
    assert "bn" not in repr(KEYS)
    assert KEYS.fingerprints[0] in repr(KEYS)


def test_openssl_believes_it_by_the_lines_in_the_docs(tmp_path):
    (tmp_path / "my.receipt").write_bytes(KEYS.sign(RECEIPT))
    done = subprocess.run(["bash", "-ec", openssl_lines()], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Signature Verified Successfully" in done.stdout, done.stderr
    text = (tmp_path / "my.receipt").read_text(encoding="utf-8").replace("Harbour Light", "Harbour Right")
    (tmp_path / "my.receipt").write_text(text, encoding="utf-8")
    done = subprocess.run(["bash", "-ec", openssl_lines()], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def openssl_lines():
    """The lines as docs/formats/receipt.md gives them."""
    from pathlib import Path

    text = (Path(__file__).parents[3] / "docs/formats/receipt.md").read_text(encoding="utf-8")
    return text.partition("```sh\n")[2].partition("```")[0]
