"""The colours of figures on dark pages."""

import itertools
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils.teaching import PALETTE
from otbook_utils.teaching.dark import INK, PAPER, dark_colour, dark_map, dark_svg
from otbook_utils.teaching.vector import svg_lines
from tests.teaching.test_style import DEFICIENCIES, linear, luminance
from tests.teaching.test_vector import pixels

colours = st.binary(min_size=3, max_size=3).map(lambda rgb: f"#{rgb.hex()}")


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_paper_and_ink_are_those_of_the_dark_pages():
    css = Path(__file__).parents[2].joinpath("book/_static/book.css").read_text(encoding="utf-8")
    dark = re.search(r'html\[data-theme="dark"\] \{(.*?)\}', css, re.DOTALL)[1]
    assert re.search(r"--pst-color-background: (#\w+);", dark)[1] == PAPER
    assert re.search(r"--pst-color-text-base: (#\w+);", dark)[1] == INK


@pytest.mark.parametrize("name", [name for name in PALETTE if name not in ("black", "grey")])
def test_the_palette_keeps_its_hues_and_stands_out(name):
    light, dark = PALETTE[name].lower(), dark_colour(PALETTE[name].lower())
    change = np.abs(linear(light) - linear(dark)).max()
    assert change < 0.15
    assert contrast(dark, PAPER) >= 3.4


@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_the_first_colours_stay_apart_for_colour_blind_readers(kind):
    seen = np.array(DEFICIENCIES[kind])
    first = [
        dark_colour(PALETTE[name].lower()) for name in ("blue", "vermillion", "green", "purple")
    ]
    for one, other in itertools.combinations(first, 2):
        assert np.abs(seen @ linear(one) - seen @ linear(other)).max() > 0.1


@given(colours)
def test_what_is_seen_on_white_is_seen_on_dark(colour):
    on_white = contrast(colour, "#ffffff")
    assert contrast(dark_colour(colour), PAPER) >= min(on_white, 3.5) * 0.55


@given(st.integers(0, 254))
def test_a_darker_grey_becomes_a_lighter_one(level):
    first, second = (f"#{bytes([v] * 3).hex()}" for v in (level, level + 1))
    assert luminance(dark_colour(first)) >= luminance(dark_colour(second))


def figure():
    _, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
    left.imshow(np.random.default_rng(0).random((5, 5)), cmap="viridis")
    right.imshow(np.eye(5), cmap="Greys")
    svg = "\n".join(svg_lines(plt.gcf()))
    plt.close()
    return svg


def test_an_svg_changes_its_colours_and_nothing_else():
    svg = figure()
    dark = dark_svg(svg)
    assert "#ffffff" not in dark and PAPER in dark and INK in dark
    strip = re.compile(r"#[0-9a-f]{6}\b|base64,[^\"]*")
    assert strip.sub("", dark) == strip.sub("", svg)
    assert dark_map(svg)["#ffffff"] == PAPER


def test_data_keep_their_pixels_and_ink_on_paper_turns():
    (data, _), (dark_data, dark_ink) = (pixels(text) for text in (figure(), dark_svg(figure())))
    assert (np.asarray(data.convert("RGB")) == np.asarray(dark_data.convert("RGB"))).all()
    values = np.asarray(dark_ink.convert("RGB")).astype(int)
    rgb = {
        name: np.frombuffer(bytes.fromhex(c[1:]), np.uint8)
        for name, c in (("p", PAPER), ("i", INK))
    }
    assert np.abs(values[0, 0] - rgb["i"]).max() <= 2  # the diagonal was black
    assert np.abs(values[0, 1] - rgb["p"]).max() <= 2


def test_a_map_with_holes_turns_and_points_drawn_as_pixels_keep_their_colour():
    _, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
    left.imshow(np.ma.masked_array(np.ones((5, 5)), np.eye(5)), cmap="Blues", vmin=0, vmax=1)
    right.scatter(*np.random.default_rng(0).random((2, 2000)), s=100, color=PALETTE["green"])
    svg = "\n".join(svg_lines(plt.gcf()))
    plt.close()
    (ink, _), (dark_ink, dark_points) = pixels(svg), pixels(dark_svg(svg))
    navy, turned = (image.convert("RGB").getpixel((1, 0)) for image in (ink, dark_ink))
    assert sum(turned) > 2 * sum(navy)
    points = np.asarray(dark_points.convert("RGBA")).astype(int)
    green = np.frombuffer(bytes.fromhex(PALETTE["green"][1:]), np.uint8)
    assert np.abs(points[points[..., 3] == 255][:, :3] - green).max() <= 8
