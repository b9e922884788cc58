"""The player: sound is proven by the clock that advances and the analyser's level above zero."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from tests.browser.waiting import until

PLAYING = "window.bandstandPlayer.state === 'playing'"
SOUNDING = "window.bandstandPlayer.level() > 0.01"


def press_play(page, name):
    page.get_by_role("button", name=name, exact=True).first.click()
    until(page, PLAYING)


def proves_sound(page):
    until(page, SOUNDING)
    began = page.evaluate("window.bandstandPlayer.currentTime")
    until(page, f"window.bandstandPlayer.currentTime > {began} + 0.3")


def queue(page):
    return page.evaluate("window.bandstandPlayer.queue.map((item) => item.title)")


@pytest.fixture
def release(page, styleguide_server):
    page.goto(f"{styleguide_server}/styleguide/release/0/")
    return page


@pytest.fixture
def one_sound(page, styleguide_server, sound_server):
    def visit(name, **more):
        page.goto(f"{styleguide_server}/one-sound/?" + urlencode({"url": f"{sound_server}/{name}"} | more))
        return page

    return visit


def test_a_preview_sounds_and_the_bar_says_what_it_is(release, axe):
    press_play(release, "Play Breakwater")
    proves_sound(release)
    bar = release.get_by_role("region", name="Player")
    assert bar.get_by_role("link").text_content() == "Breakwater"
    assert bar.get_by_text("Now playing: Breakwater, Ada Holm").count() == 1
    assert release.locator("a[data-play][aria-pressed=true]").count() == 1
    axe(release)


def test_a_sound_of_another_origin_can_be_measured_too(one_sound):
    page = one_sound("tone.wav")
    press_play(page, "Play One sound")
    proves_sound(page)


def test_sound_survives_links_and_the_back_button(release):
    press_play(release, "Play Breakwater")
    release.evaluate("window.stayed = true")
    for visit in (
        lambda: release.get_by_role("link", name="A front page").click(),
        lambda: release.get_by_role("link", name="Components").click(),
        release.go_back,
        release.go_back,
    ):
        before = release.evaluate("window.bandstandPlayer.currentTime")
        address = release.url
        visit()
        until(release, f"location.href !== {json.dumps(address)}")
        until(release, f"window.bandstandPlayer.currentTime > {before}")
        proves_sound(release)
    assert release.evaluate("window.stayed") is True
    until(release, "document.querySelector('a[data-play][aria-pressed=true]') !== null")


def test_pressing_again_pauses_and_goes_on_at_the_same_place(release):
    press_play(release, "Play Eight Lamps")
    proves_sound(release)
    release.get_by_role("button", name="Play Eight Lamps", exact=True).click()
    until(release, "window.bandstandPlayer.state === 'paused'")
    held = release.evaluate("window.bandstandPlayer.currentTime")
    assert release.evaluate("window.bandstandPlayer.level()") == 0
    press_play(release, "Play Eight Lamps")
    assert release.evaluate("window.bandstandPlayer.currentTime") >= held


def test_a_track_list_plays_on_by_itself(release):
    press_play(release, "Play Breakwater")
    assert len(queue(release)) == 6
    seek = release.get_by_role("slider", name="Position")
    seek.evaluate("(element) => { element.value = 11.7; element.dispatchEvent(new Event('change')); }")
    until(release, "window.bandstandPlayer.index === 1 && " + PLAYING)


def test_keys_work_everywhere_but_where_one_types(one_sound, page):
    one_sound("tone.wav")
    press_play(page, "Play One sound")
    page.locator("#main").focus()
    page.keyboard.press("k")
    until(page, "window.bandstandPlayer.state === 'paused'")
    page.keyboard.press("Space")
    until(page, PLAYING)
    page.keyboard.press("l")
    until(page, "window.bandstandPlayer.currentTime >= 10")
    page.keyboard.press("j")
    until(page, "window.bandstandPlayer.currentTime < 9")
    page.keyboard.press("m")
    until(page, "window.bandstandPlayer.volume === 0")
    until(page, "window.bandstandPlayer.level() < 0.001")
    page.keyboard.press("m")
    page.get_by_label("Note").fill("")
    page.get_by_label("Note").press_sequentially("k m j")
    assert page.evaluate("[window.bandstandPlayer.state, window.bandstandPlayer.volume]") == ["playing", 1]


def test_next_and_previous_by_key(release):
    press_play(release, "Play Breakwater")
    release.locator("#main").focus()
    release.keyboard.press("n")
    until(release, "window.bandstandPlayer.index === 1 && " + PLAYING)
    release.keyboard.press("Shift+ArrowRight")
    until(release, "window.bandstandPlayer.index === 2 && " + PLAYING)
    release.keyboard.press("Shift+ArrowLeft")
    until(release, "window.bandstandPlayer.index === 1 && " + PLAYING)


def test_the_list_of_keys_opens_and_closes_and_keys_can_be_switched_off(release, axe):
    release.keyboard.press("?")
    panel = release.get_by_role("heading", name="Keys")
    assert panel.is_visible()
    axe(release)
    release.get_by_label("Use these keys").uncheck()
    release.keyboard.press("Escape")
    assert panel.is_hidden()
    release.locator("#main").focus()
    release.keyboard.press("?")
    assert panel.is_hidden()


def test_the_queue_can_be_reordered_and_emptied(release, axe):
    press_play(release, "Play Breakwater")
    release.get_by_role("button", name="Queue").click()
    first, second, *rest = queue(release)
    release.get_by_role("button", name=f"Move {first} down").click()
    assert queue(release) == [second, first, *rest]
    assert release.evaluate("window.bandstandPlayer.index") == 1
    release.get_by_role("button", name=f"Remove {second} from the queue").click()
    assert queue(release) == [first, *rest]
    assert release.evaluate(PLAYING)
    axe(release)
    release.get_by_role("button", name="Clear the queue").click()
    assert queue(release) == []
    assert release.locator("#player").is_hidden()


def test_a_reload_offers_queue_and_place_paused(release):
    press_play(release, "Play Low Water")
    until(release, "window.bandstandPlayer.currentTime > 1")
    titles = queue(release)
    release.reload()
    assert queue(release) == titles
    assert release.evaluate("[window.bandstandPlayer.index, window.bandstandPlayer.state]") == [4, "paused"]
    assert release.evaluate("window.bandstandPlayer.currentTime") >= 1
    release.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True).click()
    until(release, PLAYING)
    proves_sound(release)
    assert release.evaluate("window.bandstandPlayer.currentTime") >= 1


def test_addresses_that_expire_are_not_kept(one_sound, page):
    one_sound("tone.wav?ticket=secret", transient="1")
    press_play(page, "Play One sound")
    until(page, "window.bandstandPlayer.currentTime > 0.5")
    page.reload()
    assert "secret" not in page.evaluate("JSON.stringify(localStorage)")
    assert queue(page) == []


@pytest.mark.parametrize(("name", "kind"), [("busy.wav", "busy"), ("broken.wav", "broken"), ("flaky.wav", "offline")])
def test_a_sound_that_fails_says_why(one_sound, trouble, name, kind):
    trouble.expect(r"429|503")
    page = one_sound(name)
    page.get_by_role("button", name="Play One sound").click()
    until(page, f"window.bandstandPlayer.trouble === '{kind}'")
    alert = page.get_by_role("region", name="Player").get_by_role("alert")
    assert alert.is_visible()
    assert alert.get_by_role("button", name="Try again").is_visible()


def test_trying_again_plays_when_the_world_is_well_again(one_sound, trouble, sound_server):
    trouble.expect(r"503")
    page = one_sound("flaky.wav?second")
    page.get_by_role("button", name="Play One sound").click()
    until(page, "window.bandstandPlayer.state === 'error'")
    page.request.get(f"{sound_server}/heal?second")
    page.get_by_role("button", name="Try again").click()
    until(page, PLAYING)
    proves_sound(page)


def test_the_queue_takes_what_is_added(one_sound, page):
    one_sound("tone.wav")
    page.get_by_role("button", name="Add One sound to the queue").click()
    assert queue(page) == ["One sound"]
    assert page.evaluate("window.bandstandPlayer.state") == "paused"
    page.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True).click()
    until(page, PLAYING)


def test_the_system_learns_what_plays(release):
    press_play(release, "Play Breakwater")
    until(release, "navigator.mediaSession.playbackState === 'playing'")
    said = release.evaluate(
        "(({title, artist, artwork}) => [title, artist, artwork.length])(navigator.mediaSession.metadata)"
    )
    assert said == ["Breakwater", "Ada Holm", 1]


def test_the_bar_fits_the_smallest_screen(new_page, axe, styleguide_server):
    page = new_page(viewport={"width": 320, "height": 640}, reduced_motion="reduce", color_scheme="dark")
    page.goto(f"{styleguide_server}/styleguide/release/0/")
    press_play(page, "Play Breakwater")
    page.get_by_role("button", name="Queue").click()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    axe(page)
