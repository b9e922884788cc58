"""What every recipe does, over the registry."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from tests.integration.media import signals

from bandstand.media import pipeline, probe, tags
from bandstand.media.recipes import RECIPES, Kind
from bandstand.media.sniff import expected_suffixes, sniff
from bandstand.media.tags import Tags

SLUGS = ["aac-256", "flac", "mp3-v0", "preview", "stream"]
ALL = list(RECIPES)
MASTERS = ["wav", "flac", "mp3", "aac", "alac", "opus", "vorbis", "aiff", "wav24"]


def test_no_recipe_is_broken_and_all_are_covered():
    found = [recipe.slug for recipe in RECIPES]
    assert not RECIPES.broken
    assert set(SLUGS) <= set(found)
    assert {recipe.kind for recipe in RECIPES} == set(Kind)


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.slug)
def test_a_descriptor_is_complete(recipe):
    assert re.fullmatch(r"[a-z0-9-]+", recipe.slug)
    assert recipe.title
    assert recipe.version >= 1
    assert re.fullmatch(r"\.[a-z0-9]+", recipe.suffix)
    assert recipe.media_type.startswith("audio/")
    assert (recipe.excerpt is not None) == (recipe.kind is Kind.PREVIEW)


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.slug)
@pytest.mark.parametrize("kind", MASTERS)
def test_it_makes_a_whole_file_from_every_kind_of_master_it_applies_to(
    encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], tmp_path: Path, recipe, kind: str
):
    target = tmp_path / f"made{recipe.suffix}"
    if not recipe.applies(facts[kind]):
        with pytest.raises(pipeline.RecipeDoesNotApplyError):
            pipeline.make(recipe, encoded[kind], target, facts=facts[kind])
        return
    made = pipeline.make(recipe, encoded[kind], target, facts=facts[kind])
    found = probe.probe(target)
    assert recipe.suffix in expected_suffixes(sniff(target))
    assert found.duration_ms == pytest.approx(made.duration_ms, abs=60)
    assert found.lossless == recipe.lossless
    assert made.size == target.stat().st_size


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.slug)
def test_it_gives_the_same_bytes_again_whatever_the_name_and_time(
    encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], tmp_path: Path, recipe
):
    renamed = tmp_path / "another name.flac"
    renamed.write_bytes(encoded["flac"].read_bytes())
    once = pipeline.make(recipe, encoded["flac"], tmp_path / f"a{recipe.suffix}", facts=facts["flac"])
    again = pipeline.make(recipe, renamed, tmp_path / f"b{recipe.suffix}", facts=facts["flac"])
    assert once == again


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.slug)
def test_nothing_that_the_master_says_about_itself_is_carried_over(
    encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], tmp_path: Path, recipe
):
    source = tmp_path / "tagged.flac"
    source.write_bytes(encoded["flac"].read_bytes())
    tags.write(source, Tags(title="canary", lyrics="canary"), picture=b"\xff\xd8\xffcanary")
    plain = pipeline.make(recipe, encoded["flac"], tmp_path / f"a{recipe.suffix}", facts=facts["flac"])
    tagged = pipeline.make(recipe, source, tmp_path / f"b{recipe.suffix}", facts=probe.probe(source))
    assert plain.sha256 == tagged.sha256
    assert b"canary" not in (tmp_path / f"b{recipe.suffix}").read_bytes()


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.slug)
@pytest.mark.parametrize(
    ("rate", "channels"), [(8_000, 1), (22_050, 1), (48_000, 6), (96_000, 2), (192_000, 2), (37_800, 2)]
)
def test_odd_rates_and_channels_are_made_into_something_that_plays(tmp_path: Path, recipe, rate: int, channels: int):
    sound = np.tile(signals.tone(1, rate=rate), (1, 3))[:, :channels]
    source = signals.write_wav(tmp_path / "odd.wav", sound, rate=rate)
    facts = probe.probe(source)
    target = tmp_path / f"made{recipe.suffix}"
    pipeline.make(recipe, source, target, facts=facts)
    found = probe.probe(target)
    if recipe.lossless:
        assert (found.rate, found.channels, found.bits) == (rate, channels, 16)
    else:
        assert found.rate <= 48_000
        assert found.channels <= 2


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.slug)
def test_what_it_makes_can_be_tagged(
    encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], tmp_path: Path, recipe
):
    target = tmp_path / f"made{recipe.suffix}"
    pipeline.make(recipe, encoded["flac"], target, facts=facts["flac"])
    before = probe.probe(target)
    wanted = Tags(title="Wet Street", artists=("Åse", "Bo"), track=1)
    tags.write(target, wanted, picture=None)
    assert tags.read(target) == wanted
    assert dataclasses.replace(probe.probe(target), bit_rate=0) == dataclasses.replace(before, bit_rate=0)
