"""Progress of long work, and the way to stop it."""

from __future__ import annotations

from typing import Protocol

from bandstand.kernel.errors import RefusedError


class Progress(Protocol):
    """Called with how much was done since the last call, in the unit the docstring of the work names.

    It may raise `CancelledError`; work then leaves the old state or the new, never half of it.
    """

    def __call__(self, done: int, /) -> None: ...


class CancelledError(RefusedError):
    """The person asked to stop."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Stopped, as you asked.", hint="Start it again to go on where it ended.")


def silent(_done: int, /) -> None:
    """A progress nobody watches."""
