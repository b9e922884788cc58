"""How often one address may ask: a token bucket each, in bounded memory."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

MAX_ADDRESSES = 65_536
HOUR = 3600.0


class Budget:
    """Allows `per_hour` requests per address and hour, and as many at once when an hour was quiet."""

    def __init__(self, per_hour: int, *, addresses: int = MAX_ADDRESSES) -> None:
        self.per_hour, self.addresses = per_hour, addresses
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens left, and when

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str, *, now: float) -> float:
        """Take one. Return 0, or the seconds until there is one again; `now` is a monotonic clock's."""
        who = _network(address)
        left, since = self._buckets.pop(who, (float(self.per_hour), now))
        left = min(float(self.per_hour), left + max(0.0, now - since) * self.per_hour / HOUR)
        wait = 0.0 if left >= 1 else (1 - left) * HOUR / self.per_hour
        self._buckets[who] = (left if wait else left - 1, now)
        while len(self._buckets) > self.addresses:
            self._buckets.popitem(last=False)  # who asked longest ago has the fullest bucket
        return wait


def _network(address: str) -> str:
    """Return what one household or machine shares: the address, or the first half of a version 6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
