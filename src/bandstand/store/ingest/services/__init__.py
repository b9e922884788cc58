"""Taking a folder in: collect, recognise, read, check, resolve, store, apply; the listing of files tells the stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from bandstand.kernel.errors import BandstandError, InputError, RefusedError
from bandstand.kernel.progress import CancelledError, Progress, silent
from bandstand.media.digest import Digest
from bandstand.store.assets import queries as assets
from bandstand.store.assets import services as assets_services
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.ingest import queries
from bandstand.store.ingest.models import Delivery
from bandstand.store.ingest.rules.report import FileReport, Findings, Outcome, Reason, State
from bandstand.store.ingest.rules.resolve import Delivered, Resolved, resolve
from bandstand.store.ingest.services import apply as writing
from bandstand.store.ingest.services import collect, read, recognise
from bandstand.store.ingest.services.collect import Collected, NoFolderError
from bandstand.store.ingest.services.discover import Fingerprint, deliveries_in, fingerprint, is_delivery

__all__ = [
    "Fingerprint",
    "NoFolderError",
    "NoSourceError",
    "deliveries_in",
    "fingerprint",
    "is_delivery",
    "make_preview",
    "take_in",
    "work_of",
]
ROUNDS = 3  # each byte is read to recognise, to check, and to store it


class NoSourceError(RefusedError):
    """A part has no master to make anything from."""

    code = "ingest.no_source"

    def __init__(self, part_id: int) -> None:
        self.part_id = part_id
        super().__init__("This track has no master.", hint="Deliver its release again.")


def work_of(folder: Path) -> int:
    """Return how far the progress of `take_in` will count for a folder, at most.

    Raises
    ------
    NoFolderError
        It is no folder.
    """
    return ROUNDS * collect.collect(folder, Findings()).size


def take_in(folder: Path, *, now: datetime, dry_run: bool = False, progress: Progress = silent) -> Outcome:
    """Take in one delivered folder: whole, or not at all; the folder itself is only read.

    Parameters
    ----------
    dry_run
        Check everything and write nothing.
    progress
        Counts bytes, each up to three times: see `work_of`.

    Raises
    ------
    NoFolderError
        It is no folder.
    DeliveryBusyError
        Others kept writing the same release.
    CancelledError
        `progress` said stop; nothing was written but perhaps masters that nobody names yet.
    """
    findings = Findings()
    found = collect.collect(folder, findings)
    digests = {} if found.too_much else recognise.digests(found, findings, progress)
    outcome = Outcome(
        state=State.REFUSED, folder=found.folder, digest=recognise.digest_of_all(digests), dry_run=dry_run
    )
    if found.too_much or not found.audio:
        return _refused(outcome, found, digests, [], findings, now)
    if not findings.refusals and (same := queries.same_as_now(outcome.digest)) and same.release:
        title = str(same.release)
        return replace(outcome, state=State.UNCHANGED, release_id=same.release.pk, slug=same.release.slug, title=title)
    said = read.manifest(found, findings)
    delivered = read.sounds(found, digests, findings, progress)
    cover = read.cover(found, delivered, findings)
    extras = read.extras(found, digests, findings)
    resolved = resolve(found.folder, delivered, said, findings) if len(delivered) == len(found.audio) else None
    if findings.refusals or resolved is None:
        return _refused(outcome, found, digests, delivered, findings, now)
    try:
        if dry_run:
            writing.try_out(resolved, now=now)
            told = _told(outcome, found, digests, delivered, findings, resolved)
            return replace(told, state=State.APPLIED, title=resolved.release.title)
        stored = writing.store(found, digests, delivered, cover, extras, resolved, now=now, progress=progress)
        told = _told(outcome, found, digests, delivered, findings, resolved)
        return writing.apply(told, stored, resolved, now=now)
    except CancelledError:
        raise
    except (RefusedError, InputError) as error:  # a clash, a tier that went, a file that changed
        _note(error, findings)
        return _refused(outcome, found, digests, delivered, findings, now)


def make_preview(*, part_id: int, now: datetime, progress: Progress = silent) -> None:
    """Make the preview of a part from its master of today, when it isn't there. Progress counts percent.

    Raises
    ------
    NoSourceError
        The part has no master.
    """
    master = assets.source_of([part_id]).get(part_id)
    if master is None:
        raise NoSourceError(part_id)
    start = min(catalogue.preview_starts([part_id])[part_id], max(master.duration_ms - 1, 0))
    assets_services.ensure_rendition(master_id=master.pk, recipe="preview", start_ms=start, now=now, progress=progress)


def _note(error: BandstandError, findings: Findings) -> None:
    findings.refusals.append(Reason.of(error, file=getattr(error, "name", "")))


def _refused(
    outcome: Outcome,
    found: Collected,
    digests: Mapping[str, Digest],
    delivered: list[Delivered],
    findings: Findings,
    now: datetime,
) -> Outcome:
    """Return the refusal, and keep it, so that people can read it later; nothing else changes."""
    told = _told(outcome, found, digests, delivered, findings, None)
    if not told.dry_run:
        row = {"folder": told.folder, "digest": told.digest, "report": told.report()}
        again = Delivery.objects.filter(state=Delivery.State.REFUSED, folder=told.folder, digest=told.digest)
        if last := again.order_by("-at", "-pk").first():
            Delivery.objects.filter(pk=last.pk).update(report=row["report"], at=now)
        else:
            Delivery.objects.create(state=Delivery.State.REFUSED, at=now, **row)
    return told


def _told(
    outcome: Outcome,
    found: Collected,
    digests: Mapping[str, Digest],
    delivered: list[Delivered],
    findings: Findings,
    resolved: Resolved | None,
) -> Outcome:
    places = {file: f"{place.disc}.{place.number:02}" for place, file in resolved.files.items()} if resolved else {}
    measured = {one.file: _measured(one) for one in delivered}
    kinds = {entry.name: "lyrics" for entry in found.lyrics.values()} | {entry.name: "audio" for entry in found.audio}
    kinds |= {entry.name: "extra" for entry in found.extras}
    if found.cover is not None:
        kinds[found.cover.name] = "cover"
    files = [
        FileReport(
            name=entry.name,
            kind=kinds.get(entry.name, "facts"),
            size=entry.size,
            sha256=digests[entry.name].sha256 if entry.name in digests else "",
            level=findings.level_of(entry.name),
            place=places.get(entry.name, ""),
            measured=measured.get(entry.name, {}),
        )
        for entry in found.entries()
    ]
    reasons, remarks = tuple(dict.fromkeys(findings.refusals)), tuple(dict.fromkeys(findings.remarks))
    return replace(outcome, reasons=reasons, remarks=remarks, files=tuple(files))


def _measured(one: Delivered) -> dict[str, object]:
    facts = asdict(one.examination.facts) | {"container": str(one.examination.facts.container)}
    others = {
        name: value
        for name, value in asdict(one.examination).items()
        if name not in ("facts", "peaks", "loudness", "preview")
    }
    return {**facts, **asdict(one.examination.loudness), **others}
