"""What the page about a release's sound shows: prepared values, so that its template only loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bandstand.kernel.units import clock_time
from bandstand.media.qc import Quality, Severity, charts
from bandstand.media.qc.charts import Chart
from bandstand.store.assets.models import Master
from bandstand.store.catalogue.models import Part
from bandstand.store.quality import queries
from bandstand.store.quality.models import Finding
from bandstand.store.quality.queries import TrackQuality
from bandstand.store.quality.rules import Gap, Joint

ROWS = 12  # of the table beside the curves
TONES = {Severity.STOP: "stop", Severity.WARNING: "warning", Severity.NOTE: "note"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with its places as times, and the release of the other recording."""

    row: Finding
    places: str
    other: Part | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with its name, what it says in words, and what its curves are."""

    name: str
    title: str
    says: str
    chart: Chart
    image: bool = False  # the spectrogram: a file drawn inside the chart's axes


@dataclass(frozen=True, slots=True)
class TrackPage:
    """One track: its findings, figures, pictures, and the gap to the next."""

    part: Part
    master: Master | None
    findings: Sequence[Shown]
    elsewhere: Sequence[Shown]
    facts: Sequence[tuple[str, str]]
    pictures: Sequence[Picture]
    course: Sequence[Sequence[str]]  # rows of time, momentary, short-term, true peak, correlation
    gap: str
    gap_odd: bool


def release_page(release_id: int) -> list[TrackPage]:
    """Return what the page shows of each track."""
    tracks = queries.release_quality(release_id)
    ids = [track.master.pk for track in tracks if track.master]
    named = queries.elsewhere(ids)
    others = [finding.other_id for track in tracks for finding in track.findings if finding.other_id]
    namers = [finding.master_id for found in named.values() for finding in found]
    parts = queries.parts_of([*others, *namers])
    return [_track(track, named, parts) for track in tracks]


def _track(track: TrackQuality, named: Mapping[int, list[Finding]], parts: Mapping[int, list[Part]]) -> TrackPage:
    quality = queries.quality_of(track.examination) if track.examination else None
    pointing = named.get(track.master.pk, []) if track.master else []
    return TrackPage(
        part=track.part,
        master=track.master,
        findings=[_shown(finding, finding.other_id, parts) for finding in track.findings],
        elsewhere=[_shown(finding, finding.master_id, parts) for finding in pointing],
        facts=facts(quality) if quality else (),
        pictures=pictures(quality) if quality else (),
        course=course(quality) if quality else (),
        gap=gap_text(track.gap) if track.gap else "",
        gap_odd=track.gap is not None and track.gap.joint in (Joint.CUT, Joint.LONG),
    )


def facts(quality: Quality) -> list[tuple[str, str]]:
    """Return the figures by name."""
    depth = f"{quality.effective_bits or '?'} of {quality.bits} bit used" if quality.bits else "lossy, or floats"
    silence = f"{quality.lead_silence_ms} ms before, {quality.trail_silence_ms} ms after"
    rows = [
        ("Length", clock_time(quality.duration_ms)),
        ("Format", f"{quality.rate / 1000:g} kHz, {quality.channels} channels, {depth}"),
        ("Spectrum ends at", f"{quality.bandwidth / 1000:.4g} kHz of {quality.rate / 2000:g} kHz"),
        ("Loudness", f"{quality.integrated:.1f} LUFS, range {quality.loudness_range:.1f} LU"),
        ("Peaks", f"{quality.true_peak:.1f} dBTP, {quality.sample_peak:.1f} dBFS at samples"),
        ("Clipped", f"{quality.clipped_runs} times"),
        ("Silence", silence),
        ("DC offset", ", ".join(f"{value:+.4f}" for value in quality.dc_offset)),
        ("Channel levels", ", ".join(f"{value:.1f} dBFS" for value in quality.channel_levels)),
    ]
    if quality.correlation is not None:
        rows.append(("Phase correlation", f"{quality.correlation:+.2f}"))
        rows.append(("Lost in mono", f"{quality.mono_loss:.1f} dB"))
    return rows


def pictures(quality: Quality) -> list[Picture]:
    """Return the charts of a track, each with a sentence that says the same."""
    half = f"{quality.rate / 2000:g} kHz"
    loud = max(quality.curves.short_term, default=-70.0)
    ends = f"The spectrum ends at {quality.bandwidth / 1000:.4g} kHz; the file could hold {half}."
    found = [
        Picture(
            "loudness",
            "Loudness and true peak over time",
            f"At most {loud:.1f} LUFS in 3 s; true peak {quality.true_peak:.1f} dBTP.",
            charts.loudness(quality),
        ),
        Picture("spectrum", "Spectrum over the whole, in kHz and dBFS", ends, charts.spectrum(quality)),
        Picture(
            "spectrogram",
            "Spectrogram: time across, kHz up, lighter is louder",
            f"The spectrum over time. {ends}",
            charts.spectrogram(quality),
            image=True,
        ),
    ]
    if (phase := charts.correlation(quality)) is not None and quality.correlation is not None:
        says = f"{quality.correlation:+.2f} over the whole; the lowest is {min(quality.curves.correlation):+.2f}."
        found.append(Picture("correlation", "Phase correlation of left and right over time", says, phase))
    return found


def course(quality: Quality) -> list[list[str]]:
    """Return the curves as a table of at most ROWS rows."""
    curves = quality.curves
    columns = (curves.momentary, curves.short_term, curves.true_peak, curves.correlation)
    rows = []
    for row in range(ROWS):
        cells = [f"{column[row * len(column) // ROWS]:.1f}" if column else "" for column in columns]
        rows.append([clock_time(quality.duration_ms * row // ROWS), *cells])
    return rows


def gap_text(gap: Gap) -> str:
    """Say what lies between two tracks."""
    seconds = f"{gap.length_ms / 1000:.1f} s"
    said = {
        Joint.GAPLESS: "Goes on without a gap.",
        Joint.CUT: f"Ends in the midst of sound, and the next one begins after {seconds}.",
        Joint.PAUSE: f"{seconds} of silence until the next.",
        Joint.LONG: f"{seconds} of silence until the next: that is long.",
        Joint.UNKNOWN: "The gap to the next one is not known yet.",
    }
    return said[gap.joint]


def _shown(finding: Finding, other_id: int | None, parts: Mapping[int, list[Part]]) -> Shown:
    places = ", ".join(_place(at) for at in finding.places_ms)
    others = parts.get(other_id or 0, [])
    return Shown(finding, places, others[0] if others else None)


def _place(at_ms: int) -> str:
    return f"{clock_time(at_ms)}.{at_ms % 1000:03}"
