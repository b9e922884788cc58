"""Waiting for a fact on a page whose policy forbids `eval`, which Playwright's own `wait_for_function` would use."""

from __future__ import annotations

import time
from typing import Any

SECONDS = 10


def until(page: Any, expression: str) -> None:
    """Return when the JavaScript expression is true, at the latest after ten seconds; then say what it was."""
    deadline = time.monotonic() + SECONDS
    while not (value := page.evaluate(expression)):
        assert time.monotonic() < deadline, f"{expression} is still {value!r}"
        page.wait_for_timeout(40)
