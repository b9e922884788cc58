"""How often somebody may do something: sign in, search, send mail, try cards."""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from bandstand.kernel.errors import RefusedError
from bandstand.webkit.models import Tally

By = Literal["ip", "account", "value"]

_SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RATE = re.compile(r"([1-9]\d{0,6})/([1-9]\d{0,3})?([smhd])")
_COUNT = """
INSERT INTO webkit_tally (key, count, ends_at) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN webkit_tally.ends_at <= %s THEN 1 ELSE webkit_tally.count + 1 END,
    ends_at = CASE WHEN webkit_tally.ends_at <= %s THEN excluded.ends_at ELSE webkit_tally.ends_at END
RETURNING count
"""


class TooManyError(RefusedError):
    """Somebody did something more often than is allowed."""

    code = "limits.too_many"
    status = 429

    def __init__(self, what: str, *, retry_after: int) -> None:
        self.what, self.retry_after = what, retry_after
        super().__init__("That was tried too often.", hint=f"Try again in {_spoken(retry_after)}.")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times in so long."""

    times: int
    span: timedelta

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read "10/m", "5/h", "100/15m"."""
        match = _RATE.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is no rate like 10/m, 5/h or 100/15m")
        times, many, unit = match.groups()
        return cls(int(times), timedelta(seconds=int(many or 1) * _SPANS[unit]))


def limit(
    request: HttpRequest, what: str, *, rate: str, by: By = "ip", value: str = "", now: datetime | None = None
) -> None:
    """Count that `what` is done once more, and refuse it above `rate`.

    Counted per address (an IPv6 network of /64 is one), per account (per address for those without one), or per
    `value`: the e-mail address somebody tries to sign in to, whoever tries. Call it before any transaction: what a
    rolled back transaction counted is forgotten.

    Raises
    ------
    TooManyError
        With the seconds until it is allowed again.
    """
    allowed, moment = Rate.parse(rate), now or timezone.now()
    key = _key(what, _who(request, by, value))
    over = _count_in_cache(key, allowed, moment) if _is_shared() else _count_in_database(key, allowed, moment)
    if over is not None:
        raise TooManyError(what, retry_after=over)


def refuse_over(
    request: HttpRequest, what: str, *, rate: str, by: By = "ip", value: str = "", now: datetime | None = None
) -> None:
    """Refuse who is over the limit already, counting nothing: where only failures are counted, by `limit`, afterwards.

    Raises
    ------
    TooManyError
        With the seconds until it is allowed again.
    """
    allowed, moment = Rate.parse(rate), now or timezone.now()
    key = _key(what, _who(request, by, value))
    if _is_shared():
        seconds = int(allowed.span.total_seconds())
        if cache.get(_cache_name(key, allowed, moment), 0) >= allowed.times:
            raise TooManyError(what, retry_after=math.ceil(seconds - moment.timestamp() % seconds))
        return
    row = Tally.objects.filter(pk=key, ends_at__gt=moment, count__gte=allowed.times).first()
    if row is not None:
        raise TooManyError(what, retry_after=math.ceil((row.ends_at - moment).total_seconds()))


def forgive(
    request: HttpRequest, what: str, *, rate: str, by: By = "ip", value: str = "", now: datetime | None = None
) -> None:
    """Forget what `limit` has counted: only failures were to be, and this was none."""
    key = _key(what, _who(request, by, value))
    if _is_shared():
        cache.delete(_cache_name(key, Rate.parse(rate), now or timezone.now()))
    else:
        Tally.objects.filter(pk=key).delete()


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's address: the one that the outermost of our TRUSTED_PROXIES saw; else whoever is connected.

    What a visitor writes into X-Forwarded-For stands to the left of what our proxies add, and is not read.
    """
    connected = request.META.get("REMOTE_ADDR", "")
    trusted = getattr(settings, "TRUSTED_PROXIES", 0)
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    if trusted and len(hops) >= trusted and (seen := _address(hops[-trusted])):
        return str(seen)
    return str(_address(connected) or "unknown")


def network(request: HttpRequest) -> str:
    """Return where the visitor is: their address; of IPv6 the network of /64, which one household has whole."""
    return network_of(client_ip(request))


def network_of(text: str) -> str:
    """Return the network of an address that was noted; empty when it is none."""
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address or "")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _who(request: HttpRequest, by: By, value: str) -> str:
    user = getattr(request, "user", None)
    if by == "value":
        return f"value {value.strip().casefold()}"
    if by == "account" and user is not None and user.is_authenticated:
        return f"account {user.pk}"
    address = _address(client_ip(request))
    if isinstance(address, ipaddress.IPv6Address):
        return f"net {ipaddress.ip_network((address, 64), strict=False)}"
    return f"ip {address}"


def _key(what: str, who: str) -> str:
    return salted_hmac("bandstand.limits", f"{what} {who}", algorithm="sha256").hexdigest()


def _count_in_database(key: str, allowed: Rate, now: datetime) -> int | None:
    """Count, and return the seconds to wait when it was too often. One who is over his limit costs no write."""
    row = Tally.objects.filter(pk=key, ends_at__gt=now).first()
    if row and row.count >= allowed.times:
        return math.ceil((row.ends_at - now).total_seconds())
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, adapt(now + allowed.span), adapt(now), adapt(now)])
        (count,) = cursor.fetchone()
    return None if count <= allowed.times else math.ceil(allowed.span.total_seconds())  # others were quicker


def _count_in_cache(key: str, allowed: Rate, now: datetime) -> int | None:
    """Count in the cache that all nodes share: spans lie side by side there, begun by the clock."""
    seconds, name = int(allowed.span.total_seconds()), _cache_name(key, allowed, now)
    cache.add(name, 0, timeout=seconds + 60)
    return None if cache.incr(name) <= allowed.times else math.ceil(seconds - now.timestamp() % seconds)


def _cache_name(key: str, allowed: Rate, now: datetime) -> str:
    return f"limit:{key}:{int(now.timestamp() // allowed.span.total_seconds())}"


def _is_shared() -> bool:
    """Whether the cache is one that all processes see."""
    return "LocMem" not in settings.CACHES["default"]["BACKEND"]


def _spoken(seconds: int) -> str:
    for length, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            count = math.ceil(seconds / length)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds > 1 else ''}"
