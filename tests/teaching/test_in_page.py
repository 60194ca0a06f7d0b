"""A figure computed in the page: its HTML, and what a reader meets in a browser."""

import json
import subprocess
import sys
from html import escape

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup

from otbook_utils.teaching import in_page

ALT = "A disc on a line"

# A disc that is dragged along a line and told in metres, a slider, and a button that plays.
DISC = """
let x = data.start;
const picture = svg("svg", { height: 60 }), disc = svg("circle", { r: 20, cy: 30 });
picture.append(disc);
const [row, show] = slider({
  label: "place", least: 0, most: 300, step: 1, value: x, text: (v) => `${v} m`, moved: put,
});
const [playing, stop] = player("Roll", 0.2, (part) => put(300 * part));
row.append(playing, button("Stop", stop));
stage.append(picture, row);
function put(value) {
  x = clamp(value, [0, 300]);
  disc.setAttribute("cx", x);
  show(Math.round(x));
  place(disc, `${Math.round(x)} metres`);
  announce(`The disc is at ${Math.round(x)} m.`);
}
hold(disc, { label: "disc", centre: () => [x, 30], moveTo: put, nudge: (right) => put(x + right) });
whenSized((width) => { picture.setAttribute("width", width); put(x); });
"""


def line():
    plt.subplots(figsize=(3, 2))[1].plot([0, 1], [0, 0])


@pytest.fixture
def made(monkeypatch):
    """Return a function that returns the HTML of an in_page figure."""

    def make(script=DISC, data=None, **options):
        pictures = []
        monkeypatch.setattr("IPython.display.display", pictures.append)
        data = {"start": 40} if data is None else data
        in_page(script, still=options.pop("still", line), alt=ALT, data=data, **options)
        (picture,) = pictures
        assert repr(picture) == f"[Figure: {ALT}]"
        return picture.html

    return make


def place(page, k=0):
    disc = page.locator("figure").nth(k).locator("circle")
    return float(disc.get_attribute("cx")), disc.get_attribute("aria-valuetext")


# -- the page's source ---------------------------------------------------------------------------


def test_without_a_script_the_picture_its_text_and_its_caption_are_seen(made):
    figure = BeautifulSoup(made(caption="Drag `x`."), "html.parser").figure
    assert figure.img["alt"] == figure["aria-label"] == ALT
    assert (figure.img["width"], figure.img["height"]) == ("288", "192")
    assert figure.figcaption.code.text == "x"
    assert figure.find(class_="otbook-stage").has_attr("hidden")


def test_data_reach_the_script_as_numbers_whatever_they_were(made):
    page = BeautifulSoup(
        made(data={"x": np.eye(2), "n": np.int64(3), "w": "</script>"}), "html.parser"
    )
    text = page.find("script", type="application/json").string
    assert "<" not in text
    assert json.loads(text) == {"x": [[1.0, 0.0], [0.0, 1.0]], "n": 3, "w": "</script>"}


def test_the_same_figure_twice_has_two_ids_and_the_same_source_gives_the_same_pages():
    code = (
        "import matplotlib; matplotlib.use('agg')\n"
        "import IPython.display\n"
        "IPython.display.display = lambda p: print(p.html)\n"
        "from tests.teaching.test_in_page import *\n"
        "for _ in range(2): in_page(DISC, still=line, data={'start': 1, 'b': 2}, alt=ALT)"
    )
    pages = {
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout
        for _ in range(2)
    }
    (page,) = pages
    ids = [tag["id"] for tag in BeautifulSoup(page, "html.parser").find_all("figure")]
    assert len(set(ids)) == 2


def test_nothing_is_loaded_from_anywhere(made):
    text = (
        made().replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xhtml", "")
    )
    assert not any(mark in text for mark in ("http:", "https:", "@import", "url("))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"script": " "}, "script must be JavaScript"),
        ({"script": None}, "script must be JavaScript"),
        ({"script": "'</script>'"}, "script must not hold"),
        ({"still": plt}, "still must be a function, got module"),
        ({"still": lambda: None}, "draw must draw on a new"),
        ({"alt": "Disc"}, "alt must describe"),
        ({"data": {"x": float("nan")}}, "data must be what JSON can hold"),
        ({"data": {"x": object()}}, "data must be what JSON can hold"),
        ({"caption": 3}, "caption must be a string, got int"),
    ],
)
def test_bad_arguments_are_named(change, message):
    given = {"script": DISC, "still": line, "alt": ALT, **change}
    with pytest.raises((TypeError, ValueError), match=message):
        in_page(given.pop("script"), **given)


# -- in a browser --------------------------------------------------------------------------------


def test_the_figure_takes_the_place_of_the_picture(made, opened):
    page = opened(made())
    assert page.locator("svg").is_visible()
    assert not page.locator("img").is_visible()


@pytest.mark.parametrize("options", [{"java_script_enabled": False}], ids=["no script"])
def test_without_scripts_the_picture_stands(made, opened, options):
    page = opened(made(), **options)
    assert page.locator("img").is_visible()
    assert page.locator("svg").count() == 0


def test_where_the_script_fails_the_picture_stands_and_says_why(made, chromium, tmp_path):
    (tmp_path / "page.html").write_text(made("stage.append('half'); nothing();"), encoding="utf-8")
    page = chromium.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator("img").is_visible()
    assert not page.get_by_text("half").is_visible()
    assert "nothing is not defined" in said[0]
    page.close()


def test_the_mouse_drags_by_the_edge_without_a_jump(made, opened):
    page = opened(made())
    box = page.locator("svg").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 30)  # 10 px beside the centre
    page.mouse.down()
    assert place(page) == (40, "40 metres")
    page.mouse.move(box["x"] + 130, box["y"] + 200)
    assert place(page) == (120, "120 metres")
    page.mouse.up()
    page.mouse.move(box["x"] + 200, box["y"] + 30)
    assert place(page) == (120, "120 metres")


def test_a_finger_drags(made, opened):
    page = opened(made(), has_touch=True, viewport={"width": 390, "height": 500})
    box = page.locator("svg").bounding_box()
    touch = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 40), ("touchMove", 90), ("touchMove", 140), ("touchEnd", None)):
        points = [] if x is None else [{"x": box["x"] + x, "y": box["y"] + 30}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        if x:
            page.wait_for_function(f"document.querySelector('circle').getAttribute('cx') === '{x}'")


def test_only_on_a_handle_does_a_finger_not_scroll(made, opened):
    page = opened(made(), has_touch=True)
    prevented = """element => {
      const start = new TouchEvent("touchstart", { bubbles: true, cancelable: true });
      element.dispatchEvent(start);
      return start.defaultPrevented;
    }"""
    assert page.locator("circle").evaluate(prevented)
    assert not page.locator("svg").evaluate(prevented)


def test_keys_move_by_a_step_with_shift_by_five_and_others_are_left_alone(made, opened):
    page = opened(made())
    page.locator("circle").focus()
    for key, place_now in [("ArrowRight", 41), ("ArrowLeft", 40), ("Shift+ArrowRight", 45),
                           ("PageDown", 35), ("Control+ArrowRight", 35), ("a", 35)]:  # fmt: skip
        page.keyboard.press(key)
        assert place(page) == (place_now, f"{place_now} metres")
    disc = page.locator("circle")
    assert [disc.get_attribute(f"aria-{name}") for name in ("label", "valuenow")] == ["disc", "35"]


def test_slider_moves_tells_its_value_and_the_new_state_is_announced_once_it_rests(made, opened):
    page = opened(made())
    slider = page.get_by_label("place")
    slider.fill("200")
    assert slider.get_attribute("aria-valuetext") == "200 m"
    assert page.locator("output").inner_text() == "200 m"
    assert page.locator(".otbook-told").inner_text() == ""
    page.locator(".otbook-told", has_text="The disc is at 200 m.").wait_for(state="attached")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_play_runs_to_the_end_in_many_steps_or_where_asked_for_in_few(made, opened, motion):
    script = DISC + "figure.places = []; new MutationObserver(() => figure.places.push(x))"
    script += ".observe(disc, { attributes: true, attributeFilter: ['cx'] });"
    page = opened(made(script), reduced_motion=motion)
    page.get_by_role("button", name="Roll").click()
    page.wait_for_function("document.querySelector('circle').getAttribute('cx') === '300'")
    page.get_by_role("button", name="Roll").wait_for()
    places = page.evaluate("document.querySelector('figure').places")
    assert places == sorted(places)
    if motion == "reduce":
        assert places == [30 * k for k in range(11)]


def test_two_figures_on_a_page_and_a_script_run_twice_keep_to_themselves(made, opened):
    page = opened(made(), made())
    page.evaluate(
        "for (const old of document.querySelectorAll('figure script:not([type])')) "
        "{ const again = document.createElement('script'); again.text = old.text; "
        "document.body.append(again); }"
    )
    assert page.locator("svg").count() == 2
    page.locator("circle").nth(1).focus()
    page.keyboard.press("ArrowRight")
    assert [place(page, k)[0] for k in (0, 1)] == [40, 41]
    assert page.evaluate("typeof svg + typeof hold + typeof telling") == "undefined" * 3


@pytest.mark.parametrize("width", [360, 1280])
def test_the_figure_is_drawn_for_the_width_it_has(made, opened, width):
    page = opened(made(), viewport={"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    drawn = float(page.locator("svg").get_attribute("width"))
    assert drawn == page.locator("figure").evaluate("figure => figure.clientWidth")
    page.set_viewport_size({"width": 340, "height": 700})
    page.wait_for_function("document.querySelector('svg').getAttribute('width') < 340")


def test_axes_put_values_where_their_ticks_are_and_ticks_are_round(made, opened):
    script = """
    const plot = axes([50, 10, 200, 100], {
      x: { limits: [-1, 3], ticks: ticksOf([-1, 3]), label: "a" },
      y: { limits: [0, 0.5], ticks: ticksOf([0, 0.5]), label: "b" },
    });
    figure.told = [plot.x(-1), plot.x(3), plot.y(0), plot.y(0.5), plot.x.of(plot.x(1.7)),
                   plot.y.of(10), ticksOf([2, 2.4]), ticksOf([0, 50]), tidy(2.0000001)];
    stage.append(svg("svg", {}, plot.group));
    """
    page = opened(made(script))
    told = page.evaluate("document.querySelector('figure').told")
    assert told[:4] == [50, 250, 110, 10]
    assert np.allclose(told[4:6], [1.7, 0.5])
    assert np.allclose(told[6], [2, 2.1, 2.2, 2.3, 2.4])
    assert (told[7], told[8]) == ([0, 10, 20, 30, 40, 50], "2")
    texts = page.locator(".otbook-axes text").all_text_contents()
    assert texts == ["-1", "0", "1", "2", "3", "a", "0", "0.1", "0.2", "0.3", "0.4", "0.5", "b"]


def test_dark_pages_get_light_colours(made, opened):
    page = opened(made(DISC + "disc.classList.add('otbook-start');"))
    fill = "disc => getComputedStyle(disc).fill"
    assert page.locator("circle").evaluate(fill) == "rgb(0, 114, 178)"
    for dark in ("document.documentElement.dataset.theme = 'dark'",  # the site
                 "document.documentElement.setAttribute('theme', 'dark')",  # Colab
                 "document.body.dataset.jpThemeLight = 'false'"):  # Jupyter  # fmt: skip
        page.evaluate(dark)
        assert page.locator("circle").evaluate(fill) == "rgb(86, 180, 233)"
        page.evaluate("delete document.documentElement.dataset.theme; "
                      "document.documentElement.removeAttribute('theme'); "
                      "delete document.body.dataset.jpThemeLight")  # fmt: skip


def test_a_sandboxed_frame_such_as_colabs_shows_the_same_figure(made, opened):
    frame = f'<iframe sandbox="allow-scripts" srcdoc="{escape(made())}"></iframe>'
    page = opened(frame)
    inside = page.frame_locator("iframe")
    inside.locator("circle").focus()
    page.keyboard.press("ArrowRight")
    assert inside.locator("circle").get_attribute("aria-valuetext") == "41 metres"
