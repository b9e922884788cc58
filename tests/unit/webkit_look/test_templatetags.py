from __future__ import annotations

import json

import pytest
from django import forms
from django.template import Context, Engine
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from bandstand.webkit.templatetags import webkit
from bandstand.webkit.tints import PLAIN, nearest_tint
from bandstand.webkit.waveforms import outline

TINTS = {f"tint-{hue:02}{kind}" for hue in range(12) for kind in ("", "-vivid")} | {PLAIN}


@pytest.mark.parametrize(
    ("palette", "tint"),
    [
        (["#d9482b"], "tint-01-vivid"),
        (["#1c3a4a"], "tint-08"),
        (["#808080", "#3f6b4f"], "tint-05"),
        (["#111111", "#fafafa"], PLAIN),
        ([], PLAIN),
        (["red; background: url(x)"], PLAIN),
    ],
)
def test_a_palette_finds_its_tint(palette, tint):
    assert nearest_tint(palette) == tint


@given(st.lists(st.one_of(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.text(max_size=9)), max_size=4))
def test_any_palette_gives_a_class_that_exists(palette):
    assert nearest_tint(palette) in TINTS


def test_a_palette_that_is_missing_is_plain():
    assert webkit.tint(None) == PLAIN


@given(st.binary(min_size=1, max_size=700), st.integers(1, 300))
def test_a_waveform_has_one_bar_for_each_bucket_and_stays_in_its_box(peaks, buckets):
    path = outline(peaks, buckets)
    bars = [part.split("V") for part in path.removeprefix("M").split("M")]
    assert len(bars) == buckets
    for i, (move, end) in enumerate(bars):
        x, y = move.split(" ")
        assert float(x) == i + 0.5
        assert 2 <= int(y) < 50 < int(end) <= 98


def test_the_loudest_slice_of_a_bucket_counts():
    assert outline(bytes([0, 255, 0, 0]), 2) == "M0.5 2V98M1.5 49V51"


def test_no_peaks_give_no_path():
    assert webkit.waveform_path(None) == ""


@pytest.mark.parametrize(
    ("milliseconds", "said", "iso"),
    [(0, "0:00", "PT0S"), (185_000, "3:05", "PT185S"), (3_729_400, "1:02:09", "PT3729S"), (None, "0:00", "PT0S")],
)
def test_times(milliseconds, said, iso):
    assert (webkit.clock(milliseconds), webkit.clock_iso(milliseconds)) == (said, iso)


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(2_880_000, "48 minutes"), (4_320_000, "1 hour 12 minutes"), (7_200_000, "2 hours"), (900, "1 minute")],
)
def test_running_times_in_words(milliseconds, said):
    assert webkit.running_time(milliseconds) == said


def test_an_icon_is_decoration_until_it_has_a_label():
    assert 'aria-hidden="true"' in webkit.icon("play")
    labelled = webkit.icon("lock", '"><script>')
    assert 'role="img"' in labelled
    assert "<script>" not in labelled


def test_what_is_played_is_escaped_into_its_attribute():
    play = {"url": "/a.wav", "title": "\"><img src=x onerror=alert(1)> ' &", "artist": "مرحبا"}
    template = Engine.get_default().from_string('{% include "webkit/components/play.html" %}')
    html = template.render(Context({"play": play}))
    assert "<img" not in html
    assert json.loads(webkit.as_json(play)) == play


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("contrast", "contrast"), ('"><b>', "auto"), ("", "auto")]
)
def test_only_known_themes_are_chosen(cookie, theme):
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert webkit.theme_of(request) == theme


class Sample(forms.Form):
    email = forms.EmailField(help_text="For the receipt.")
    news = forms.BooleanField(required=False)


def field(form: forms.Form, name: str) -> str:
    template = Engine.get_default().from_string('{% include "webkit/components/field.html" with field=field only %}')
    return template.render(Context({"field": form[name]}))


def test_a_field_points_to_its_hint_and_its_error():
    html = field(Sample({"email": "nonsense"}), "email")
    assert 'aria-describedby="id_email-hint id_email-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_email-hint"' in html
    assert 'id="id_email-error"' in html


def test_a_field_without_trouble_says_nothing_of_errors():
    html = field(Sample(), "email")
    assert 'aria-describedby="id_email-hint"' in html
    assert "aria-invalid" not in html
    assert 'class="field field-check"' in field(Sample(), "news")
