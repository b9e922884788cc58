"""How facts are put into words and into what machines read. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from bandstand.kernel.money import DIGITS, Money

_HARMLESS = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True, slots=True)
class Sound:
    """What was measured of one master."""

    rate: int  # Hz
    bits: int | None
    channels: int
    lossless: bool
    loudness: float | None  # LUFS


def quality(sounds: Iterable[Sound]) -> str:
    """Write the quality of masters: "44.1 kHz / 16 bit"; several kinds are all named, the best first."""
    kinds = {(sound.rate, sound.bits or 0) for sound in sounds}
    return ", ".join(_kind(rate, bits) for rate, bits in sorted(kinds, reverse=True))


def loudness(sounds: Iterable[Sound]) -> str:
    """Write how loud masters are, by EBU R128: "−14.2 LUFS", or a range."""
    found = sorted(sound.loudness for sound in sounds if sound.loudness is not None)
    if not found:
        return ""
    low, high = _decibels(found[0]), _decibels(found[-1])
    return f"{high} LUFS" if low == high else f"{low} to {high} LUFS"


def local_day(moment: datetime, zone: str) -> date:
    """Return the day that a moment falls on in a storefront."""
    return moment.astimezone(ZoneInfo(zone)).date()


def decimal(money: Money) -> str:
    """Write an amount for machines: "8.99", "1200"."""
    digits = DIGITS[money.currency]
    whole, minor = divmod(money.amount, 10**digits)
    return f"{whole}.{minor:0{digits}}" if digits else str(whole)


def less(money: Money) -> str:
    """Write what comes off: "−€1.19"."""
    return f"−{money}"


def linked_data(facts: Mapping[str, object]) -> SafeString:
    """Return facts as a JSON-LD block. It is data, never run; what could end it early is escaped."""
    text = json.dumps(facts, ensure_ascii=False).translate(_HARMLESS)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308  (escaped above)


def iso_duration(milliseconds: int) -> str:
    """Write a duration for machines (ISO 8601)."""
    return f"PT{round(milliseconds / 1000)}S"


def _kind(rate: int, bits: int) -> str:
    kilohertz = f"{rate / 1000:g} kHz"
    return f"{kilohertz} / {bits} bit" if bits else kilohertz


def _decibels(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
