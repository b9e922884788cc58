"""What payments do: speak to providers, write down what became of them, send money back."""

from __future__ import annotations

from bandstand.store.payments.services.returning import (
    RefundTooHighError,
    end_refund,
    fail_refund,
    hold_paid,
    intend_refund,
    lose,
    note_dispute,
    send_refund,
)
from bandstand.store.payments.services.talking import (
    NothingToAskError,
    ProviderOffError,
    ask,
    ask_soon,
    begin,
    context_of,
    offered,
    start,
)
from bandstand.store.payments.services.writing import (
    erase,
    fail,
    forget_payers,
    hold,
    mark_surplus,
    note_answers,
    note_caught_up,
    note_decline,
    record_event,
    succeed,
)

__all__ = [
    "NothingToAskError",
    "ProviderOffError",
    "RefundTooHighError",
    "ask",
    "ask_soon",
    "begin",
    "context_of",
    "end_refund",
    "erase",
    "fail",
    "fail_refund",
    "forget_payers",
    "hold",
    "hold_paid",
    "intend_refund",
    "lose",
    "mark_surplus",
    "note_answers",
    "note_caught_up",
    "note_decline",
    "note_dispute",
    "offered",
    "record_event",
    "send_refund",
    "start",
    "succeed",
]
