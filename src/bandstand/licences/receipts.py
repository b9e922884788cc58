"""Receipts that need no server: what was bought, readable, signed with Ed25519 (docs/formats/receipt.md)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from bandstand.kernel.errors import InputError, RefusedError
from bandstand.licences.keyring import KeyRing, KeyRingError

FORMAT = "bandstand-receipt/1"
SEED = 32  # bytes (RFC 8032, section 5.1.5)
MAX_SIZE = 4_000_000  # bytes: a receipt of 200 releases with all their files stays below
MAX_LINES, MAX_FILES = 200, 20_000
_RECEIPT, _SIGNATURE, _KEY = "BANDSTAND RECEIPT", "BANDSTAND SIGNATURE", "PUBLIC KEY"
_BLOCK = "-----BEGIN {0}-----\n{1}-----END {0}-----\n"
_SHAPE = re.compile(
    "".join(f"-----BEGIN {name}-----\n(.*?\n)-----END {name}-----\n" for name in (_RECEIPT, _SIGNATURE, _KEY)),
    re.DOTALL,
)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ReceiptBrokenError(InputError):
    """The file is no receipt, or only a part of one."""

    code = "receipt.broken"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"This is no whole receipt: {why}.", hint="Fetch it again from the order's page.")


class ReceiptForgedError(RefusedError):
    """The signature does not fit the text: somebody has changed one of them."""

    code = "receipt.forged"

    def __init__(self) -> None:
        super().__init__(
            "The signature does not fit this receipt: its text, its key or its signature was changed.",
            hint="Fetch it again from the order's page.",
        )


class OtherKeyError(RefusedError):
    """The receipt is whole, but signed by another key than the one that was asked for."""

    code = "receipt.other_key"

    def __init__(self, found: str, wanted: str) -> None:
        self.found, self.wanted = found, wanted
        super().__init__(
            f"This receipt is signed by the key {found}, not by {wanted}.",
            hint="Ask the store which keys have been its own.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFile:
    """One file that the buyer may have: what it contains is told by its hash."""

    name: str
    format: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """One thing bought. Amounts are minor units; `listed - credit - discount` is what was asked in the end."""

    title: str
    kind: str  # release or track
    code: str  # GTIN, ISRC or house number
    seller: str
    place_of_supply: str  # ISO 3166-1 alpha-2
    listed: int
    credit: int
    discount: int
    net: int
    tax_rate: int  # parts per 100,000
    tax: int
    gross: int
    refunded: int
    files: tuple[ReceiptFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """All that a receipt states."""

    store: str
    store_url: str
    number: str
    buyer: str  # the address it was bought under
    country: str
    paid_at: datetime
    issued_at: datetime
    currency: str
    tax_included: bool
    net: int
    tax: int
    gross: int
    refunded: int
    licence: str  # what the buyer may do, in words
    lines: tuple[ReceiptLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A receipt whose signature was checked: it fits the key that came with it. Whose key that is, others say."""

    receipt: Receipt
    document: bytes  # the signed text
    signature: bytes
    public_key: str  # PEM
    fingerprint: str


class ReceiptKeys:
    """The store's signing keys, from the text form of a key ring; the first signs, the others have signed."""

    def __init__(self, ring: KeyRing) -> None:
        if any(len(seed) != SEED for seed in ring.keys.values()):
            raise KeyRingError(f"A key for receipts has exactly {SEED} bytes.")
        self._keys = [Ed25519PrivateKey.from_private_bytes(seed) for seed in ring.keys.values()]

    def __repr__(self) -> str:
        return f"<ReceiptKeys {', '.join(self.fingerprints)}>"

    @property
    def public_keys(self) -> list[str]:
        """All keys as PEM, the one that signs now first."""
        return [_pem(key.public_key()) for key in self._keys]

    @property
    def fingerprints(self) -> list[str]:
        """What tells the keys apart, in the same order."""
        return [fingerprint(pem) for pem in self.public_keys]

    def sign(self, receipt: Receipt) -> bytes:
        """Return the receipt as a file: its text, the signature and the public key, each in a block of its own."""
        document = pack(receipt)
        signature = base64.b64encode(self._keys[0].sign(document)).decode()
        blocks = [(_RECEIPT, document.decode()), (_SIGNATURE, f"{signature}\n")]
        return ("".join(_BLOCK.format(*block) for block in blocks) + self.public_keys[0]).encode()


def pack(receipt: Receipt) -> bytes:
    """Return the text that is signed: JSON with one value a line, which people can read too."""
    facts = {"format": FORMAT, **asdict(receipt)}
    for name in ("paid_at", "issued_at"):
        facts[name] = facts[name].isoformat(timespec="seconds")
    return (json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def read(data: bytes) -> Signed:
    """Read and check a receipt; line ends that a mail program has changed are no forgery.

    Raises
    ------
    ReceiptBrokenError
        It is no receipt.
    ReceiptForgedError
        Its signature does not fit.
    """
    if len(data) > MAX_SIZE:
        raise ReceiptBrokenError(f"it is longer than {MAX_SIZE:,} bytes")
    try:
        text = data.decode().replace("\r\n", "\n").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise ReceiptBrokenError("it is no text") from None
    shape = _SHAPE.fullmatch(text.strip() + "\n")
    if shape is None:
        raise ReceiptBrokenError("a block is missing, or stands in another place")
    document, signature = shape[1].encode(), _signature(shape[2])
    pem = _BLOCK.format(_KEY, shape[3])
    try:
        _public_key(pem).verify(signature, document)
    except InvalidSignature:
        raise ReceiptForgedError from None
    return Signed(
        receipt=unpack(document), document=document, signature=signature, public_key=pem, fingerprint=fingerprint(pem)
    )


def must_be_signed_by(signed: Signed, key: str) -> None:
    """Raise OtherKeyError unless a receipt is signed by this key: one or more PEM blocks, or a fingerprint."""
    blocks = re.findall(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", key, re.DOTALL)
    wanted = [fingerprint(block + "\n") for block in blocks] or [_plain(key)]
    if _plain(signed.fingerprint) not in {_plain(one) for one in wanted}:
        raise OtherKeyError(signed.fingerprint, ", ".join(wanted))


def fingerprint(pem: str) -> str:
    """Return what people compare: the SHA-256 of a public key (SPKI, DER), in groups of four hex digits."""
    der = _public_key(pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digits = hashlib.sha256(der).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, 64, 4))


def unpack(document: bytes) -> Receipt:
    """Read the signed text.

    Raises
    ------
    ReceiptBrokenError
        A fact is missing or of the wrong kind: signed by somebody who does not write receipts.
    """
    try:
        facts: dict[str, Any] = json.loads(document)  # Any: looked at field by field below
        if facts.pop("format") != FORMAT:
            raise ReceiptBrokenError(f"its format is not {FORMAT}")
        lines = _rows(facts.pop("lines"), MAX_LINES)
        paid_at, issued_at = (datetime.fromisoformat(_text(facts.pop(name))) for name in ("paid_at", "issued_at"))
        plain = _checked(Receipt, facts)
        return Receipt(**plain, paid_at=paid_at, issued_at=issued_at, lines=tuple(_line(line) for line in lines))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ReceiptBrokenError(f"a fact in it can't be read ({type(error).__name__})") from error


def _line(facts: dict[str, Any]) -> ReceiptLine:
    files = _rows(facts.pop("files"), MAX_FILES)
    made = tuple(ReceiptFile(**_checked(ReceiptFile, file)) for file in files)
    if not all(_SHA256.fullmatch(file.sha256) for file in made):
        raise ValueError("sha256")
    return ReceiptLine(**_checked(ReceiptLine, facts), files=made)


def _checked(kind: type, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts, each of the plain type that the field says: annotations are text in this module."""
    plain = {"str": str, "int": int, "bool": bool}
    for name, value in facts.items():
        if type(value) is not plain[kind.__annotations__[name]]:
            raise TypeError(name)
    return dict(facts)


def _rows(value: object, most: int) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > most or not all(isinstance(row, dict) for row in value):
        raise TypeError("list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _signature(text: str) -> bytes:
    try:
        signature = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ReceiptBrokenError("its signature is not in base64") from None
    if len(signature) != 64:
        raise ReceiptBrokenError("its signature has not 64 bytes")
    return signature


def _public_key(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        raise ReceiptBrokenError("its key can't be read") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ReceiptBrokenError("its key is no Ed25519 key")
    return key


def _pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _plain(text: str) -> str:
    return re.sub(r"[\s:]", "", text).casefold()
