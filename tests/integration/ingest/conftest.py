from __future__ import annotations

import pytest
from tests.factories import NOW
from tests.sounds import make_picture, make_sound

from bandstand.store.deals.services import set_up_store
from bandstand.store.ingest import services


@pytest.fixture(autouse=True)
def store(db, settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    set_up_store(now=NOW)
    return settings.FILES_ROOT


@pytest.fixture
def ferry(tmp_path):
    """A delivery of two tracks that are tagged well, with a cover."""
    folder = tmp_path / "in" / "Mara Linde - Evening Ferry"
    for number, title in enumerate(("Harbour", "Slack Water"), start=1):
        make_sound(
            folder / f"{number:02} {title}.flac",
            hertz=200.0 * number,
            title=title,
            artists=("Mara Linde",),
            album="Evening Ferry",
            track=number,
            label="Harbour Light",
            genre="Ambient",
            isrc=f"DEXX1260000{number}",
            date="2026-10-02",
        )
    (folder / "cover.jpg").write_bytes(make_picture())
    return folder


@pytest.fixture
def take_in():
    def call(folder, now=NOW, **how):
        return services.take_in(folder, now=now, **how)

    return call


@pytest.fixture
def rules_of(take_in):
    """Take a folder in that must be refused, and tell by which rules (file or key, rule)."""

    def call(folder):
        outcome = take_in(folder)
        assert outcome.state == "refused"
        assert all(reason.sentence and reason.hint for reason in outcome.reasons)
        return {(reason.key or reason.file, reason.rule) for reason in outcome.reasons}

    return call
