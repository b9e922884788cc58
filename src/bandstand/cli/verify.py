"""`bandstand verify`: believe a receipt, and files by it, without asking any server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bandstand.kernel.errors import InputError
from bandstand.kernel.money import Money
from bandstand.licences import receipts
from bandstand.licences.receipts import ReceiptFile, Signed

_BLOCK = 1 << 20
_MOST_SUMS = 16 << 20
SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Checked:
    """What receipts say about one file: right, changed (its name is listed with another hash) or unknown; or beside:
    it comes with what was bought, and is what the folder's SHA256SUMS says, which nobody has signed.
    """

    path: str
    state: str
    sha256: str
    title: str = ""


class NoReceiptError(InputError):
    """There is no receipt in the folder."""

    code = "receipt.none"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"There is no receipt in {folder}.", hint="`bandstand fetch` brings them along.")


@click.command()
@click.argument("receipt", type=click.Path(exists=True, path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--key", metavar="KEY", help="The store's public key: a PEM file, or the key's fingerprint.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all that was found.")
@click.pass_context
def verify(context: click.Context, receipt: Path, files: tuple[Path, ...], *, key: str | None, as_json: bool) -> None:
    """Check the signature of RECEIPT, and FILES (or folders of them) against the hashes in it.

    RECEIPT may be a folder, as `bandstand fetch` writes it: then all receipts in it are checked, and all files in it by
    them. Ends with 0 when every receipt is genuine and every file is one of those they name, or comes with them; else
    with 1.
    """
    papers = _receipts(receipt)
    signed = [receipts.read(path.read_bytes()) for path in papers]
    if key is not None:
        for one in signed:
            receipts.must_be_signed_by(one, _key(key))
    told = files or ((receipt,) if receipt.is_dir() else ())
    known = {file.sha256: (line.title, file) for one in signed for line in one.receipt.lines for file in line.files}
    names, sums = {file.name for _, file in known.values()}, _Sums()
    found = [_check(path, known, names, sums) for path in _walk(told) if path.resolve() not in _resolved(papers)]
    if as_json:
        facts = _facts(signed, found, pinned=key is not None, several=receipt.is_dir())
        click.echo(json.dumps(facts, indent=1))  # plain ASCII: nothing in it is obeyed by a terminal
    else:
        _tell(signed, found, pinned=key is not None)
    context.exit(0 if all(one.state in {"right", "beside"} for one in found) else 1)


def _receipts(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    found = [path for path in _walk([place]) if path.suffix == ".receipt"]
    if not found:
        raise NoReceiptError(place)
    return found


def _resolved(papers: Iterable[Path]) -> set[Path]:
    return {path.resolve() for path in papers}


def _key(text: str) -> str:
    path = Path(text)
    return path.read_text(encoding="utf-8") if len(text) < 4096 and path.is_file() else text


def _walk(files: Iterable[Path]) -> Iterator[Path]:
    """Yield files, and those in folders but what is hidden there: programs keep their own notes so."""
    for path in files:
        if path.is_dir():
            for entry in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in entry.relative_to(path).parts)
                if entry.is_file() and not hidden:
                    yield entry
        else:
            yield path


class _Sums:
    """What the SHA256SUMS of folders say, each read once."""

    def __init__(self) -> None:
        self._read: dict[Path, dict[str, str]] = {}

    def has(self, path: Path, sha256: str) -> bool:
        """Tell whether a file is what the SHA256SUMS beside it says, or is that list itself."""
        if path.parent not in self._read:
            self._read[path.parent] = self._of(path.parent)
        sums = self._read[path.parent]
        return bool(sums) and (path.name == SUMS or sums.get(path.name) == sha256)

    def _of(self, folder: Path) -> dict[str, str]:
        try:
            with (folder / SUMS).open("rb") as stream:
                lines = stream.read(_MOST_SUMS).decode("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return {}
        rows = (line.partition("  ") for line in lines)
        return {name: sha256 for sha256, _, name in rows if name}


def _check(path: Path, known: dict[str, tuple[str, ReceiptFile]], names: set[str], sums: _Sums) -> Checked:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    sha256 = digest.hexdigest()
    if sha256 in known:
        return Checked(str(path), "right", sha256, known[sha256][0])
    if path.name in names:
        return Checked(str(path), "changed", sha256)
    return Checked(str(path), "beside" if sums.has(path, sha256) else "unknown", sha256)


def _say(text: str, *, err: bool = False) -> None:
    """Print foreign text without what a terminal would obey."""
    click.echo("".join(sign if sign.isprintable() else "�" for sign in text), err=err)


def _tell(signed: list[Signed], found: list[Checked], *, pinned: bool) -> None:
    for one in signed:
        _tell_receipt(one, pinned=pinned)
    said = {
        "right": "right",
        "beside": "comes with it, as SHA256SUMS says; that list is not signed",
        "changed": "CHANGED: not the bytes that were sold",
        "unknown": "not on this receipt" if len(signed) == 1 else "not on these receipts",
    }
    for file in found:
        _say(f"{file.path}: {said[file.state]}")
    if found:
        wrong = sum(file.state not in {"right", "beside"} for file in found)
        _say(f"{len(found) - wrong} right, {wrong} not.", err=True)


def _tell_receipt(signed: Signed, *, pinned: bool) -> None:
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


def _facts(signed: list[Signed], found: list[Checked], *, pinned: bool, several: bool) -> dict[str, object]:
    rows = [{"key": one.fingerprint, "receipt": json.loads(one.document)} for one in signed]
    papers: dict[str, object] = {"receipts": rows} if several else dict(rows[0])
    return {"genuine": True, "pinned": pinned, **papers, "files": [asdict(file) for file in found]}
