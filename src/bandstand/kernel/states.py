"""State graphs as data: which moves are allowed, checked when the module is imported."""

from __future__ import annotations

from collections.abc import Mapping

from bandstand.kernel.errors import RefusedError


class MoveRefusedError(RefusedError):
    """That move is not allowed from that state."""

    code = "state.move"

    def __init__(self, what: str, *, state: str, wanted: str, allowed_from: tuple[str, ...]) -> None:
        self.what, self.state, self.wanted, self.allowed_from = what, state, wanted, allowed_from
        origins = ", ".join(allowed_from) or "no state"
        super().__init__(f"This {what} is {state}; it can become {wanted} only from {origins}.")


class States:
    """The allowed moves of one kind of thing.

    >>> ORDER = States("order", {"open": ("paid", "cancelled"), "paid": ("refunded",), "cancelled": (), "refunded": ()})
    >>> ORDER.sources("cancelled")
    ('open',)
    """

    def __init__(self, what: str, moves: Mapping[str, tuple[str, ...]]) -> None:
        unknown = {target for targets in moves.values() for target in targets} - set(moves)
        if unknown:
            raise ValueError(f"{what}: moves lead to states that don't exist: {sorted(unknown)}")
        self.what, self.moves = what, dict(moves)

    def sources(self, wanted: str) -> tuple[str, ...]:
        """Return the states that may become `wanted`: the filter of the conditional update that makes the move."""
        return tuple(state for state, targets in self.moves.items() if wanted in targets)

    def check(self, state: str, wanted: str) -> None:
        """Raise MoveRefusedError unless `state` may become `wanted`."""
        if wanted not in self.moves.get(state, ()):
            raise MoveRefusedError(self.what, state=state, wanted=wanted, allowed_from=self.sources(wanted))
