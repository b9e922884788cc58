"""What a receipt grants in words, and how its amounts are laid out."""

from __future__ import annotations

FILES_ON_PAPER = 2_000  # about 40 pages; the signed receipt names them all
LICENCE = """\
The files named here are yours for good. You may keep them as long as you like, copy them to any number of devices of \
your own, convert them to other formats, lend a device they are on, and leave them to your heirs. They are not \
protected: no key, account or server is needed to play them, now or later. This purchase gives no right to publish, \
sell, rent out or publicly perform the recordings. If the store closes, this receipt and the hashes in it remain proof \
of what you bought.
"""


def percent(rate: int) -> str:
    """Write a tax rate of parts per 100,000 for people: 19000 is "19 %"."""
    return f"{rate / 1000:g} %"


def file_name(number: str, suffix: str) -> str:
    """Return what a receipt is called on a buyer's disk."""
    return f"Receipt {number}{suffix}"
