"""What templates of both roles may say: icons, tints, times, waveforms, form fields."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.forms import BoundField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from bandstand.webkit.tints import nearest_tint
from bandstand.webkit.waveforms import outline

register = template.Library()

THEMES = ("light", "dark", "contrast")
THEME_COOKIE = "theme"
DIRECTED = {"chevron-start", "chevron-end", "external", "enqueue", "queue"}  # mirrored where text runs from the right


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """Return an icon of our sprite; with a label it is an image of its own, without one it is decoration."""
    return _drawn(name, label, size, staticfiles_storage.url("webkit/icons.svg"))


@lru_cache(maxsize=1024)  # a page has fifty or more, of a few kinds
def _drawn(name: str, label: str, size: str, sprite: str) -> SafeString:
    classes = "icon" + (f" icon-{size}" if size else "") + (" icon-flips" if name in DIRECTED else "")
    href = f"{sprite}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href)
    return format_html('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"/></svg>', classes, href)


@register.filter
def tint(palette: Sequence[str] | None) -> str:
    """Return the tint class that is nearest to a cover's palette ("#rrggbb", most present first)."""
    return nearest_tint(palette or ())


@register.filter
def waveform_path(peaks: bytes | None, buckets: int = 160) -> str:
    """Return the SVG path data of a mirrored waveform in a box of `buckets` by 100; empty without peaks."""
    return outline(peaks or b"", buckets)


@register.filter
def clock(milliseconds: int | None) -> str:
    """Return a time as people write it: 3:05, or 1:02:09."""
    seconds = round((milliseconds or 0) / 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def clock_iso(milliseconds: int | None) -> str:
    """Return an ISO 8601 duration for `<time datetime>`."""
    return f"PT{round((milliseconds or 0) / 1000)}S"


@register.filter
def running_time(milliseconds: int | None) -> str:
    """Return a time in words, whole minutes: "48 minutes", "1 hour 12 minutes"."""
    hours, minutes = divmod(max(1, round((milliseconds or 0) / 60_000)), 60)
    said = []
    if hours:
        said.append(ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours})
    if minutes or not hours:
        said.append(ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes})
    return " ".join(said)


@register.filter
def as_json(value: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    """Return JSON for a `data-` attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@register.filter
def theme_of(request: HttpRequest | None) -> str:
    """Return the theme that the visitor chose, or "auto"."""
    chosen = request.COOKIES.get(THEME_COOKIE, "") if request is not None else ""
    return chosen if chosen in THEMES else "auto"


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Return a form field's widget, told about its hint and its errors."""
    described = [f"{field.auto_id}-hint"] if field.help_text else []
    described += [f"{field.auto_id}-error"] if field.errors else []
    attrs: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)


@register.filter
def input_type(field: BoundField) -> str:
    """Return what kind of control a field has: text, checkbox, select, radioselect, textarea ..."""
    return str(getattr(field.field.widget, "input_type", "") or type(field.field.widget).__name__.lower())
