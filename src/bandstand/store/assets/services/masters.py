"""Masters: delivered originals, stored once by what they contain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction

from bandstand.kernel.progress import Progress, silent
from bandstand.media.digest import Digest
from bandstand.media.probe import Examination
from bandstand.media.sniff import Container
from bandstand.store.assets import rules
from bandstand.store.assets.models import Master, Source
from bandstand.store.assets.services import keep


def store_master(
    *, path: Path, examination: Examination, now: datetime, expected: Digest | None = None, progress: Progress = silent
) -> Master:
    """Copy an examined file into the store and return its master; the same bytes are stored once.

    Progress counts bytes.

    Parameters
    ----------
    expected
        The digest that was found when the file was checked: what is stored is what was checked.

    Raises
    ------
    ChangedWhileReadError
        The file is another one than `expected` by now; nothing is stored.
    """
    container = examination.facts.container
    if expected is not None and _is_whole(expected.sha256, container):
        progress(expected.size)
        return _row(expected, examination, now)
    with keep.staging() as folder:
        copy, found = keep.copy_in(path, folder, expected=expected, progress=progress)
        if not _is_whole(found.sha256, container):
            keep.settle(copy, rules.master_key(found.sha256, container))
            Master.objects.filter(sha256=found.sha256).exclude(fault="").update(fault="", checked_at=now)
    return _row(found, examination, now)


@transaction.atomic
def set_sources(*, masters: Mapping[int, tuple[int, str]], now: datetime) -> bool:
    """Make these the masters of parts; replaced sources are kept as history. Returns whether that changed anything.

    Parameters
    ----------
    masters
        Part id -> master id and the name of the file as delivered.
    now
        Since when they are.
    """
    live = {source.part_id: source for source in Source.objects.filter(part_id__in=list(masters), replaced_at=None)}
    over = [source.pk for part_id, source in live.items() if source.master_id != masters[part_id][0]]
    if over:
        Source.objects.filter(pk__in=over, replaced_at=None).update(replaced_at=now)
    new = [
        Source(part_id=part_id, master_id=master_id, file_name=name[-300:], since=now)
        for part_id, (master_id, name) in masters.items()
        if part_id not in live or live[part_id].master_id != master_id
    ]
    Source.objects.bulk_create(new)
    return bool(over or new)


@transaction.atomic
def note_measured(*, master_id: int, **facts: float | str | None) -> None:
    """Add to what is known of a master what a closer look found; nothing else of it ever changes.

    Raises
    ------
    Master.DoesNotExist
        There is no such master.
    """
    master = Master.objects.get(pk=master_id)
    if any(master.measured.get(name, "") != value for name, value in facts.items()):
        Master.objects.filter(pk=master_id).update(measured=master.measured | facts)


def _is_whole(sha256: str, container: Container) -> bool:
    """Whether the file stands in its place and no check found it wanting since."""
    return keep.is_kept(rules.master_key(sha256, container)) and not (
        Master.objects.filter(sha256=sha256).exclude(fault="").exists()
    )


def _row(found: Digest, examination: Examination, now: datetime) -> Master:
    facts, loudness, preview = examination.facts, examination.loudness, examination.preview
    excerpt = (
        {"preview_loudness": preview.integrated, "preview_true_peak": preview.true_peak} if preview is not None else {}
    )
    master, _ = Master.objects.get_or_create(
        sha256=found.sha256,
        defaults={
            "size": found.size,
            "crc32": found.crc32,
            "path": rules.master_key(found.sha256, facts.container),
            "container": facts.container,
            "codec": facts.codec,
            "rate": facts.rate,
            "channels": facts.channels,
            "bits": facts.bits,
            "lossless": facts.lossless,
            "frames": facts.frames,
            "duration_ms": facts.duration_ms,
            "measured": {
                "loudness": loudness.integrated,
                "loudness_range": loudness.range,
                "true_peak": loudness.true_peak,
                "clipped_runs": examination.clipped_runs,
                "lead_silence_ms": examination.lead_silence_ms,
                "trail_silence_ms": examination.trail_silence_ms,
                "dc_offset": examination.dc_offset,
                "digital_silence": examination.digital_silence,
                "preview_start_ms": examination.preview_start_ms,
                "bandwidth": examination.bandwidth,
                "effective_bits": examination.effective_bits,
                **excerpt,
            },
            "peaks": examination.peaks,
            "stored_at": now,
        },
    )
    return master
