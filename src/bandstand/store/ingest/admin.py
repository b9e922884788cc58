from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bandstand.kernel.units import clock_time, size
from bandstand.store.ingest.models import Delivery
from bandstand.webkit.staff import LookAdmin

MEASURED = ("File", "Verdict", "Size", "Length", "Quality", "Loudness", "True peak", "Clipped", "Silence", "Notes")


@admin.register(Delivery)
class DeliveryAdmin(LookAdmin):
    list_display = ["folder", "state", "release", "at"]
    list_filter = ["state"]
    list_select_related = ["release"]
    search_fields = ["folder", "release__title", "release__number"]
    fields = ["folder", "state", "release", "at", "digest", "why", "checks"]
    readonly_fields = ["why", "checks"]

    @admin.display(description="reasons and remarks")
    def why(self, delivery: Delivery) -> SafeString | str:
        said = [*delivery.report.get("reasons", []), *delivery.report.get("remarks", [])]
        return _list(said) if said else "none"

    @admin.display(description="files")
    def checks(self, delivery: Delivery) -> SafeString:
        head = format_html_join("", "<th scope='col'>{}</th>", ((name,) for name in MEASURED))
        rows = format_html_join("", "<tr>{}</tr>", ((_row(file),) for file in delivery.report.get("files", [])))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, rows)


def _row(file: dict[str, Any]) -> SafeString:  # Any: a report is JSON
    """Write what intake found in one file as table cells."""
    found = file.get("measured", {})
    audio = "integrated" in found
    depth = f"{found['bits']} bit" if found.get("bits") else "lossy"
    cells = [
        file["name"],
        file.get("level", ""),
        size(file.get("size", 0)),
        clock_time(found["duration_ms"]) if audio else "",
        f"{found['codec']} {found['rate'] / 1000:g} kHz, {depth}, {found['channels']} ch" if audio else "",
        f"{found['integrated']:.1f} LUFS, range {found['range']:.1f}" if audio else "",
        f"{found['true_peak']:.1f} dBTP" if audio else "",
        f"{found['clipped_runs']} times" if audio and found["clipped_runs"] else "",
        f"{found['lead_silence_ms']} ms before, {found['trail_silence_ms']} ms after" if audio else "",
        _list([*file.get("reasons", []), *file.get("remarks", [])]),
    ]
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in cells))


def _list(said: list[Any]) -> SafeString:
    return format_html_join("", "<div>{}</div>", ((_sentence(one),) for one in said))


def _sentence(said: Any) -> str:
    if isinstance(said, dict):
        return " ".join(str(said[key]) for key in ("file", "sentence", "hint") if said.get(key))
    return str(said)
