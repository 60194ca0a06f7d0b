"""The built pages in a real browser which reaches nothing but them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.site.visiting import EXTRA_PAGES, Visitor, chapter_names, page_names

EVERY_PAGE = [*page_names(), *EXTRA_PAGES]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
PHONE = 390
GRAVE = ("serious", "critical")

MODES = ("light", "dark")

each_chapter = pytest.mark.parametrize("name", chapter_names())


@dataclass(frozen=True)
class Opened:
    """A page in one of the two modes, with all that is folded opened, and who visits it."""

    page: Any
    visitor: Visitor
    mode: str


@pytest.fixture(
    scope="module",
    params=[(name, mode) for name in EVERY_PAGE for mode in MODES],
    ids=lambda value: "-".join(value),
)
def opened(
    request: pytest.FixtureRequest, chromium: Any, address: str, contexts: dict
) -> Iterator[Opened]:
    """Each page in each mode, opened once for all the tests that only look at it."""
    name, mode = request.param
    visitor = Visitor(chromium, address, contexts)
    page = visitor(name, mode=mode)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")
    yield Opened(page, visitor, mode)
    visitor.leave()


def test_page_raises_no_complaint_and_asks_nobody_else(opened: Opened) -> None:
    assert opened.page.evaluate("document.documentElement.dataset.theme") == opened.mode
    opened.page.mouse.wheel(0, 100_000)  # what is loaded late is loaded now
    opened.page.wait_for_load_state("networkidle")
    assert opened.visitor.complaints == []
    assert opened.visitor.elsewhere == []


def test_formulas_are_drawn(opened: Opened) -> None:
    formulas = opened.page.locator("article .math")
    drawn = opened.page.locator("article .math .katex")
    assert drawn.count() == formulas.count()
    assert opened.page.locator("article .katex-error").all_text_contents() == []
    if formulas.count():
        first = drawn.first.bounding_box()
        assert first["width"] > 1 and first["height"] > 1
        families = "[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)"
        assert any("KaTeX" in family for family in opened.page.evaluate(families))


def grave_violations(page: Any, exclude: list[str], rules: list[str] | None = None) -> list[tuple]:
    """Return what axe finds serious or critical on a page: rule, element, what to do about it."""
    # With `preload`, axe would fetch style sheets itself, from wrong addresses.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if rules is not None:
        options["runOnly"] = {"type": "rule", "values": rules}
    context = {"exclude": [[selector] for selector in exclude]}
    found = Axe().run(page, context=context, options=options).response
    assert found["passes"] or found["inapplicable"]  # it has really looked
    return [
        (violation["id"], node["target"], node.get("failureSummary", "")[:200])
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def test_axe_finds_no_grave_violation(opened: Opened) -> None:
    # Code and the glyphs of formulas are thousands of coloured spans, on which axe takes most of
    # its time; their colours are measured by the test below. Only colours differ in dark mode.
    coloured = ["pre", ".katex"]
    if opened.mode == "light":
        assert grave_violations(opened.page, coloured) == []
        assert grave_violations(opened.page, [".katex"], ["scrollable-region-focusable"]) == []
    else:
        assert grave_violations(opened.page, coloured, ["color-contrast"]) == []


def test_text_can_be_read(opened: Opened) -> None:
    found = opened.page.evaluate(CONTRAST)
    assert found["looked_at"] > 0
    assert found["faults"] == []


def test_nothing_sticks_out_on_a_phone(opened: Opened) -> None:
    before = opened.page.viewport_size
    opened.page.set_viewport_size({"width": PHONE, "height": 844})
    try:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= PHONE
    finally:
        opened.page.set_viewport_size(before)


def test_text_that_cannot_be_read_is_noticed(visit: Visitor) -> None:
    page = visit("book/index.html", mode="dark")
    page.add_style_tag(content="article p { color: #555 !important }")
    assert page.evaluate(CONTRAST)["faults"]


def test_what_axe_finds_grave_is_noticed(visit: Visitor) -> None:
    page = visit("book/index.html")
    page.evaluate("document.querySelector('article img').removeAttribute('alt')")
    assert "image-alt" in [rule for rule, *_ in grave_violations(page, ["pre"])]


def without_network(page: Any) -> None:
    """Cut this page off, its own site included; the context and its other pages keep theirs."""
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )


def players(page: Any) -> list[tuple[Any, dict]]:
    """Return the page's players, each with the data that its script works on."""
    found = page.locator("figure.otbook-player").all()
    sources = [player.locator("script[type='application/json']").text_content() for player in found]
    return [(player, json.loads(source)) for player, source in zip(found, sources, strict=True)]


def shown(player: Any) -> tuple[str, str]:
    image = player.locator("img")
    return image.get_attribute("alt"), image.get_attribute("src")


def place(player: Any, data: dict) -> int:
    """Return which of the frames belongs to where the sliders stand, the last one fastest."""
    place = 0
    for axis, slider in zip(data["axes"], player.locator("input[type=range]").all(), strict=True):
        place = place * len(axis["texts"]) + int(slider.input_value())
    return place


@each_chapter
def test_players_move_by_mouse_without_a_network(visit: Visitor, name: str) -> None:
    page = visit(name)
    without_network(page)
    assert players(page), "a chapter has something to move"
    for player, data in players(page):
        for axis, slider in zip(
            data["axes"], player.locator("input[type=range]").all(), strict=True
        ):
            last = len(axis["texts"]) - 1
            goal = 0 if int(slider.input_value()) == last else last
            before = shown(player)
            slider.scroll_into_view_if_needed()
            box = slider.bounding_box()
            inset = 2 if goal == 0 else box["width"] - 2
            page.mouse.click(box["x"] + inset, box["y"] + box["height"] / 2)
            assert int(slider.input_value()) == goal
            assert slider.get_attribute("aria-valuetext") == axis["texts"][goal]
            output = player.locator(f"output[for='{slider.get_attribute('id')}']")
            assert output.text_content() == axis["texts"][goal]
            assert shown(player)[0] != before[0]
        assert shown(player)[0] in data["alts"]
    assert visit.complaints == []


@each_chapter
def test_players_move_by_keyboard_without_a_network(visit: Visitor, name: str) -> None:
    page = visit(name)
    without_network(page)
    for player, data in players(page):
        for axis, slider in zip(
            data["axes"], player.locator("input[type=range]").all(), strict=True
        ):
            slider.focus()
            page.keyboard.press("Home")
            (_, picture), first = shown(player), place(player, data)
            assert slider.get_attribute("aria-valuetext") == axis["texts"][0]
            page.keyboard.press("ArrowRight")
            assert slider.get_attribute("aria-valuetext") == axis["texts"][1]
            page.keyboard.press("End")
            assert slider.get_attribute("aria-valuetext") == axis["texts"][-1]
            last = place(player, data)
            assert shown(player)[0] == data["alts"][last]
            same = data["order"][first] == data["order"][last]
            assert (shown(player)[1] == picture) is same
            assert player.locator("img").evaluate("(image) => image.decode().then(() => true)")
    assert visit.complaints == []


@each_chapter
def test_play_button_plays_and_pauses(visit: Visitor, name: str) -> None:
    page = visit(name)
    player, _ = players(page)[0]
    slider, button = player.locator("input").first, player.locator("button").first
    slider.focus()
    page.keyboard.press("Home")
    button.click()
    assert button.get_attribute("aria-label").startswith("Pause")
    page.wait_for_function("(input) => input.value !== '0'", arg=slider.element_handle())
    button.click()
    assert button.get_attribute("aria-label").startswith("Play")


@each_chapter
def test_without_scripts_the_first_frame_stands(visit: Visitor, name: str) -> None:
    page = visit(name, javascript=False)
    for player in page.locator("figure.otbook-player").all():
        box = player.locator("img").bounding_box()
        assert box["width"] > 100 and box["height"] > 50
        assert player.locator("img").get_attribute("alt").strip()
        assert player.locator(".otbook-still").is_visible()
        assert not player.locator(".otbook-controls").is_visible()


def test_search_finds_the_chapters_on_what_is_searched_for(visit: Visitor) -> None:
    page = visit("book/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("transport")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=transport*")
    results = page.locator("#search-results li a")
    results.first.wait_for()
    found = {link.get_attribute("href").split("#")[0].split("?")[0] for link in results.all()}
    assert {name for name in chapter_names() if "/optimal_transport/" in name} <= found
    assert visit.complaints == []


def test_colours_can_be_switched(visit: Visitor) -> None:
    page = visit("book/index.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    switch = page.locator("button.theme-switch-button:visible").first
    for _ in range(2):  # light, as the system has it, dark
        switch.click()
    assert page.evaluate("document.documentElement.dataset.mode") == "dark"
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
