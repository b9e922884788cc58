"""What a process that serves for long does about garbage collection."""

from __future__ import annotations

import gc

YOUNG = 10_000
"""New objects between two looks for cycles: Python's own 700 are those of two or three queries."""


def keep_what_is_loaded() -> None:
    """Let the collector leave alone what is loaded by now: it stays for as long as the process does.

    Of a page that asks the database a few dozen times, looking through it took about a tenth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
