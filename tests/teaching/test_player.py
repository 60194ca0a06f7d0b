"""The player of the built book: its HTML, its frames and its behaviour in a real browser."""

import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from otbook_utils.teaching import explore
from otbook_utils.teaching import player as player_module
from tests.teaching.drawings import bar, frames, image_at, power, shown, soup, stored

TWO = {"draw": power, "p": [1, 2, 3], "scale": [0.5, 1.5], "alt": "A power of x that is scaled"}


@pytest.fixture
def one(capsys, monkeypatch):
    return shown(capsys, monkeypatch, "frames", label="h", caption="Watch `h`.")[0]


@pytest.fixture
def two(capsys, monkeypatch):
    return shown(capsys, monkeypatch, "frames", **TWO)[0]


def test_every_slider_has_a_label_a_name_for_its_button_and_a_value(two):
    page = soup(two)
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    sliders = page.find_all("input", type="range")
    assert [page.find("label", attrs={"for": s["id"]}).text for s in sliders] == ["p", "scale"]
    assert [b["aria-label"] for b in page.find_all("button")] == ["Play p", "Play scale"]
    assert [s["aria-valuetext"] for s in sliders] == ["1", "0.5"]
    assert [page.find("output", attrs={"for": s["id"]}).text for s in sliders] == ["1", "0.5"]


def test_every_frame_is_an_image_of_one_size_with_an_alt_text_of_its_own(two):
    images = [image_at(address) for address in frames(two)]
    assert len(images) == 6
    assert {image.size for image in images} == {(576, 384)}
    assert len(set(stored(two)["alts"])) == 6
    assert "scale = 1.5" in stored(two)["alts"][1]


def test_frames_are_the_drawings_in_the_order_of_the_sliders(one):
    heights = []
    for address in frames(one):
        pixels = np.asarray(image_at(address))
        blue = (abs(pixels.astype(int) - [31, 119, 180]).sum(axis=2) < 12).sum(axis=0)
        heights.append(blue[: len(blue) // 2].max())
    assert heights == sorted(set(heights))


def test_the_page_keeps_its_layout_while_the_image_is_decoded(one):
    image = soup(one).img
    assert (image["width"], image["height"]) == ("288", "192")


def test_frames_that_look_alike_are_stored_once(capsys, monkeypatch):
    page, _ = shown(
        capsys, monkeypatch, "frames", lambda x: bar(x > 2), x=[1, 2, 3, 4], alt="Bars that jump"
    )
    assert len(stored(page)["frames"]) == 2
    assert stored(page)["order"] == [0, 0, 1, 1]


def test_the_first_frame_is_not_stored_twice(one):
    for address in set(frames(one)):
        assert one.count(address) == 1


def test_without_a_script_the_start_frame_its_value_and_no_control_is_seen(capsys, monkeypatch):
    page, text = shown(capsys, monkeypatch, "frames", start=0.3)
    assert soup(page).img["alt"].endswith("(height = 0.3)")
    assert text == f"[Figure: {soup(page).img['alt']}]"
    assert soup(page).find(class_="otbook-still").text == "height = 0.3"
    assert soup(page).find(class_="otbook-controls").has_attr("hidden")


def test_nothing_is_loaded_from_anywhere(two):
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r"base64,[^\"]*", "", two))


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
        "from tests.teaching.drawings import power\n"
        "from otbook_utils.teaching import player, explore\n"
        "player.display = lambda p: print(p.html)\n"
        "for _ in range(2): explore(power, p=[1, 2], scale=['1', '2'][:0] or [1, 2], "
        "alt='A power of x')"
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

    with pytest.raises(ValueError, match=r"13 x 12 = 156 frames, at most 150.*shorten x or y"):
        explore(draw, x=range(13), y=range(12), alt="A figure of noise")


def test_a_player_that_is_too_heavy_is_refused(monkeypatch):
    monkeypatch.setenv("OTBOOK_EXPLORE", "frames")

    def noise(seed):
        _, axes = plt.subplots(figsize=(7, 5))
        axes.imshow(np.random.default_rng(seed).random((500, 700, 3)))

    with pytest.raises(ValueError, match=r"may weigh 700 kB, and \d of the 6 frames weigh more"):
        explore(noise, seed=range(6), alt="A figure of noise")


def test_a_heavy_player_is_less_sharp_than_a_light_one(capsys, monkeypatch):
    monkeypatch.setattr(player_module, "SHARPNESS", ((192, 9_000), (144, 500_000)))
    page, _ = shown(capsys, monkeypatch, "frames", draw=power, p=[1, 2, 3, 4, 5], alt="A power x",
                    scale=[1, 2])  # fmt: skip
    assert {image_at(address).size for address in frames(page)} == {(432, 288)}


def test_figures_of_different_sizes_are_refused(monkeypatch):
    monkeypatch.setenv("OTBOOK_EXPLORE", "frames")

    def draw(width):
        plt.subplots(figsize=(width, 2))

    with pytest.raises(ValueError, match="figures of one size"):
        explore(draw, width=[2, 3], alt="A figure that grows")


def state(page, k=0):
    """Return value, spoken value, alt text and source of the k-th player on the page."""
    player = page.locator(".otbook-player").nth(k)
    image = player.locator("img")
    return (
        player.locator("output").first.inner_text(),
        player.locator("input").first.get_attribute("aria-valuetext"),
        image.get_attribute("alt"),
        image.get_attribute("src"),
    )


def test_the_mouse_moves_the_slider(opened, one):
    page = opened(one)
    slider = page.locator("input")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert state(page)[:2] == ("0.4", "0.4")
    assert state(page)[2:] == (stored(one)["alts"][3], frames(one)[3])


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
        assert state(page) == (text, text, stored(one)["alts"][frame], frames(one)[frame])


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


def test_nothing_plays_by_itself(opened, one):
    page = opened(one)
    before = state(page)
    page.wait_for_timeout(2 * stored(one)["interval"])
    assert state(page) == before


def test_a_reader_who_wants_less_motion_gets_slower_steps(opened, one):
    page = opened(one, reduced_motion="reduce")
    page.clock.install()
    page.reload()
    page.locator("button").click()
    page.clock.run_for(1100)
    assert state(page)[0] == "0.1"
    page.clock.run_for(200)
    assert state(page)[0] == "0.2"


def test_what_the_new_frame_shows_is_spoken_once_the_slider_rests(opened, one):
    page = opened(one)
    page.locator("input").press("ArrowRight")
    told = page.locator(".otbook-told[aria-live=polite]")
    assert told.inner_text() == ""
    page.wait_for_function("document.querySelector('.otbook-told').textContent !== ''")
    assert told.inner_text() == stored(one)["alts"][1]


def test_two_sliders_choose_one_frame(opened, two):
    page = opened(two)
    page.locator("input").nth(0).press("End")
    page.locator("input").nth(1).press("End")
    assert state(page)[2:] == (stored(two)["alts"][5], frames(two)[5])


def test_players_on_one_page_do_not_disturb_each_other(opened, one, two):
    page = opened(one, two)
    before = state(page, 1)
    page.locator(".otbook-player").nth(0).locator("input").press("End")
    assert state(page, 0)[0] == "0.4"
    assert state(page, 1) == before


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
def test_the_page_does_not_shift_or_scroll_sideways(opened, one, two, width):
    page = opened(one, two, viewport={"width": width, "height": 700})
    height = page.evaluate("document.documentElement.scrollHeight")
    for slider in page.locator("input").all():
        slider.press("End")
    assert page.evaluate("document.documentElement.scrollHeight") == height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator("button").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 24


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_no_violation(opened, one, two, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(one, two, viewport={"width": width, "height": 700})
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
    accent, track, icon = (luminance(from_hex(c)) for c in colours[:3])
    numbers = [float(n) for n in re.findall(r"[\d.]+", colours[3])]
    ground = luminance([n / 255 for n in numbers[:3]]) if sum(numbers) else 1.0
    for one_colour, other in ((accent, ground), (track, ground), (icon, accent)):
        low, high = sorted((one_colour, other))
        assert (high + 0.05) / (low + 0.05) >= 3


def from_hex(text):
    from matplotlib.colors import to_rgb

    return to_rgb(text)


def luminance(rgb):
    c = np.array(rgb)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
        0.2126,
        0.7152,
        0.0722,
    ]
