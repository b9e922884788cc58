"""What every recipe does, over the registry."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from tests.integration.media import signals

from bandstand.media import atrac3, convert, encoders, pipeline, probe, tags
from bandstand.media.recipes import RECIPES, Kind
from bandstand.media.sniff import Container, expected_suffixes, recognise
from bandstand.media.tags import Tags

SLUGS = [
    "aac-256", "aiff", "alac", "atrac3-105", "atrac3-lp2", "atrac3-lp4", "flac", "mp3-320", "mp3-v0", "opus-160",
    "preview", "stream", "vorbis-q6", "wav",
]  # fmt: skip
ALL = list(RECIPES)
MASTERS = ["wav24", "flac", "mp3", "alac", "opus"]
BY_FFMPEG = [recipe for recipe in ALL if recipe.mode is None]
EVERY = ["wav", "aac", "vorbis", "aiff"]  # which one recipe of each kind meets: opening a master is the same for all


def sound_of(path: Path) -> probe.AudioFacts | convert.Sound:
    """Return what a result is; what our own encoder makes is no master, so the store's probe doesn't take it."""
    return convert.inspect(path).sound if recognise(path) is Container.OMA else probe.probe(path)


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
def test_it_is_made_by_ffmpeg_or_by_our_own_encoder_and_the_build_is_named(facts: dict[str, probe.AudioFacts], recipe):
    assert (recipe.mode is None) == bool(recipe.muxer) == bool(recipe.arguments(facts["wav"]))
    ours = pipeline.encoder(recipe) == atrac3.identity()
    assert ours == (recipe.mode is not None)
    assert len(pipeline.encoder(recipe)) <= 80


@pytest.mark.parametrize("recipe", BY_FFMPEG, ids=lambda recipe: recipe.slug)
def test_an_encoder_that_not_every_build_has_is_named(facts: dict[str, probe.AudioFacts], recipe):
    arguments = recipe.arguments(facts["wav"])
    encoder = arguments[arguments.index("-c:a") + 1]
    assert recipe.needs == (encoder if encoder.startswith("lib") else "")
    assert encoders.has(recipe.needs)


@pytest.mark.parametrize("recipe", [recipe for recipe in ALL if recipe.lossless], ids=lambda recipe: recipe.slug)
@pytest.mark.parametrize("kind", ["wav", "wav24", "aiff", "alac", "flac", "float"])
def test_lossless_formats_keep_every_sample(
    encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], tmp_path: Path, recipe, kind: str
):
    source = encoded.get(kind)
    if source is None:  # sound between the steps of 24 bit
        source = tmp_path / "float.wav"
        signals.ffmpeg("-i", str(encoded["wav24"]), "-af", "volume=0.77", "-c:a", "pcm_f32le", str(source))
    known = facts.get(kind) or probe.probe(source)
    target = tmp_path / f"made{recipe.suffix}"
    pipeline.make(recipe, source, target, facts=known)
    assert probe.probe(target).bits == (16 if known.bits == 16 else 24)
    expected = tmp_path / "expected.flac"
    pipeline.make(RECIPES.get("flac"), source, expected, facts=known)
    raw = []
    for path in (expected if kind == "float" else source, target):
        raw.append(tmp_path / f"{path.name}.raw")
        signals.ffmpeg("-i", str(path), "-f", "s24le", str(raw[-1]))
    assert raw[0].read_bytes() == raw[1].read_bytes()


@pytest.mark.parametrize(
    ("recipe", "kind"),
    [(recipe, kind) for recipe in ALL for kind in [*MASTERS, *(EVERY if recipe.slug in ("flac", "preview") else ())]],
    ids=lambda value: getattr(value, "slug", value),
)
def test_it_makes_a_whole_file_from_every_kind_of_master_it_applies_to(
    encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], tmp_path: Path, recipe, kind: str
):
    target = tmp_path / f"made{recipe.suffix}"
    if not recipe.applies(facts[kind]):
        with pytest.raises(pipeline.RecipeDoesNotApplyError):
            pipeline.make(recipe, encoded[kind], target, facts=facts[kind])
        return
    made = pipeline.make(recipe, encoded[kind], target, facts=facts[kind])
    found = sound_of(target)
    assert recipe.suffix in expected_suffixes(recognise(target))
    assert found.duration_ms == pytest.approx(made.duration_ms, abs=60)
    assert getattr(found, "lossless", False) == recipe.lossless
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
def test_how_the_master_was_cut_into_packets_changes_nothing(
    encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], tmp_path: Path, recipe
):
    source = tmp_path / "tiny.flac"
    signals.ffmpeg("-i", str(encoded["wav"]), "-c:a", "flac", "-frame_size", "128", str(source))
    plain = pipeline.make(recipe, encoded["wav"], tmp_path / f"a{recipe.suffix}", facts=facts["wav"])
    tiny = pipeline.make(recipe, source, tmp_path / f"b{recipe.suffix}", facts=probe.probe(source))
    assert plain.sha256 == tiny.sha256


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
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (22_050, 1), (48_000, 6), (192_000, 2), (37_800, 2)])
def test_odd_rates_and_channels_are_made_into_something_that_plays(tmp_path: Path, recipe, rate: int, channels: int):
    sound = np.tile(signals.tone(1, rate=rate), (1, 3))[:, :channels]
    source = signals.write_wav(tmp_path / "odd.wav", sound, rate=rate)
    facts = probe.probe(source)
    target = tmp_path / f"made{recipe.suffix}"
    pipeline.make(recipe, source, target, facts=facts)
    found = sound_of(target)
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
    before = sound_of(target)
    wanted = Tags(title="Wet Street", artists=("Åse", "Bo"), track=1)
    tags.write(target, wanted, picture=None)
    assert tags.read(target) == wanted
    assert dataclasses.replace(sound_of(target), bit_rate=0) == dataclasses.replace(before, bit_rate=0)


def test_a_recipe_whose_encoder_the_ffmpeg_at_hand_lacks_is_refused_by_name(
    encoded: dict[str, Path], facts: dict[str, probe.AudioFacts], tmp_path: Path
):
    poorer = tmp_path / "ffmpeg-poorer"  # the real program, which hides one of its encoders
    real = encoders.ffmpeg()
    poorer.write_text(
        f'#!/bin/sh\nif [ "$2" = -encoders ]; then {real} "$@" | grep -v vorbis; else exec {real} "$@"; fi\n'
    )
    poorer.chmod(0o755)
    assert not encoders.has("libvorbis", poorer)
    assert encoders.has("libopus", poorer)
    with pytest.raises(encoders.EncoderLacksError):
        pipeline.make(RECIPES.get("vorbis-q6"), encoded["wav"], tmp_path / "a.ogg", facts=facts["wav"], program=poorer)
    assert not (tmp_path / "a.ogg").exists()
