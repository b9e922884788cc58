"""`bandstand verify`: believe a receipt, and files by it, without asking any server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bandstand.kernel.money import Money
from bandstand.licences import receipts
from bandstand.licences.receipts import ReceiptFile, Signed

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What a receipt says about one file: right, changed (its name is listed with another hash) or unknown."""

    path: str
    state: str
    sha256: str
    title: str = ""


@click.command()
@click.argument("receipt", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--key", metavar="KEY", help="The store's public key: a PEM file, or the key's fingerprint.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all that was found.")
@click.pass_context
def verify(context: click.Context, receipt: Path, files: tuple[Path, ...], *, key: str | None, as_json: bool) -> None:
    """Check the signature of RECEIPT, and FILES (or folders of them) against the hashes in it.

    Ends with 0 when the receipt is genuine and every file is one of those it names, else with 1.
    """
    signed = receipts.read(receipt.read_bytes())
    if key is not None:
        receipts.must_be_signed_by(signed, _key(key))
    known = {file.sha256: (line.title, file) for line in signed.receipt.lines for file in line.files}
    names = {file.name for _, file in known.values()}
    found = [_check(path, known, names) for path in _walk(files) if path.resolve() != receipt.resolve()]
    if as_json:
        facts = _facts(signed, found, pinned=key is not None)
        click.echo(json.dumps(facts, indent=1))  # plain ASCII: nothing in it is obeyed by a terminal
    else:
        _tell(signed, found, pinned=key is not None)
    context.exit(0 if all(one.state == "right" for one in found) else 1)


def _key(text: str) -> str:
    path = Path(text)
    return path.read_text(encoding="utf-8") if len(text) < 4096 and path.is_file() else text


def _walk(files: Iterable[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(entry for entry in path.rglob("*") if entry.is_file())
        else:
            yield path


def _check(path: Path, known: dict[str, tuple[str, ReceiptFile]], names: set[str]) -> Checked:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    sha256 = digest.hexdigest()
    if sha256 in known:
        return Checked(str(path), "right", sha256, known[sha256][0])
    return Checked(str(path), "changed" if path.name in names else "unknown", sha256)


def _say(text: str, *, err: bool = False) -> None:
    """Print foreign text without what a terminal would obey."""
    click.echo("".join(sign if sign.isprintable() else "�" for sign in text), err=err)


def _tell(signed: Signed, found: list[Checked], *, pinned: bool) -> None:
    bill = signed.receipt
    _say(f"Genuine: {bill.store}, order {bill.number}, {bill.paid_at:%d %B %Y}, {bill.buyer}", err=True)
    for line in bill.lines:
        _say(f"  {line.title}: {Money(line.gross, bill.currency)}, {len(line.files)} files listed", err=True)
    _say(f"  Total {Money(bill.gross, bill.currency)}", err=True)
    if bill.refunded:
        _say(f"  Returned {Money(bill.refunded, bill.currency)}", err=True)
    _say(f"Signed by the key {signed.fingerprint}", err=True)
    if not pinned:
        _say(
            f"Compare it with {bill.store_url}/receipts/keys/, or give --key: anybody can sign with some key.",
            err=True,
        )
    said = {"right": "right", "changed": "CHANGED: not the bytes that were sold", "unknown": "not on this receipt"}
    for one in found:
        _say(f"{one.path}: {said[one.state]}")
    if found:
        wrong = sum(one.state != "right" for one in found)
        _say(f"{len(found) - wrong} right, {wrong} not.", err=True)


def _facts(signed: Signed, found: list[Checked], *, pinned: bool) -> dict[str, object]:
    facts = json.loads(signed.document)
    return {
        "genuine": True,
        "key": signed.fingerprint,
        "pinned": pinned,
        "receipt": facts,
        "files": [asdict(f) for f in found],
    }
