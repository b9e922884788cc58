"""Accounts come to be, are proved, watched, changed and forgotten."""

from __future__ import annotations

from bandstand.store.accounts.services.address import (
    AddressLinkError,
    AddressTakenError,
    ask_address,
    change_address,
    peek_address,
)
from bandstand.store.accounts.services.entry import (
    AccountClaimedError,
    LinkUsedError,
    Wish,
    ask_for_mail,
    claim,
    guest_for,
    open_by_link,
    peek_link,
)
from bandstand.store.accounts.services.factors import (
    CHANGES,
    KeyClonedError,
    LastFactorError,
    factor_changed,
    may_lose,
    remove_factor,
    renew_seals,
    reset_factors,
    set_up_app,
    spend,
    use_code,
    use_key,
)
from bandstand.store.accounts.services.forgetting import StaffStaysError, erase
from bandstand.store.accounts.services.preferring import prefer_format
from bandstand.store.accounts.services.sessions import end_session, end_sessions, forget_over, note_seen
from bandstand.store.accounts.services.staff import (
    NotYoursError,
    Role,
    check_may_change,
    make_staff,
    set_role,
    switch_off,
    switch_on,
)

__all__ = [
    "CHANGES",
    "AccountClaimedError",
    "AddressLinkError",
    "AddressTakenError",
    "KeyClonedError",
    "LastFactorError",
    "LinkUsedError",
    "NotYoursError",
    "Role",
    "StaffStaysError",
    "Wish",
    "ask_address",
    "ask_for_mail",
    "change_address",
    "check_may_change",
    "claim",
    "end_session",
    "end_sessions",
    "erase",
    "factor_changed",
    "forget_over",
    "guest_for",
    "make_staff",
    "may_lose",
    "note_seen",
    "open_by_link",
    "peek_address",
    "peek_link",
    "prefer_format",
    "remove_factor",
    "renew_seals",
    "reset_factors",
    "set_role",
    "set_up_app",
    "spend",
    "switch_off",
    "switch_on",
    "use_code",
    "use_key",
]
