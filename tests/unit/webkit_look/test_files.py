"""The front end's own rules: what the strict policy forbids is nowhere, every icon exists, files stay short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

import bandstand.webkit
from bandstand.webkit import samples
from bandstand.webkit.fonts import FAMILIES, FontFinder

HERE = Path(bandstand.webkit.__file__).parent
TEMPLATES = sorted(HERE.glob("templates/**/*.html"))
SCRIPTS = sorted(HERE.glob("static/webkit/**/*.js"))
STYLES = sorted(HERE.glob("static/webkit/css/*.css"))
SPRITE = (HERE / "static/webkit/icons.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_style_or_script(path):
    html = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:|hx-on", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_icon_that_is_used_is_drawn(path):
    for name in re.findall(r'{% icon "([\w-]+)"|icon_name="([\w-]+)"', path.read_text(encoding="utf-8")):
        assert f'id="{name[0] or name[1]}"' in SPRITE


def test_the_gallery_shows_every_icon():
    assert set(samples.ICONS) == set(re.findall(r'<symbol id="([\w-]+)"', SPRITE))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_short_and_import_what_exists(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < 200
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", text)
    for name in re.findall(r'(?:from|import) "(\.[^"]+)"', text):
        assert (path.parent / name).is_file()


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_style_sheets_are_short_and_import_nothing(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < 300
    assert "@import" not in text
    assert not re.findall(r"url\(\"?(?:https?:)?//", text)


def test_every_font_that_a_style_names_is_found():
    css = (HERE / "static/webkit/css/fonts.css").read_text(encoding="utf-8")
    names = re.findall(r'url\("\.\./\.\./(fonts/[^"]+)"\)', css)
    assert len(names) == 6
    for name in names:
        assert Path(str(finders.find(name))).is_file()


def test_the_font_finder_gives_only_what_pages_use_with_its_licence():
    finder = FontFinder()
    assert finder.check() == []
    found = {
        f"{storage.prefix}/{name}"  # type: ignore[attr-defined]  # collectstatic reads it
        for name, storage in finder.list([])
    }
    assert found == {f"fonts/{family.slug}/{name}" for family in FAMILIES for name in family.files}
    assert finder.find("fonts/hanken/../../../__init__.py") == []
    assert finder.find("fonts/hanken/HankenGrotesk-Bold.otf") == []
