"""Third stage: what the files say, and whether they are what they seem. Foreign bytes are decoded in children."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bandstand.kernel.errors import BandstandError, InputError, OutsideError
from bandstand.kernel.progress import Progress
from bandstand.media import pictures, probe, tags
from bandstand.media.digest import Digest
from bandstand.media.extras import ExtraFacts, examine_extra
from bandstand.media.pictures import PictureFacts
from bandstand.media.probe import Examination
from bandstand.media.tags import Tags
from bandstand.store.assets import queries as assets
from bandstand.store.deals import queries as deals
from bandstand.store.ingest.rules import names, quality
from bandstand.store.ingest.rules.manifest import Manifest, parse
from bandstand.store.ingest.rules.report import Findings, Reason
from bandstand.store.ingest.rules.resolve import Delivered
from bandstand.store.ingest.services.collect import MAX_TEXT, Collected, Entry

CHILDREN = 4  # at most so many files are measured at the same time


@dataclass(frozen=True, slots=True)
class Cover:
    """The cover of a delivery: a file of its own, or the picture in the first track that has one."""

    file: str
    source: Path | bytes


@dataclass(frozen=True, slots=True)
class Extra:
    """A file that comes with the release, and what it will be called."""

    entry: Entry
    name: str
    facts: ExtraFacts


def manifest(found: Collected, findings: Findings) -> Manifest:
    """Return what release.toml says; all that is wrong with it is noted."""
    if found.manifest is None or found.manifest.size > MAX_TEXT:
        return Manifest()
    try:
        text = found.manifest.path.read_bytes()[:MAX_TEXT].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.refuse(
            "toml.utf8",
            f"{found.manifest.name} is no UTF-8: {error.reason}.",
            hint="Save it as UTF-8.",
            file=found.manifest.name,
        )
        return Manifest()
    return parse(text, tiers=deals.tiers(), findings=findings)


def sounds(found: Collected, digests: Mapping[str, Digest], findings: Findings, progress: Progress) -> list[Delivered]:
    """Read and examine every audio file; what is wrong is noted per file. Progress counts bytes.

    What is stored already was examined before: its measurements are taken from there.
    """
    known = assets.examinations({digest.sha256 for digest in digests.values()})
    readable = [entry for entry in found.audio if entry.name in digests]
    result: list[Delivered] = []
    with ThreadPoolExecutor(min(CHILDREN, os.cpu_count() or 1)) as pool:
        waiting = [pool.submit(_sound, entry, known.get(digests[entry.name].sha256)) for entry in readable]
        try:
            for entry, future in zip(readable, waiting, strict=True):
                told = future.result()
                progress(entry.size)
                if isinstance(told, Reason):
                    findings.refusals.append(told)
                    continue
                examination, said = told
                quality.check_sound(entry.name, PurePosixPath(entry.name).suffix, examination, findings)
                lyrics = _lyrics(found.lyrics.get(entry.name), findings)
                result.append(Delivered(file=entry.name, tags=said, examination=examination, lyrics=lyrics))
        finally:
            for future in waiting:  # after a refusal to go on (progress may cancel) nothing more is begun
                future.cancel()
    quality.check_twins([(entry.name, digests[entry.name].sha256) for entry in readable], findings)
    return result


def cover(found: Collected, delivered: list[Delivered], findings: Findings) -> Cover | None:
    """Return the cover that can be used; a bad one refuses the delivery, none or a small one is remarked."""
    chosen = _chosen(found, delivered)
    facts: PictureFacts | None = None
    if chosen is not None:
        suffix = PurePosixPath(chosen.file).suffix.lower()
        if suffix in names.OTHER_PICTURES:
            findings.refuse(
                "cover.kind",
                f"{chosen.file} is of a kind we don't take.",
                hint="Give it as JPEG, PNG or WebP.",
                file=chosen.file,
            )
            return None
        try:
            facts = pictures.examine_picture(chosen.source)
        except (InputError, OutsideError) as error:
            findings.refuse(
                error.code,
                f"The picture in {chosen.file} can't be used: {getattr(error, 'why', error.sentence.rstrip('.'))}.",
                hint=error.hint,
                file=chosen.file,
            )
            return None
    quality.check_cover(chosen.file if chosen else "", facts, findings)
    return chosen


def extras(found: Collected, digests: Mapping[str, Digest], findings: Findings) -> list[Extra]:
    """Return the booklets, pictures and texts that can be passed on; the others are left alone, and that is said."""
    result: list[Extra] = []
    called = names.of_extras([entry.name for entry in found.extras])
    for entry in found.extras:
        if entry.name not in digests:
            continue
        try:
            facts = examine_extra(entry.path)
        except (InputError, OutsideError) as error:
            why = getattr(error, "why", "")
            findings.remark(
                "file.other",
                f"{entry.name} is left alone: it is {why}." if why else f"{entry.name} is left alone: {error.sentence}",
                file=entry.name,
            )
            continue
        result.append(Extra(entry, called[entry.name], facts))
    return result


def _chosen(found: Collected, delivered: list[Delivered]) -> Cover | None:
    if found.cover is not None:
        return Cover(found.cover.name, found.cover.path)
    for one in delivered:
        if one.tags.picture is not None:
            return Cover(one.file, one.tags.picture.data)
    return None


def _sound(entry: Entry, known: Examination | None) -> tuple[Examination, Tags] | Reason:
    """Examine a file and read its tags; a file that breaks its decoder is refused like any other bad one."""
    try:
        return (known, tags.read(entry.path)) if known else probe.examine_with_tags(entry.path)
    except (InputError, OutsideError) as error:
        return _reason(error, entry.name)
    except OSError as error:
        return Reason(
            rule="file.unreadable",
            sentence=f"{entry.name} can't be read: {error.strerror or type(error).__name__}.",
            hint="Check its permissions and the disk.",
            file=entry.name,
        )


def _reason(error: BandstandError, file: str) -> Reason:
    return Reason.of(error, file=file)


def _lyrics(entry: Entry | None, findings: Findings) -> str:
    """Return the words of a track: UTF-8, or UTF-16 with its mark."""
    if entry is None or entry.size > MAX_TEXT:
        return ""
    body = entry.path.read_bytes()[:MAX_TEXT]
    encoding = "utf-16" if body.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        findings.refuse(
            "lyrics.utf8", f"{entry.name} is no UTF-8: {error.reason}.", hint="Save it as UTF-8.", file=entry.name
        )
        return ""
    return Tags(lyrics=text).lyrics
