"""What must be true of the store after intake was killed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection
from tests.sounds import make_picture, make_sound

from bandstand.demo.catalogue.facts import check_digit

SETTLING = 10.0  # seconds that PostgreSQL may take to notice that a client is gone
COVER_FILES = 6
VICTIM = "bandstand-intake"  # the name by which PostgreSQL knows the process that is killed


@dataclass(frozen=True)
class State:
    """One release as it was delivered once."""

    number: str
    title: str
    tracks: tuple[tuple[str, str], ...]  # title, SHA-256 of the master
    cover: str
    folder: Path
    files: tuple[tuple[str, str], ...]  # name, SHA-256: the folder must stay as it is


def _gtin(number: int) -> str:
    first = f"2999{number:08}"
    return first + check_digit(first)


def deliver(deliveries: Path, *, number: int, version: int, tracks: int) -> State:
    """Write a delivery whose title, track titles, sounds and cover tell its version."""
    folder = deliveries / f"{number:02}"
    title, listed = f"Release {number}, version {version}", []
    for track in range(1, tracks + 1):
        name = f"Track {track}, version {version}"
        path = folder / f"{track:02}.wav"
        make_sound(
            path, hertz=200 + 10 * number + track, seconds=0.5, title=name, artists=("Mara Linde",), comment=title
        )
        listed.append((name, _sha256(path)))
    cover = folder / "cover.jpg"
    cover.write_bytes(make_picture(width=520 + number, height=520 + version))
    facts = [
        "[release]",
        f'number = "CRASH-{number}"',
        f'title = "{title}"',
        f'gtin = "{_gtin(number)}"',  # with the number: another title and other tracks replace the release on purpose
        "[[deal]]",
        'release_tier = "album"',
        f"from = 2020-01-{1 + version % 28:02}",
    ]
    (folder / "release.toml").write_text("\n".join(facts), encoding="utf-8")
    return State(f"CRASH-{number}", title, tuple(listed), _sha256(cover), folder, _files(folder))


def set_up() -> None:
    """Make the tables and the storefront."""
    import django

    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    from bandstand.store.deals.services import set_up_store

    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    set_up_store(now=datetime.now(UTC))


def check(delivered: Mapping[str, Sequence[State]], *, complete: bool) -> int:
    """Check the whole store; return how many facts were looked at.

    Parameters
    ----------
    complete
        Whether every delivery must be there in its last state; else each is in its last one, the one before, or absent.
    """
    from bandstand.store.catalogue.models import Release

    _wait_for_the_database()
    connection.close()  # what it showed before is old
    found = {release.number: release for release in Release.objects.all()}
    assert set(found) <= set(delivered), "releases that nobody delivered"
    facts = 0
    for number, states in delivered.items():
        assert states[-1].files == _files(states[-1].folder), "the delivered folder was written to"
        release = found.get(number)
        if release is None:
            assert not complete, f"{number} is missing"
            assert len(states) == 1, f"{number} was there and is gone"
            continue
        allowed = states[-1:] if complete else states[-2:]
        state = next((one for one in allowed if one.title == release.title), None)
        assert state is not None, f"{number} is in no state that was delivered: {release.title}"
        facts += _check_release(release, state)
    return facts + _check_files()


def sweep_and_check(delivered: Mapping[str, Sequence[State]]) -> int:
    """Sweep as if two days had passed: all that is left over goes, nothing else. Return how much that was."""
    from bandstand.store.assets import services
    from bandstand.store.assets.queries import place

    gone = services.sweep(now=datetime.now(UTC) + timedelta(days=2))
    assert not list(place("staging").iterdir()), "staging is not empty"
    check(delivered, complete=True)
    assert services.scrub(now=datetime.now(UTC)) == [], "stored files are missing or changed"
    return gone


def _check_release(release, state: State) -> int:
    from bandstand.store.assets.models import Source
    from bandstand.store.assets.queries import place
    from bandstand.store.deals.models import Deal
    from bandstand.store.ingest.models import Delivery
    from bandstand.webkit.jobs.models import Job

    parts = list(release.parts.filter(withdrawn_at=None).order_by("number"))
    sources = [Source.objects.select_related("master").get(part=part, replaced_at=None) for part in parts]
    listed = tuple((part.title, source.master.sha256) for part, source in zip(parts, sources, strict=True))
    assert listed == state.tracks, f"{release}: tracks are {listed}"
    for source in sources:
        assert _sha256(place(source.master.path)) == source.master.sha256, "a master is not what its row says"
    assert release.cover_sha256 == state.cover
    assert Deal.objects.filter(release=release, ended_at=None).count() == 1, "not one live deal"
    latest = Delivery.objects.filter(release=release, state="applied").first()
    assert latest is not None, "no delivery"
    assert {file["sha256"] for file in latest.report["files"]} == {sha256 for _, sha256 in state.files}
    for part, source in zip(parts, sources, strict=True):
        key = f"{part.pk}-{source.master_id}-{part.preview_start_ms}"
        assert Job.objects.filter(name="ingest.preview", key=key).count() == 1, "not one job for a preview"
    return 4 + 3 * len(parts)


def _check_files() -> int:
    """What can be fetched is whole: covers have all sizes, every row of a file has its file."""
    from bandstand.store.assets.models import Master, Rendition
    from bandstand.store.assets.queries import place

    covers = list(place("public").glob("*/*"))
    for folder in covers:
        assert folder.parent.name == "covers", f"{folder} is served"
        assert len(list(folder.iterdir())) == COVER_FILES, f"cover {folder.name} is not whole"
    rows = [*Master.objects.values_list("path", "sha256"), *Rendition.objects.values_list("path", "sha256")]
    for path, sha256 in rows:
        assert _sha256(place(path)) == sha256, f"{path} is not what its row says"
    return len(covers) + len(rows)


def _wait_for_the_database() -> None:
    """Wait until the killed process's session has ended: it may still be committing, or rolling back."""
    if connection.vendor != "postgresql":
        return
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
    deadline = time.monotonic() + SETTLING
    with connection.cursor() as cursor:
        while True:
            cursor.execute(others, [VICTIM])
            if cursor.fetchone() == (0,):
                return
            assert time.monotonic() < deadline, "a killed session goes on"
            time.sleep(0.05)


def _files(folder: Path) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((path.name, _sha256(path)) for path in folder.iterdir()))


def _sha256(path: Path) -> str:
    from bandstand.media.digest import digest

    return digest(path).sha256
