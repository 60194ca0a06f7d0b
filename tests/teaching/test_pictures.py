"""Figures as images with alt text."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from otbook_utils.teaching import show
from otbook_utils.teaching.pictures import drawn, encode, inline_code, rasterise
from tests.teaching.drawings import image_at, soup

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
    assert image_at(image["src"]).size == (768, 384)


def test_the_caption_may_hold_code_and_is_escaped(display):
    show(line(), alt=ALT, caption="See `P < Q` & <b>")
    caption = soup(display[0].html).figcaption
    assert caption.code.text == "P < Q"
    assert caption.text == "See P < Q & <b>"


def test_without_html_the_alt_text_stands(display):
    show(line(), alt=ALT)
    assert display[0]._repr_mimebundle_()["text/plain"] == f"[Figure: {ALT}]"


def test_a_transparent_figure_becomes_opaque_white(display):
    figure = line()
    figure.patch.set_alpha(0)
    figure.axes[0].patch.set_alpha(0)
    with plt.rc_context({"savefig.transparent": True}):
        show(figure, alt=ALT)
    image = image_at(soup(display[0].html).img["src"])
    assert image.mode == "RGB"
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_tight_bounding_boxes_in_someones_settings_do_not_change_the_size(display):
    with plt.rc_context({"savefig.bbox": "tight"}):
        show(line(), alt=ALT)
    assert image_at(soup(display[0].html).img["src"]).size == (768, 384)


@pytest.mark.parametrize("alt", ["", "   ", "figure", "a plot"])
def test_an_alt_text_that_says_nothing_is_refused(alt):
    with pytest.raises(ValueError, match="alt must describe"):
        show(line(), alt=alt)
    plt.close("all")


def test_what_is_no_figure_is_refused():
    with pytest.raises(TypeError, match="figure must be a matplotlib Figure, got list"):
        show([], alt=ALT)


def test_few_colours_are_kept_exactly():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[::3, ::2] = [0, 114, 178]
    image = Image.fromarray(pixels)
    assert (decoded(encode(image)) == pixels).all()


def test_a_drawing_is_kept_without_visible_loss():
    with plt.rc_context({"lines.linewidth": 0.5}):
        figure, axes = plt.subplots(figsize=(4, 3))
        turns = np.linspace(0, 1, 20)
        for angle in turns:
            axes.plot([0, np.cos(angle)], [0, np.sin(angle)], color=plt.cm.viridis(angle))
    image = rasterise(figure, 144)
    plt.close(figure)
    assert image.getcolors(256) is None
    # Thin lines in WebP's photographic mode are off by 80 of 255 and more.
    assert np.abs(decoded(encode(image)).astype(int) - np.asarray(image)).max() < 32


def test_noise_as_in_a_photograph_is_not_stored_without_loss():
    pixels = np.random.default_rng(0).integers(0, 255, (100, 100, 3)).astype(np.uint8)
    image = Image.fromarray(pixels).resize((400, 400), Image.Resampling.BICUBIC)
    exact = io.BytesIO()
    image.save(exact, format="WEBP", lossless=True)
    assert len(encode(image)) < 0.5 * len(exact.getvalue())


def decoded(webp):
    return np.asarray(Image.open(io.BytesIO(webp)).convert("RGB"))


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
