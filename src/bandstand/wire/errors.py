"""What goes wrong between a program and a store, each with its way out."""

from __future__ import annotations

from bandstand.kernel.errors import OutsideError, RefusedError


class UnreachableError(OutsideError):
    """No connection, or one that broke."""

    code = "wire.unreachable"

    def __init__(self, host: str, why: str = "") -> None:
        self.host = host
        reason = f" ({why})" if why else ""
        super().__init__(
            f"{host} can't be reached{reason}.", hint="Check the address and the network, and run the same again."
        )


class BusyError(OutsideError):
    """The store asks to wait."""

    code = "wire.busy"

    def __init__(self, host: str, *, wait: float) -> None:
        self.host, self.wait = host, wait
        super().__init__(f"{host} is busy.", hint=f"Run the same again in {wait:.0f} seconds or later.")


class SignedOutError(RefusedError):
    """The store does not know this program any more."""

    code = "wire.signed_out"

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"{host} does not know this program, or knows it no more.",
            hint="Sign in again: run the same command with --sign-in, or give a new BANDSTAND_TOKEN.",
        )


class LinkEndedError(RefusedError):
    """A link opens nothing any more; a new manifest has new ones."""

    code = "wire.link_ended"

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        super().__init__(reason or "This link has ended.", hint="Run the same again: it gets new links.")


class RefusedByStoreError(RefusedError):
    """The store says no, in its own words."""

    code = "wire.refused"

    def __init__(self, status: int, sentence: str, hint: str = "") -> None:
        self.status = status
        super().__init__(sentence or f"The store answered {status}.", hint=hint)


class PlainTextError(RefusedError):
    """A store without TLS that is not on this machine."""

    code = "wire.plain_text"

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"{host} is to be asked without encryption: anybody on the way could take your token.",
            hint="Use its https address. Plain http is for a store on this machine only.",
        )
