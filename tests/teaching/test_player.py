"""The player of the built book: its HTML, its frames and its behaviour in a real browser."""

import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from otbook_utils.teaching import explore
from tests.teaching.drawings import frames, panels, power, shown, soup, stored, svg_at
from tests.teaching.test_style import luminance
from tests.teaching.test_vector import pixels

TWO = {"draw": power, "p": [1, 2, 3, 4], "scale": [0.5, 1.5], "alt": "A power of x that is scaled"}
MANY = {"height": np.linspace(0, 1, 31).round(3)}
HELD = {
    "draw": panels,
    "x": [0, 5, 6, 7, 9, 10],
    "y": [0, 1, 2, 4],
    "alt": "A point that is held",
}
MADE = {
    "one": {"label": "h", "caption": "Watch `h`."},
    "two": TWO,
    "many": MANY,
    "held": {**HELD, "drag": ("x", "y")},
}


@pytest.fixture(scope="module")
def made():
    """Return the pages that have been drawn in this module, by name."""
    return {}


def page_fixture(name):
    @pytest.fixture(name=name)
    def page(made, capsys, monkeypatch):
        if name not in made:
            made[name] = shown(capsys, monkeypatch, "frames", **MADE[name])[0]
        return made[name]

    return page


one, two, many, held = map(page_fixture, MADE)


def test_every_control_has_a_label_and_every_slider_a_button_and_a_value(two):
    page = soup(two)
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    (slider,) = page.find_all("input", type="range")
    assert page.find("label", attrs={"for": slider["id"]}).text == "p"
    assert [b["aria-label"] for b in page.find_all("button")] == ["Play p"]
    assert slider["aria-valuetext"] == "1"
    assert page.find("output", attrs={"for": slider["id"]}).text == "1"
    (group,) = page.find_all(role="radiogroup")
    assert page.find(id=group["aria-labelledby"]).text == "scale"
    assert [label.text for label in group.find_all("label")] == ["0.5", "1.5"]
    assert [r["value"] for r in group.find_all("input", checked=True)] == ["0"]


def test_two_or_three_values_are_chosen_and_not_played(capsys, monkeypatch):
    for n, buttons in ((2, 0), (3, 0), (4, 1)):
        page, _ = shown(capsys, monkeypatch, "frames", height=[0.1 * k for k in range(n)])
        assert len(soup(page).find_all("button")) == buttons
        assert len(soup(page).find_all("input", type="radio")) == (0 if buttons else n)


def test_every_frame_is_an_image_of_one_size_with_an_alt_text_of_its_own(two):
    found = frames(two)
    assert len(set(found)) == 8
    assert {re.search(r'width="[^"]*" height="[^"]*"', f)[0] for f in found} == {
        'width="288" height="192"'
    }
    assert len(set(stored(two)["alts"])) == 8
    assert "scale = 1.5" in stored(two)["alts"][1]


def test_frames_are_the_drawings_in_the_order_of_the_sliders(one):
    tops = []
    for svg in frames(one):
        path = re.search(r'd="M ([^"]*)" [^>]*fill: #1f77b4', svg)[1]
        tops.append(min(float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", path)))
    assert tops == sorted(set(tops), reverse=True)


def test_the_page_keeps_its_layout_while_the_image_is_loaded(one):
    image = soup(one).img
    assert (image["width"], image["height"]) == ("288", "192")
    assert "aspect-ratio:288/192" in soup(one).find(class_="otbook-panel")["style"]


def test_what_frames_share_is_stored_once(many):
    lines = stored(many)["lines"]
    assert len(lines) == len(set(lines))
    whole = len("".join(frames(many)))
    assert sum(map(len, lines)) < 0.15 * whole


def test_the_first_frame_stands_in_the_page(one):
    assert svg_at(soup(one).img["src"]) == frames(one)[0]


def test_axes_stand_still_while_their_labels_change(capsys, monkeypatch):
    def draw(top):
        _, axes = plt.subplots(figsize=(3, 2), layout="constrained")
        axes.set(xlim=(0, 1), ylim=(0, top), xticks=[], facecolor="#123456")

    tops = (1, 10, 1000, 1e6)
    page, _ = shown(capsys, monkeypatch, "frames", draw, top=tops, alt="Axes that grow taller")
    patches = {re.search(r'd="([^"]*)" style="fill: #123456', svg)[1] for svg in frames(page)}
    assert len(patches) == 1


def test_without_a_script_the_start_frame_its_value_and_no_control_is_seen(capsys, monkeypatch):
    page, text = shown(capsys, monkeypatch, "frames", start=0.3)
    assert soup(page).img["alt"].endswith("(height = 0.3)")
    assert text == f"[Figure: {soup(page).img['alt']}]"
    assert soup(page).find(class_="otbook-still").text == "height = 0.3"
    assert soup(page).find(class_="otbook-controls").has_attr("hidden")


def test_nothing_is_loaded_from_anywhere(two):
    text = re.sub(r"base64,[^\"]*|http://www.w3.org/2000/svg", "", two)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", text)


def test_text_cannot_break_out_of_the_player(capsys, monkeypatch):
    nasty = "</script><script>alert(1)</script> \"quoted\" & 'so'"
    page, _ = shown(capsys, monkeypatch, "frames", alt=nasty, label=nasty, caption=nasty)
    assert len(soup(page).find_all("script")) == 2
    assert soup(page).label.text == nasty
    assert soup(page).img["alt"].startswith(nasty)
    assert stored(page)["alts"][0].startswith(nasty)


def test_players_of_the_same_content_have_different_ids(capsys, monkeypatch):
    first, second = (shown(capsys, monkeypatch, "frames")[0] for _ in range(2))
    assert soup(first).figure["id"] != soup(second).figure["id"]


def test_the_same_source_gives_the_same_page():
    code = (
        "import matplotlib; matplotlib.use('agg')\n"
        "from tests.teaching.drawings import panels\n"
        "from otbook_utils.teaching import player, explore\n"
        "player.display = lambda p: print(p.html)\n"
        "for _ in range(2): explore(panels, x=[1, 2, 3, 4], y=[1, 2], drag='x', alt='A point held')"
    )
    pages = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**__import__("os").environ, "OTBOOK_EXPLORE": "frames", "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(pages) == 1


def test_too_many_frames_are_refused_before_any_is_drawn(monkeypatch):
    monkeypatch.setenv("OTBOOK_EXPLORE", "frames")

    def draw(x, y):
        raise AssertionError("drawn")

    with pytest.raises(ValueError, match=r"13 x 19 = 247 frames, at most 240.*shorten x or y"):
        explore(draw, x=range(13), y=range(19), alt="A figure of noise")


def test_a_player_that_is_too_heavy_is_refused(monkeypatch):
    monkeypatch.setenv("OTBOOK_EXPLORE", "frames")

    def noise(seed):
        _, axes = plt.subplots(figsize=(5, 4))
        axes.plot(np.random.default_rng(seed).random(3000), linewidth=0.1)

    with pytest.raises(ValueError, match=r"may weigh 250 kB compressed, and these 30 frames weigh"):
        explore(noise, seed=range(30), alt="A figure of noise")


def test_a_heavy_player_is_less_sharp_than_a_light_one(capsys, monkeypatch):
    def noise(seed):
        _, axes = plt.subplots(figsize=(3, 2))
        axes.pcolormesh(np.random.default_rng(seed).random((60, 80)))

    def widths():
        page, _ = shown(capsys, monkeypatch, "frames", noise, seed=range(4), alt="A map of noise")
        return {image.width for image in pixels("".join(stored(page)["lines"]))}

    (sharp,) = widths()
    monkeypatch.setattr("otbook_utils.teaching.player.HEAVIEST", 30_000)
    monkeypatch.setattr("otbook_utils.teaching.player.SHARPNESS", (144, 36))
    (less,) = widths()
    assert less == pytest.approx(sharp / 4, abs=2)


@pytest.mark.parametrize("odd", [2, 3])
def test_figures_of_different_sizes_are_refused(monkeypatch, odd):
    monkeypatch.setenv("OTBOOK_EXPLORE", "frames")

    def draw(k):
        plt.subplots(figsize=(3 if k == odd else 2, 2))

    with pytest.raises(ValueError, match="figures of one size"):
        explore(draw, k=[1, 2, 3], alt="A figure that grows")


def state(page, k=0):
    """Return value, spoken value and alt text of the k-th player on the page."""
    player = page.locator(".otbook-player").nth(k)
    return (
        player.locator("output").first.inner_text(),
        player.locator("input").first.get_attribute("aria-valuetext"),
        player.locator("img").first.get_attribute("alt"),
    )


def drawing(page, k=0):
    """Return the SVG that the k-th player shows."""
    source = page.locator(".otbook-player").nth(k).locator("img").first.get_attribute("src")
    return page.evaluate("source => fetch(source).then(answer => answer.text())", source)


def test_the_mouse_moves_the_slider(opened, one):
    page = opened(one)
    slider = page.locator("input")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert state(page) == ("0.4", "0.4", stored(one)["alts"][3])
    assert drawing(page) == frames(one)[3]


def test_under_the_finger_the_thumb_glides_and_then_rests_on_a_value(opened, one):
    page = opened(one)
    slider = page.locator("input")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + box["height"] / 2, steps=5)
    assert float(slider.input_value()) % 1 > 0.1
    assert state(page)[0] == "0.2"
    page.mouse.up()
    assert slider.input_value() == "1"


def test_the_keyboard_moves_the_slider(opened, one):
    page = opened(one)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    for key, frame in (
        ("ArrowRight", 1),
        ("ArrowUp", 2),
        ("ArrowLeft", 1),
        ("End", 3),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        text = stored(one)["axes"][0]["texts"][frame]
        assert state(page) == (text, text, stored(one)["alts"][frame])
        assert drawing(page) == frames(one)[frame]


def test_space_on_the_button_plays_to_the_end_and_again_from_the_start(opened, one):
    page = opened(one)
    button = page.locator("button")
    page.keyboard.press("Tab")
    for _ in range(2):
        page.keyboard.press("Space")
        assert button.get_attribute("aria-label") == "Pause h"
        page.wait_for_function("document.querySelector('button').ariaLabel === 'Play h'")
        assert state(page)[0] == "0.4"


def test_the_button_pauses_and_so_does_the_slider(opened, one):
    page = opened(one)
    button = page.locator("button")
    button.click()
    button.click()
    assert button.get_attribute("aria-label") == "Play h"
    button.click()
    page.locator("input").press("ArrowRight")
    assert button.get_attribute("aria-label") == "Play h"


def run_of(page, seconds):
    """Play, and return the values that were shown and the seconds until the end."""
    page.clock.install(time=0)
    page.reload()
    page.clock.pause_at(60_000)
    page.evaluate(
        """() => {
          window.seen = [];
          new MutationObserver(() => seen.push(document.querySelector("output").textContent))
            .observe(document.querySelector("output"), { childList: true });
        }"""
    )
    page.locator("button").click()
    passed = 0
    while page.locator("button").get_attribute("aria-label").startswith("Pause"):
        assert passed < seconds
        page.clock.run_for(100)
        passed += 0.1
    return page.evaluate("seen"), passed


def test_thirty_frames_play_at_fifteen_a_second_and_each_is_seen(opened, many):
    seen, seconds = run_of(opened(many), 10)
    assert list(dict.fromkeys(seen))[-30:] == stored(many)["axes"][0]["texts"][1:]
    assert 2 <= seconds <= 2.5


def test_a_few_frames_take_two_seconds(opened, one):
    _, seconds = run_of(opened(one), 10)
    assert 2 <= seconds <= 2.5


def test_a_reader_who_wants_less_motion_gets_a_picture_a_second(opened, many):
    seen, seconds = run_of(opened(many, reduced_motion="reduce"), 20)
    assert 7 <= seconds <= 9
    assert len(set(seen)) <= 9


def test_nothing_plays_by_itself(opened, one):
    page = opened(one)
    before = state(page)
    page.wait_for_timeout(1000)
    assert state(page) == before


def test_what_the_new_frame_shows_is_spoken_once_the_slider_rests(opened, one):
    page = opened(one)
    page.locator("input").press("ArrowRight")
    told = page.locator(".otbook-told[aria-live=polite]")
    assert told.inner_text() == ""
    page.wait_for_function("document.querySelector('.otbook-told').textContent !== ''")
    assert told.inner_text() == stored(one)["alts"][1]


def test_a_slider_and_a_choice_choose_one_frame(opened, two):
    page = opened(two)
    page.locator("input[type=range]").press("End")
    page.get_by_label("1.5").check(force=True)
    assert state(page)[2] == stored(two)["alts"][7]
    assert drawing(page) == frames(two)[7]


def test_players_on_one_page_do_not_disturb_each_other(opened, one, two):
    page = opened(one, two)
    before = state(page, 1)
    page.locator(".otbook-player").nth(0).locator("input").press("End")
    assert state(page, 0)[0] == "0.4"
    assert state(page, 1) == before


def place(page, x, y):
    """Return where (x, y) of the axes that are held lies in the window."""
    box = page.locator(".otbook-surface").bounding_box()
    return box["x"] + box["width"] * x / 10, box["y"] + box["height"] * (1 - y / 4)


def test_the_mouse_drags_the_thing_itself(opened, held):
    page = opened(held)
    page.mouse.move(*place(page, 1, 1))
    page.mouse.down()
    page.mouse.move(*place(page, 7.3, 2.2), steps=4)
    assert [o.inner_text() for o in page.locator("output").all()] == ["7", "2"]
    assert drawing(page) == frames(held)[3 * 4 + 2]
    handle = page.locator(".otbook-handle").bounding_box()
    middle = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    np.testing.assert_allclose(middle, place(page, 7, 2), atol=1)
    page.mouse.move(*place(page, 14, -3))  # the pointer is held outside of the axes too
    assert [o.inner_text() for o in page.locator("output").all()] == ["10", "0"]
    page.mouse.up()
    page.mouse.move(*place(page, 5, 1))
    assert [o.inner_text() for o in page.locator("output").all()] == ["10", "0"]
    page.keyboard.press("ArrowLeft")  # keys go on from where the pointer was
    assert page.locator("output").first.inner_text() == "9"


def test_a_finger_drags_along_x_while_the_page_scrolls_along_y(opened, capsys, monkeypatch):
    page, _ = shown(capsys, monkeypatch, "frames", **{**HELD, "y": [1, 2]}, drag="x")
    page = opened(page, has_touch=True, viewport={"width": 390, "height": 700})
    page.touchscreen.tap(*place(page, 6.2, 3))
    assert page.locator("output").inner_text() == "6"
    style = page.locator(".otbook-surface").evaluate("e => getComputedStyle(e).touchAction")
    assert style == "pan-y"


def test_what_is_dragged_lies_within_the_axes(capsys, monkeypatch):
    options = {"draw": panels, "alt": "A point that is held", "x": [0, 12]}
    with pytest.raises(ValueError, match=r"values of x.*got 12"):
        shown(capsys, monkeypatch, "frames", **options, drag="x")
    with pytest.raises(ValueError, match="drag_on must be the number of one of the figure's 2"):
        shown(capsys, monkeypatch, "frames", **options, drag="x", drag_on=2)


def test_places_follow_the_scale_of_the_axes(capsys, monkeypatch):
    def draw(x):
        _, axes = plt.subplots(figsize=(3, 2))
        axes.set(xscale="log", xlim=(100, 1))

    page, _ = shown(capsys, monkeypatch, "frames", draw, x=[1, 10, 100], drag="x", alt="A log axis")
    assert stored(page)["drag"]["x"] == {"slider": 0, "at": [1, 0.5, 0]}


def test_on_a_phone_panels_stack_and_letters_stay_legible(opened, held):
    for width, rows in ((1000, 1), (390, 2)):
        page = opened(held, viewport={"width": width, "height": 900})
        boxes = [panel.bounding_box() for panel in page.locator(".otbook-panel").all()]
        assert len({round(box["y"]) for box in boxes}) == rows
        assert len({round(box["x"]) for box in boxes}) == 3 - rows
        letters = float(page.locator(".otbook-plate").get_attribute("data-letters"))
        image = page.locator(".otbook-panel img").first.bounding_box()
        assert letters * image["width"] / (7.2 * 96) >= 9


def test_without_a_script_and_in_print_the_frame_stands_alone(opened, one):
    page = opened(one, java_script_enabled=False)
    assert page.locator("img").is_visible()
    assert page.locator(".otbook-still").is_visible()
    assert not page.locator(".otbook-controls").is_visible()
    page = opened(one)
    assert page.locator(".otbook-controls").is_visible()
    page.locator("input").press("End")
    page.emulate_media(media="print")
    assert not page.locator(".otbook-controls").is_visible()
    assert page.locator(".otbook-still").inner_text() == "h = 0.4"


@pytest.mark.parametrize("width", [1000, 320])
def test_the_page_does_not_shift_or_scroll_sideways(opened, one, held, width):
    page = opened(one, held, viewport={"width": width, "height": 700})
    height = page.evaluate("document.documentElement.scrollHeight")
    for slider in page.locator("input[type=range]").all():
        slider.press("End")
    assert page.evaluate("document.documentElement.scrollHeight") == height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator("button").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 24


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_no_violation(opened, one, two, held, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(one, two, held, viewport={"width": width, "height": 700})
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["impact"]) for v in violations] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_controls_stand_out_from_the_page(opened, one, theme):
    """WCAG 1.4.11: three to one for what shows a control and its state."""
    page = opened(one)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    colours = page.evaluate(
        """() => {
          const style = getComputedStyle(document.querySelector(".otbook-player"));
          const page = getComputedStyle(document.body).backgroundColor;
          return ["--otbook-accent", "--otbook-track", "--otbook-on-accent"].map(
            name => style.getPropertyValue(name).trim()).concat(page);
        }"""
    )
    accent, track, icon = (luminance(c) for c in colours[:3])
    numbers = [float(n) for n in re.findall(r"[\d.]+", colours[3])]
    ground = luminance([n / 255 for n in numbers[:3]]) if sum(numbers) else 1.0
    for one_colour, other in ((accent, ground), (track, ground), (icon, accent)):
        low, high = sorted((one_colour, other))
        assert (high + 0.05) / (low + 0.05) >= 3
