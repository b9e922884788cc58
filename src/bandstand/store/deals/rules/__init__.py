"""What deals mean: their facts, and the one function that judges them."""

from bandstand.store.deals.rules.coming import comes_at
from bandstand.store.deals.rules.facts import (
    WORLD,
    DealFacts,
    DealTerms,
    Offer,
    Refusal,
    Rule,
    StorefrontFacts,
    TitleFacts,
    Use,
    Visitor,
)
from bandstand.store.deals.rules.judging import day_begun, judge

__all__ = [
    "WORLD",
    "DealFacts",
    "DealTerms",
    "Offer",
    "Refusal",
    "Rule",
    "StorefrontFacts",
    "TitleFacts",
    "Use",
    "Visitor",
    "comes_at",
    "day_begun",
    "judge",
]
