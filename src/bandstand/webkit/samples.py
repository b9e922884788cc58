"""What the gallery shows: made-up records, prices and forms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from bandstand.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Record:
    """One made-up release of the gallery."""

    title: str
    artist: str
    palette: tuple[str, ...]
    price: Money | None = None
    why: str = ""
    badge: str = ""
    badge_tone: str = ""
    badge_icon: str = ""


RECORDS = (
    Record("Harbour Lights, Slowly", "Ada Holm", ("#1c3a4a", "#e8a33d"), Money(900, "EUR")),
    Record(
        "Paper Architecture",
        "Cleo & the Surveyors",
        ("#d9482b", "#f1e4cf"),
        Money(790, "EUR"),
        badge="New",
        badge_tone="accent",
    ),
    Record("静かな庭", "水野ユイ", ("#3f6b4f", "#dfe6c8"), Money(850, "EUR")),
    Record("Salt Roads", "Ben Okoro Quintet", ("#b98a2f", "#2b2a33"), Money(1000, "EUR"), badge="24-bit"),
    Record(
        "Living Room No. 6", "Jo Tamm", ("#5a3f7a", "#e9c7d6"), why="For members", badge="Session", badge_icon="member"
    ),
    Record(
        "Next Tuesday's Weather",
        "Mara Linde",
        ("#6f8fae", "#f4f1e6"),
        why="From Tuesday",
        badge="Coming",
        badge_icon="calendar",
    ),
)
TRACKS = (
    ("Breakwater", 214_000, "Ada Holm: piano. Ben Okoro: double bass"),
    ("Eight Lamps", 187_000, "with Jo Tamm"),
    ("The Ferry Is Late Again and Nobody on the Quay Minds", 402_000, ""),
    ("نورٌ على الماء", 251_000, "arr. Cleo Marsh"),
    ("Low Water", 168_000, ""),
    ("Harbour Lights, Slowly", 331_000, "Live take, one room, no overdubs"),
)


class SampleForm(forms.Form):
    """A field of each kind."""

    email = forms.EmailField(label=_("E-mail"), help_text=_("The receipt and your shelf's link go there."))
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput, min_length=8, help_text=_("At least 8 characters.")
    )
    country = forms.ChoiceField(
        label=_("Billing country"),
        choices=[("", _("Choose")), ("DE", "Deutschland"), ("EE", "Eesti"), ("FR", "France")],
    )
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[("flac", "FLAC"), ("mp3", "MP3 V0"), ("aac", "AAC 256")],
        widget=forms.RadioSelect,
        initial="flac",
    )
    note = forms.CharField(label=_("A note with the gift"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    news = forms.BooleanField(label=_("Tell me when this artist plays again"), required=False)


def context(*, pages: Sequence[str], sounds: Sequence[str]) -> dict[str, Any]:
    """Return the template context; record `i` has the page `pages[i]` and the sound `sounds[i]`."""
    cards = [
        _card(record, number, page=page, sound=sound)
        for number, (record, page, sound) in enumerate(zip(RECORDS, pages, sounds, strict=True))
    ]
    tracks = [_track(number, pages[0], sounds) for number in range(len(TRACKS))]
    wrong = SampleForm({"email": "not an address", "password": "short", "format": "flac"}, auto_id="wrong_%s")
    return {
        "cards": cards,
        "tracks": tracks,
        "form": SampleForm(),
        "wrong_form": wrong,
        "peaks": bytes(round(60 + 180 * abs(math.sin(i / 9) * math.sin(i / 47 + 0.4))) for i in range(480)),
        "sha": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "facts": [
            ("Label", "Quiet Harbour", pages[0]),
            ("Released", "20 November 2026"),
            ("Number", "QH-014"),
            ("GTIN", "0000000000000"),
            ("Formats", "FLAC, MP3 V0, AAC 256"),
        ],
        "credits": [
            ("Composer", [("Ada Holm", pages[0])]),
            ("Double bass", [("Ben Okoro", "")]),
            ("Voice", [("Jo Tamm", ""), ("水野ユイ", "")]),
            ("Recorded by", [("Cleo Marsh", "")]),
        ],
        "steps": [_("Basket"), _("Your details"), _("Payment"), _("Done")],
        "crumbs": [(_("Front"), pages[0]), (_("Jazz"), pages[0]), ("Harbour Lights, Slowly", "")],
        "table_head": [_("Title"), _("Format"), _("Tax"), _("Price")],
        "table_rows": [["Harbour Lights, Slowly", "FLAC", "19 %", "€9.00"], ["Eight Lamps", "FLAC", "19 %", "€1.20"]],
        "table_foot": [(_("Tax within"), "€1.63"), (_("Total"), "€10.20")],
        "tints": [f"tint-{hue:02}{kind}" for kind in ("", "-vivid") for hue in range(12)],
        "icons": ICONS,
        "swatches": SWATCHES,
        "parts": [(name, title, f"webkit/styleguide/parts/{name}.html") for name, title in PARTS],
        "lead_facts": [_("Album"), _("6 tracks"), _("27 minutes"), _("20 November 2026")],
    }


SWATCHES = ("paper", "raised", "sunken", "ink", "ink-soft", "ink-faint", "rule", "accent", "good", "warn", "bad")
PARTS = (
    ("type", _("Type")),
    ("colour", _("Colour and tints")),
    ("icons", _("Icons")),
    ("button", _("Buttons")),
    ("card", _("Cards")),
    ("cover", _("Covers")),
    ("track", _("Track rows")),
    ("badge", _("Badges, prices, reasons")),
    ("field", _("Forms")),
    ("notice", _("Notices")),
    ("basket-line", _("Basket")),
    ("steps", _("Steps of a checkout")),
    ("table", _("Tables and pager")),
    ("facts", _("Facts and credits")),
    ("progress", _("Progress, waveform, code")),
    ("disclosure", _("Disclosure")),
    ("empty", _("Nothing here")),
    ("crumbs", _("Breadcrumbs")),
)
ICONS = (
    "bandstand",
    "play",
    "pause",
    "previous",
    "next",
    "queue",
    "enqueue",
    "volume",
    "muted",
    "basket",
    "shelf",
    "search",
    "download",
    "check",
    "close",
    "person",
    "lock",
    "member",
    "calendar",
    "globe",
    "sun",
    "moon",
    "contrast",
    "auto",
    "chevron-down",
    "chevron-up",
    "chevron-start",
    "chevron-end",
    "external",
    "copy",
    "info",
    "warning",
    "retry",
    "bin",
    "keys",
    "record",
)


def _card(record: Record, number: int, *, page: str, sound: str) -> dict[str, Any]:
    art = static(f"webkit/gallery/cover-{number + 1}.svg")
    play = {"url": sound, "title": record.title, "artist": record.artist, "cover": art, "page": page, "duration": 12}
    return {
        "title": record.title,
        "artist": record.artist,
        "url": page,
        "src": art,
        "palette": record.palette,
        "price": record.price,
        "why": record.why,
        "badge": record.badge,
        "badge_tone": record.badge_tone,
        "badge_icon": record.badge_icon,
        "play": play,
    }


def _track(number: int, page: str, sounds: Sequence[str]) -> dict[str, Any]:
    title, duration, note = TRACKS[number]
    sound = sounds[number % len(sounds)]
    play = {
        "url": sound,
        "title": title,
        "artist": "Ada Holm",
        "cover": static("webkit/gallery/cover-1.svg"),
        "page": page,
        "duration": 12,
    }
    return {
        "number": number + 1,
        "title": title,
        "duration_ms": duration,
        "note": note,
        "play": play,
        "price": Money(120, "EUR"),
    }
