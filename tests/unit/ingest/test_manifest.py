from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.catalogue.rules import Billed, Contributor, SeriesFacts
from bandstand.store.deals.rules import DealTerms
from bandstand.store.ingest.rules.manifest import Manifest, from_values, parse
from bandstand.store.ingest.rules.report import Findings

TIERS = frozenset({"album", "track", "free"})
WHOLE = """
[release]
title = "Evening Ferry"
kind = "album"
artists = [{ name = "Mara Linde", role = "main" }, { name = "Jo Tamm", role = "featured" }]
label = "Harbour Light"
genre = "Ambient"
gtin = "4006381333931"
number = "HL-001"
date = 2026-10-02
language = "en"
description = '''Plain text,

in two paragraphs.'''
copyright = "© 2026 Harbour Light"
phonogram = "℗ 2026 Harbour Light"
explicit = false
series = { slug = "living-room", title = "Living Room", episode = 3 }

[[release.credits]]
name = "Jo Tamm"
role = "producer"

[[deal]]
territories = ["ww"]
except = ["US"]
uses = ["download"]
from = 2026-11-24
until = 2027-11-24T00:00:00+01:00
release_tier = "album"
track_tier = "track"
members_only = true

[[track]]
file = "01 Harbour.flac"
disc = 1
number = 1
title = "Harbour"
isrc = "DE-XX1-26-00001"
artists = [{ name = "Mara Linde" }]
preview_start = 42.5
explicit = true
lyrics = "[00:01.00] Harbour"
language = "de"
credits = [{ name = "Jo Tamm", role = "composer" }]
"""


def read(text):
    findings = Findings()
    return parse(text, tiers=TIERS, findings=findings), {(reason.key, reason.rule) for reason in findings.refusals}


def test_every_key_is_read():
    manifest, faults = read(WHOLE)
    assert faults == set()
    assert manifest.billed == (Billed("Mara Linde"), Billed("Jo Tamm", "featured"))
    assert manifest.contributors == (Contributor("Jo Tamm", "producer"),)
    assert manifest.series == SeriesFacts(slug="living-room", title="Living Room", episode=3)
    assert (manifest.day, manifest.gtin, manifest.explicit) == (date(2026, 10, 2), "4006381333931", False)
    assert "\n\n" in manifest.description
    assert manifest.deals == (
        DealTerms(
            excluded=("US",),
            uses=("download",),
            start_day=date(2026, 11, 24),
            end_at=datetime(2027, 11, 23, 23, tzinfo=UTC),
            release_tier="album",
            track_tier="track",
            members_only=True,
        ),
    )
    (track,) = manifest.tracks
    assert (track.isrc, track.preview_start_ms, track.contributors) == (
        "DEXX12600001",
        42_500,
        (Contributor("Jo Tamm", "composer"),),
    )


def test_nothing_has_to_be_said():
    assert read("") == (Manifest(), set())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("colour = 1", ("colour", "toml.unknown_key")),
        ("[release]\ncolour = 1", ("release.colour", "toml.unknown_key")),
        ("[release]\nseries = { slug = 'x', season = 2 }", ("release.series.season", "toml.unknown_key")),
        (
            "[release]\nartists = [{ name = 'A', instrument = 'B' }]",
            ("release.artists[1].instrument", "toml.unknown_key"),
        ),
        ("[release]\ntitle = 5", ("release.title", "toml.type")),
        ("[release]\ntitle = ''", ("release.title", "toml.empty")),
        ('[release]\ntitle = "a\\u0000b"', ("release.title", "toml.text")),
        ('[release]\ntitle = "a\\nb"', ("release.title", "toml.text")),
        (f"[release]\ntitle = '{'x' * 301}'", ("release.title", "toml.long")),
        ("[release]\nkind = 'film'", ("release.kind", "toml.choice")),
        ("[release]\nexplicit = 1", ("release.explicit", "toml.type")),
        ("[release]\ndate = '2026-10-02'", ("release.date", "toml.type")),
        ("[release]\ndate = 2026-10-02T10:00:00Z", ("release.date", "toml.type")),
        ("[release]\ngtin = '4006381333932'", ("release.gtin", "release.gtin")),
        ("[release]\nlanguage = 'English'", ("release.language", "release.language")),
        ("[release]\nartists = [{ name = 'A', role = 'featured' }]", ("release.artists", "release.main_artist")),
        ("[release]\nseries = { title = 'X' }", ("release.series.slug", "toml.missing")),
        ("[release]\nseries = { slug = 'A B' }", ("release.series.slug", "release.series")),
        ("[release]\nseries = { slug = 'x', episode = 0 }", ("release.series.episode", "toml.range")),
        ("[[release.credits]]\nname = 'A'", ("release.credits[1].role", "toml.missing")),
        ("[[deal]]\nterritories = ['de']", ("deal[1].territories", "toml.choice")),
        ("[[deal]]\nterritories = []", ("deal[1].territories", "toml.empty")),
        ("[[deal]]\nexcept = ['ww']", ("deal[1].except", "toml.choice")),
        ("[[deal]]\nuses = ['rent']", ("deal[1].uses", "toml.choice")),
        ("[[deal]]\npreorder_from = 2026-11-24", ("deal[1].preorder_from", "deal.preorder")),
        ("[[deal]]\nfrom = 2026-11-24\npreorder_from = 2026-11-24", ("deal[1].preorder_from", "deal.preorder")),
        ("[[deal]]\nfrom = 2026-11-24T10:00:00", ("deal[1].from", "toml.offset")),
        ("[[deal]]\nfrom = 'soon'", ("deal[1].from", "toml.type")),
        ("[[deal]]\nfrom = 2026-11-24\nuntil = 2026-11-24", ("deal[1].until", "deal.window")),
        ("[[deal]]\nrelease_tier = 'gold'", ("deal[1].release_tier", "toml.choice")),
        ("deal = 5", ("deal", "toml.type")),
        ("[[track]]\nfile = 'x'\nisrc = 'x'", ("track[1].isrc", "track.isrc")),
        ("[[track]]\ntitle = 'x'", ("track[1].file", "track.which")),
        ("[[track]]\nnumber = 1\npreview_start = -1", ("track[1].preview_start", "toml.range")),
        ("[[track]]\nnumber = 1\npreview_start = nan", ("track[1].preview_start", "toml.range")),
        ("[[track]]\nnumber = true", ("track[1].number", "toml.type")),
        ("release = 'x'", ("release", "toml.type")),
        ("[release", ("", "toml.syntax")),
    ],
)
def test_what_is_wrong_is_told_by_key_and_rule(text, fault):
    _, faults = read(text)
    assert fault in faults


def test_every_fault_is_told_with_a_way_out():
    findings = Findings()
    parse("[release]\ntitle = 5\nkind = 'x'\nextra = 1\n[[deal]]\nuses = 3", tiers=TIERS, findings=findings)
    assert len(findings.refusals) == 4
    assert all(reason.hint and reason.file == "release.toml" for reason in findings.refusals)


@given(st.text(max_size=200))
def test_any_text_is_a_manifest_or_has_faults(text):
    manifest, faults = read(text)
    assert faults or isinstance(manifest, Manifest)


toml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates() | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "role", "slug", "file"]), inner)
    ),
    max_leaves=8,
)
KEYS = [
    "title",
    "artists",
    "credits",
    "series",
    "gtin",
    "date",
    "territories",
    "from",
    "until",
    "uses",
    "number",
    "isrc",
]


@given(st.sampled_from(["release", "deal", "track"]), st.dictionaries(st.sampled_from(KEYS), toml_values, max_size=6))
def test_values_of_any_type_are_read_or_refused(table, values):
    findings = Findings()
    from_values({table: values if table == "release" else [values]}, tiers=TIERS, findings=findings)
    assert all(reason.sentence and reason.rule for reason in findings.refusals)
