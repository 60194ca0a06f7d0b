"""Figures as images with alt text."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from otbook_utils.teaching import show
from otbook_utils.teaching.pictures import drawn, inline_code
from tests.teaching.drawings import panels, soup, svg_at

ALT = "A line that rises from zero to one"


@pytest.fixture
def display(monkeypatch):
    pictures = []
    monkeypatch.setattr("IPython.display.display", pictures.append)
    return pictures


def line(**options):
    figure, axes = plt.subplots(figsize=(4, 2), **options)
    axes.plot([0, 1], [0, 1])
    return figure


def test_an_image_carries_its_alt_text_and_its_size_on_the_page(display):
    show(line(), alt='"P" < Q & so on', caption="See `P < Q`")
    image = soup(display[0]._repr_mimebundle_()["text/html"]).img
    assert image["alt"] == '"P" < Q & so on'
    assert (image["width"], image["height"]) == ("384", "192")
    assert 'width="384" height="192"' in svg_at(image["src"])


def test_the_caption_may_hold_code_and_is_escaped(display):
    show(line(), alt=ALT, caption="See `P < Q` & <b>")
    caption = soup(display[0].html).figcaption
    assert caption.code.text == "P < Q"
    assert caption.text == "See P < Q & <b>"


def test_without_html_the_alt_text_stands(display):
    show(line(), alt=ALT)
    assert display[0]._repr_mimebundle_()["text/plain"] == f"[Figure: {ALT}]"


def test_the_panels_of_a_figure_show_one_image_that_is_told_once(display):
    panels(3.0)
    show(plt.gcf(), alt=ALT)
    images = soup(display[0].html).find_all("img")
    assert [image["alt"] for image in images] == [ALT, ""]
    assert images[0]["src"] == images[1]["src"]


def test_a_plate_says_how_large_its_letters_are(display):
    figure = line()
    figure.axes[0].set_title("small", fontsize=6)
    show(figure, alt=ALT)
    assert soup(display[0].html).find(class_="otbook-plate")["data-letters"] == "8"


@pytest.mark.parametrize("alt", ["", "   ", "figure", "a plot"])
def test_an_alt_text_that_says_nothing_is_refused(alt):
    with pytest.raises(ValueError, match="alt must describe"):
        show(line(), alt=alt)
    plt.close("all")


def test_what_is_no_figure_is_refused():
    with pytest.raises(TypeError, match="figure must be a matplotlib Figure, got list"):
        show([], alt=ALT)


def test_code_stands_between_backticks_alone():
    assert inline_code("`a` and <i> `b<c`") == "<code>a</code> and &lt;i&gt; <code>b&lt;c</code>"
    assert inline_code("one ` alone") == "one ` alone"


def by_subplots(x):
    plt.subplots()[1].plot([0, x])


def by_pyplot(x):
    plt.plot([0, x])


def by_returned_figure(x):
    figure = Figure()
    figure.subplots().plot([0, x])
    return figure


@pytest.mark.parametrize("draw", [by_subplots, by_pyplot, by_returned_figure])
def test_a_figure_is_found_however_it_was_drawn(draw):
    figure = drawn(draw, {"x": 3})
    assert figure.axes[0].lines[0].get_ydata()[1] == 3
    plt.close(figure)


def test_figures_that_were_open_before_stay_as_they_were():
    before = plt.figure()
    plt.close(drawn(by_subplots, {"x": 1}))
    assert plt.get_fignums() == [before.number]
    plt.close(before)


def test_a_draw_that_draws_nothing_is_told_so():
    with pytest.raises(ValueError, match="it drew nothing"):
        drawn(lambda x: None, {"x": 1})


def test_a_draw_that_takes_its_figure_away_is_told_so():
    def draw(x):
        by_subplots(x)
        plt.close("all")

    with pytest.raises(ValueError, match=r"plt.show\(\) or plt.close\(\)"):
        drawn(draw, {"x": 1})


def test_a_draw_of_two_figures_must_say_which():
    def two(x):
        by_subplots(x)
        by_subplots(x)

    with pytest.raises(ValueError, match="must draw one figure, it drew 2"):
        drawn(two, {"x": 1})


def test_a_draw_that_fails_leaves_no_figure_behind():
    def draw(x):
        by_subplots(x)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        drawn(draw, {"x": 1})
    assert plt.get_fignums() == []
