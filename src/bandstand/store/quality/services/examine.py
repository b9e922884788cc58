"""One master is measured, drawn, fingerprinted and compared with all others; again only when we measure more."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from bandstand.kernel.errors import BandstandError, InputError
from bandstand.kernel.progress import Progress, silent
from bandstand.media import fingerprints, qc
from bandstand.media.digest import digest
from bandstand.media.qc import Quality
from bandstand.store.assets import queries as assets
from bandstand.store.assets import services as assets_services
from bandstand.store.assets.models import Master
from bandstand.store.assets.services import keep
from bandstand.store.quality import queries
from bandstand.store.quality.models import Examination, Finding, Fingerprint, Mark
from bandstand.store.quality.services.relate import RELATIONS, Told, related
from bandstand.webkit.jobs import enqueue_many

AREA = "quality"
LATER = -5  # the priority of what nobody waits for
BATCH = 200


@dataclass(frozen=True, slots=True)
class _Made:
    """What was found out, and where its files are kept."""

    quality: Quality | None
    curves: str = ""
    picture: str = ""
    problem: str = ""


def examine(*, master_id: int, now: datetime, progress: Progress = silent) -> None:
    """Examine a master unless that was done, and look anew for the same recording elsewhere. Progress counts percent.

    Raises
    ------
    Master.DoesNotExist
        There is no such master.
    OutsideError
        The tools failed; nothing is changed.
    """
    master = Master.objects.get(pk=master_id)
    if not _is_done(master):
        made = _measure(master)
        progress(60)
        items = fingerprints.fingerprint(assets.place(master.path)) if made.quality else b""
        _write(master, made, items, now)
        if made.quality is not None:
            assets_services.note_measured(
                master_id=master.pk,
                bandwidth=made.quality.bandwidth,
                effective_bits=made.quality.effective_bits,
            )
        progress(30)
    told = related(master)
    with transaction.atomic():
        _keep_findings(master, told, RELATIONS, now)
    progress(10)


def examine_waiting(*, limit: int = BATCH) -> int:
    """Ask for the examination of masters that this version has not looked at; return how many."""
    waiting = queries.not_examined(limit)
    payloads = ((str(pk), {"master_id": pk}) for pk in waiting)
    enqueue_many("quality.examine", payloads, priority=LATER)
    return len(waiting)


def _is_done(master: Master) -> bool:
    row = Examination.objects.filter(master=master, version=qc.VERSION).first()
    if row is None or not Fingerprint.objects.filter(master=master, algorithm=fingerprints.ALGORITHM).exists():
        return False
    return bool(row.problem) or (keep.is_kept(row.curves) and keep.is_kept(row.picture))


def _measure(master: Master) -> _Made:
    """Measure outside of any transaction; a file that our own decoder refuses now is a finding, not an error."""
    with keep.staging() as folder:
        picture, curves = folder / "spectrogram.png", folder / "curves.json"
        try:
            quality = qc.measure(assets.place(master.path), picture=picture)
        except (InputError, FileNotFoundError) as error:
            return _Made(None, problem=_problem(error))
        told = quality.to_json()["curves"]
        curves.write_text(json.dumps(told, separators=(",", ":")), encoding="ascii")
        return _Made(quality, curves=_keep(curves), picture=_keep(picture))


def _problem(error: Exception) -> str:
    return error.sentence[:300] if isinstance(error, BandstandError) else "Its file is missing."


def _keep(staged: Path) -> str:
    found = digest(staged)
    key = f"{AREA}/{found.sha256[:2]}/{found.sha256}{staged.suffix}"
    if not keep.is_kept(key):
        with staged.open("rb+") as stream:
            os.fsync(stream.fileno())
        keep.settle(staged, key)
    return key


@transaction.atomic
def _write(master: Master, made: _Made, items: bytes, now: datetime) -> None:
    figures = made.quality.to_json() if made.quality else {}
    figures.pop("curves", None)
    values = {"version": qc.VERSION, "figures": figures, "curves": made.curves, "picture": made.picture}
    Examination.objects.update_or_create(
        master=master, defaults={**values, "problem": made.problem, "examined_at": now}
    )
    found = qc.judge(made.quality) if made.quality else []
    told = [Told(one.rule, one.severity, one.sentence, places_ms=one.places_ms) for one in found]
    if made.problem:
        told.append(Told("unreadable", qc.Severity.STOP, f"It can't be examined: {made.problem}"))
    kept = Finding.objects.filter(master=master).exclude(rule__in=RELATIONS).values_list("rule", flat=True)
    _keep_findings(master, told, {*kept, *(one.rule for one in told)}, now)
    _keep_fingerprint(master, items, now)


def _keep_findings(master: Master, told: list[Told], rules: set[str] | frozenset[str], now: datetime) -> None:
    """Make the open findings of these rules the ones that are told now; accepted ones stay as they are."""
    known = {(row.rule, row.other_id): row for row in Finding.objects.filter(master=master, rule__in=rules)}
    for one in told:
        row = known.pop((one.rule, one.other_id), None)
        facts = {"severity": one.severity, "sentence": one.sentence[:500], "places_ms": list(one.places_ms)}
        if row is None:
            Finding.objects.get_or_create(
                master=master, rule=one.rule, other_id=one.other_id, defaults={**facts, "found_at": now}
            )
        else:
            Finding.objects.filter(pk=row.pk, accepted_at=None).update(**facts)
    Finding.objects.filter(pk__in=[row.pk for row in known.values()], accepted_at=None).delete()


def _keep_fingerprint(master: Master, items: bytes, now: datetime) -> None:
    before = Fingerprint.objects.filter(master=master).first()
    if before is not None:  # found by value: the index stands that way round
        Mark.objects.filter(value__in=fingerprints.marks(bytes(before.items)), fingerprint=before).delete()
    row, _ = Fingerprint.objects.update_or_create(
        master=master, defaults={"algorithm": fingerprints.ALGORITHM, "items": items, "made_at": now}
    )
    marks = [Mark(value=value, fingerprint=row) for value in fingerprints.marks(items)]
    Mark.objects.bulk_create(marks, ignore_conflicts=True)
