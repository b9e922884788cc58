"""What may go wrong, by plan (the next calls of a kind) or by chance (with a seed)."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from threading import Lock

BEFORE = ("hang", "cut", "500", "429", "409")  # nothing was done
AFTER = ("hang-after", "cut-after", "cut-middle", "500-after", "garbage", "long", "amount", "currency", "key")
"""Done, but the answer is lost, spoilt or a lie. `500-after` is kept under the idempotency key, as Stripe does."""
HOOKS = ("forget", "copies", "late", "forged", "old", "lie-amount", "lie-currency", "lie-key", "broken")


@dataclass
class Faults:
    """How the gateway misbehaves now."""

    chance: random.Random = field(default_factory=random.Random)
    plan: list[dict] = field(default_factory=list)
    api: float = 0.0  # how many of the calls fail somehow
    api_kinds: tuple[str, ...] = (*BEFORE, *AFTER)
    hooks: dict[str, float] = field(default_factory=dict)  # how many of the events suffer which fault
    lock: Lock = field(default_factory=Lock)

    def take_orders(self, facts: dict) -> None:
        """Know `seed`, `plan` ([{"where": regex, "what": fault, "times": n}]), `api`, `api_kinds`, `hooks`."""
        with self.lock:
            if "seed" in facts:
                self.chance = random.Random(facts["seed"])
            self.plan = [dict(one) for one in facts.get("plan", self.plan)]
            self.api = facts.get("api", self.api)
            self.api_kinds = tuple(facts.get("api_kinds", self.api_kinds))
            self.hooks = dict(facts.get("hooks", self.hooks))

    def of_call(self, call: str) -> str:
        """Return the fault of a call such as "POST /v1/refunds"; empty when it goes well."""
        with self.lock:
            for one in self.plan:
                if one.get("times", 1) > 0 and re.search(one["where"], call):
                    one["times"] = one.get("times", 1) - 1
                    return one["what"]
            return self.chance.choice(self.api_kinds) if self.chance.random() < self.api else ""

    def of_event(self) -> set[str]:
        """Return the faults that one event suffers."""
        with self.lock:
            return {kind for kind, share in self.hooks.items() if self.chance.random() < share}

    def seconds(self, most: float) -> float:
        with self.lock:
            return self.chance.uniform(0, most)
