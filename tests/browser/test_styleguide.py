"""The gallery: accessible in every theme, nothing scrolls sideways on the smallest screen, readable without script."""

from __future__ import annotations

import pytest
from tests.browser.waiting import until

PAGES = ["", "front/", "release/0/", "release/4/"]
THEMES = ["light", "dark", "contrast"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_any_theme(new_page, axe, styleguide_server, name, theme):
    page = new_page(reduced_motion="reduce")
    page.context.add_cookies([{"name": "theme", "value": theme, "url": styleguide_server}])
    page.goto(f"{styleguide_server}/styleguide/{name}")
    assert page.locator("html").get_attribute("data-theme") == theme
    axe(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_a_choice_the_page_follows_the_system(new_page, axe, styleguide_server, scheme):
    page = new_page(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{styleguide_server}/styleguide/")
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number)")
    assert (red + green + blue > 600) == (scheme == "light")
    axe(page)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 375, 768])
def test_nothing_scrolls_sideways(new_page, axe, styleguide_server, name, width):
    page = new_page(viewport={"width": width, "height": 700}, reduced_motion="reduce")
    page.goto(f"{styleguide_server}/styleguide/{name}")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    if width == 320:
        axe(page)


def test_everything_to_press_is_at_least_24_pixels_high_and_wide(new_page, styleguide_server):
    page = new_page(viewport={"width": 375, "height": 700})
    page.goto(f"{styleguide_server}/styleguide/")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, main :is(input, select), footer a, a.button, [data-play]")]
        .filter((element) => element.offsetParent !== null && element.type !== "hidden")
        .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
        .filter(([, box]) => Math.min(box.width, box.height) < 22).map(([html]) => html)"""
    )
    # A native tick box of 22 px stands in a label of 44.
    assert small == []


def test_the_chosen_theme_is_there_after_a_reload(page, styleguide_server):
    page.goto(f"{styleguide_server}/styleguide/")
    page.get_by_role("button", name="Dark", exact=True).click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="As the system").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "auto"


def test_the_fonts_arrive(page, styleguide_server):
    page.goto(f"{styleguide_server}/styleguide/")
    loaded = page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts]"
        ".filter((face) => face.status === 'loaded').map((face) => face.family))"
    )
    assert {name.strip('"') for name in loaded} == {"Source Serif Pro", "Hanken Grotesk"}


def test_without_script_a_play_button_is_a_link_to_the_sound(new_page, styleguide_server):
    page = new_page(java_script_enabled=False)
    page.goto(f"{styleguide_server}/styleguide/release/0/")
    sound = page.locator("[data-play]").first.get_attribute("href")
    answer = page.request.get(styleguide_server + str(sound))
    assert answer.headers["content-type"] == "audio/wav"
    assert page.locator("#player").is_hidden()


def test_a_boosted_visit_moves_the_focus_and_says_the_title(page, styleguide_server):
    page.goto(f"{styleguide_server}/styleguide/")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="A front page").click()
    page.wait_for_url("**/styleguide/front/")
    until(page, "document.activeElement.id === 'main'")
    assert page.title() == "A front page · Bandstand"
    assert page.locator("#announcer").text_content() == "A front page · Bandstand"
    assert page.locator("#site-nav [aria-current]").text_content() == "A front page"
    page.go_back()
    until(page, "document.title.startsWith('Components')")
    until(page, "document.querySelector('#site-nav [aria-current]').textContent === 'Components'")
    assert page.evaluate("window.stayed") is True


def test_going_back_finds_the_place_on_the_page(page, styleguide_server):
    page.goto(f"{styleguide_server}/styleguide/")
    page.evaluate("window.scrollTo(0, 1500)")
    until(page, "window.scrollY === 1500")
    page.locator("#card ~ *, .card-link").nth(1).evaluate("(element) => element.scrollIntoView()")
    page.wait_for_timeout(200)
    place = page.evaluate("window.scrollY")
    page.evaluate("document.querySelector('.card-link').click()")
    page.wait_for_url("**/release/0/")
    until(page, "window.scrollY === 0")
    page.go_back()
    until(page, f"Math.abs(window.scrollY - {place}) < 5")


def test_an_error_page_is_shown_in_place_and_says_why(page, trouble, styleguide_server):
    trouble.expect("403")
    page.goto(f"{styleguide_server}/styleguide/front/")
    page.evaluate(
        "document.querySelector('#main').insertAdjacentHTML('afterbegin', '<a id=bad href=/trouble/>bad</a>');"
        "htmx.process(document.getElementById('bad')); window.stayed = true"
    )
    page.locator("#bad").click()
    page.get_by_role("heading", name="This is sold elsewhere.").wait_for()
    assert page.evaluate("window.stayed") is True


def test_the_skip_link_goes_to_the_content(page, styleguide_server):
    page.goto(f"{styleguide_server}/styleguide/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'main'")


def test_a_form_that_swaps_a_part_inherits_nothing_of_the_boosting(page, styleguide_server):
    page.goto(f"{styleguide_server}/forms/")
    page.get_by_role("button", name="Swap a part").click()
    until(page, "document.getElementById('said').textContent === 'only this'")
    assert page.get_by_role("heading", name="Forms").is_visible()


def test_a_boosted_form_shows_its_message_beside_the_page(page, styleguide_server):
    page.goto(f"{styleguide_server}/forms/")
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Send all").click()
    page.locator("#messages").get_by_text("It is on your shelf.").wait_for()
    assert page.evaluate("window.stayed") is True


def test_a_link_to_another_port_is_left_to_the_browser(page, styleguide_server, sound_server):
    page.goto(f"{styleguide_server}/forms/?elsewhere={sound_server}/tone.wav")
    page.get_by_role("link", name="Elsewhere").click()
    page.wait_for_url(f"{sound_server}/tone.wav")
