"""The built pages in a real browser which reaches nothing but them."""

from typing import Any

import pytest

from tests.site.inspection import (
    darken,
    faults_of,
    grave_violations,
    hard_to_read,
    out_of_reach,
    unmoved_sliders,
)
from tests.site.visiting import EXTRA_PAGES, Visitor, chapter_names, page_names, source_of

# What a player does is tried on one chapter (and in tests/teaching): the script is the same on
# all, and each slider of the others is moved while its page is looked over.
CHAPTER = next(name for name in chapter_names() if "explore(" in source_of(name))
DRAGGED = next(name for name in chapter_names() if 'drag=\\"' in source_of(name))


@pytest.mark.parametrize("name", [*page_names(), *EXTRA_PAGES])
def test_page_is_without_fault_for_eye_ear_and_hand(visit: Visitor, name: str) -> None:
    assert faults_of(visit(name)) == {}
    assert visit.complaints == []


def test_what_all_pages_share_can_be_read(visit: Visitor) -> None:
    for mode in ("light", "dark"):
        page = visit("book/index.html", mode=mode)
        assert page.evaluate("document.documentElement.dataset.theme") == mode
        assert hard_to_read(page) == []
        assert grave_violations(page, colours=True) == []


def test_text_that_cannot_be_read_is_noticed(visit: Visitor) -> None:
    page = visit("book/index.html", mode="dark")
    page.add_style_tag(content="article p { color: #555 !important }")
    assert hard_to_read(page)


def test_what_is_grave_for_a_screen_reader_or_a_keyboard_is_noticed(visit: Visitor) -> None:
    page = visit("book/index.html")
    page.evaluate("document.querySelector('article img').removeAttribute('alt')")
    assert "image-alt" in [rule for rule, *_ in grave_violations(page)]
    page.evaluate(  # now that the theme has helped the keyboard wherever it could
        "document.querySelector('article').insertAdjacentHTML('beforeend',"
        " `<pre style='overflow: auto; white-space: pre'>${'wide '.repeat(999)}</pre>`)"
    )
    assert len(out_of_reach(page)) == 1


def test_a_slider_that_does_nothing_is_noticed(visit: Visitor) -> None:
    page = visit(CHAPTER)
    assert unmoved_sliders(page) == []
    page.evaluate("document.querySelectorAll('input[type=range]')[0].min = 1")
    page.evaluate("document.querySelectorAll('input[type=range]')[0].max = 1")
    assert len(unmoved_sliders(page)) == 2


def test_what_sticks_out_a_formula_undrawn_and_a_missing_file_are_noticed(visit: Visitor) -> None:
    page = visit(CHAPTER)
    page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend', `<img src='gone.png'"
        " alt=''><span class='math'>x</span><div style='width: 2000px'>wide</div>`)"
    )
    found = faults_of(page)
    assert {"formulas", "sticks out on a phone"} <= set(found)
    assert any("404" in complaint for complaint in visit.complaints)


def players(page: Any) -> list[Any]:
    """Return the page's players."""
    found = page.locator("figure.otbook-player").all()
    assert found, "a chapter has something to move"
    return found


def without_network(page: Any) -> None:
    """Cut this page off, its own site included; the context and its other pages keep theirs."""
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )


def told(player: Any, slider: Any) -> tuple[str, str]:
    """Return what is said of a slider's value and of the picture; the value is written beside."""
    value = slider.get_attribute("aria-valuetext")
    output = player.locator(f"output[for='{slider.get_attribute('id')}']")
    assert output.text_content() == value
    picture = player.locator("img").first
    assert picture.evaluate("(image) => image.decode().then(() => true)")
    return value, picture.get_attribute("alt")


def test_a_handle_on_the_edge_is_held_at_its_outer_half_too(visit: Visitor) -> None:
    page = visit(DRAGGED)
    for player in players(page):
        player.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    handle = page.locator(".otbook-along-x > .otbook-handle").first
    handle.scroll_into_view_if_needed()
    output = page.locator("figure.otbook-player", has=handle).locator("output").first
    before, box = output.inner_text(), handle.bounding_box()
    right = page.viewport_size["width"]
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)
    page.mouse.down()
    for end in (0, right):  # wherever it stands, one of the two moves it
        page.mouse.move(end, box["y"], steps=3)
        if output.inner_text() != before:
            break
    page.mouse.up()
    assert output.inner_text() != before


def test_players_move_by_mouse_and_by_keyboard_without_a_network(visit: Visitor) -> None:
    page = visit(CHAPTER)
    for player in players(page):
        player.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    without_network(page)
    for player in players(page):
        for slider in player.locator("input[type=range]").all():
            slider.scroll_into_view_if_needed()
            box = slider.bounding_box()
            last = slider.get_attribute("max")
            seen = []
            for place, value in ((2, "0"), (box["width"] - 2, last)):
                page.mouse.click(box["x"] + place, box["y"] + box["height"] / 2)
                assert slider.input_value() == value
                seen.append(told(player, slider))
            for key, value in (("Home", "0"), ("ArrowRight", "1"), ("End", last)):
                page.keyboard.press(key)
                assert slider.input_value() == value
                seen.append(told(player, slider))
            low, high, home, next_one, end = seen
            assert (low, high) == (home, end)
            assert low[0] != high[0] and low[1] != high[1] and next_one[0] != home[0]
    assert visit.complaints == []


def test_play_button_plays_and_pauses(visit: Visitor) -> None:
    page = visit(CHAPTER)
    player = players(page)[0]
    slider, button = player.locator("input").first, player.locator("button").first
    slider.focus()
    page.keyboard.press("Home")
    button.click()
    assert button.get_attribute("aria-label").startswith("Pause")
    page.wait_for_function("(input) => input.value !== '0'", arg=slider.element_handle())
    button.click()
    assert button.get_attribute("aria-label").startswith("Play")


def test_without_scripts_the_first_frame_stands(visit: Visitor) -> None:
    for player in players(visit(CHAPTER, javascript=False)):
        player.scroll_into_view_if_needed()
        picture = player.locator("img").first
        box = picture.bounding_box()
        assert box["width"] > 100 and box["height"] > 50
        assert picture.get_attribute("alt").strip()
        assert player.locator(".otbook-still").is_visible()
        assert not player.locator("input").first.is_visible()


def test_search_finds_a_chapter_by_a_word_of_its_title(visit: Visitor) -> None:
    word = max(visit(CHAPTER).locator("article h1").text_content().rstrip("#").split(), key=len)
    page = visit("book/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/search.html?q={word}*")
    results = page.locator("#search-results li a")
    results.first.wait_for()
    found = {link.get_attribute("href").split("#")[0].split("?")[0] for link in results.all()}
    assert CHAPTER in found
    assert visit.complaints == []


def test_colours_can_be_switched(visit: Visitor) -> None:
    page = visit("book/index.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    darken(page)
    assert page.evaluate(ground) != before


def test_a_request_to_a_third_party_fails_and_is_noticed(
    chromium: Any, address: str, contexts: dict
) -> None:
    visitor = Visitor(chromium, address, contexts)
    page = visitor("book/index.html")
    stranger = "http://example.org/a.js"
    arrived = page.evaluate(
        f"fetch('{stranger}', {{mode: 'no-cors'}}).then(() => true, () => false)"
    )
    visitor.leave()
    assert not arrived
    assert visitor.elsewhere == [stranger]
