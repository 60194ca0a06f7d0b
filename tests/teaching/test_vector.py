"""Figures as SVG: small, the same for the same figure, and pixels where lines would be too many."""

import base64
import io
import re
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from otbook_utils.teaching.vector import MOST_POINTS, data_uri, encode, shows_data, svg_lines


def svg(figure, dpi=144):
    text = "\n".join(svg_lines(figure, dpi))
    plt.close(figure)
    ElementTree.fromstring(text)  # well formed
    return text


def axes(**options):
    return plt.subplots(figsize=(4, 3), **options)[1]


def pixels(text):
    """Return the images inside an SVG."""
    found = re.findall(r'<image[^>]*"data:image/webp;base64,([^"]*)"', text)
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in found]


def test_the_svg_is_as_large_on_the_page_as_the_figure():
    root = ElementTree.fromstring(svg(plt.figure(figsize=(4, 3))))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == (
        "384", "288", "0 0 288 216"
    )  # fmt: skip


def test_a_figure_has_the_same_lines_each_time_and_another_only_those_that_moved():
    def line(height):
        ax = axes()
        ax.plot([0, 1], [0, height])
        ax.set(xlim=(0, 1), ylim=(0, 1))
        return svg(ax.figure).splitlines()

    first, again, other = line(0.5), line(0.5), line(0.75)
    assert first == again
    assert len(first) == len(other)
    assert sum(a != b for a, b in zip(first, other, strict=True)) == 1


def test_lines_stand_within_a_hundredth_of_a_point_of_where_they_were_drawn():
    figure = plt.figure(figsize=(4, 3))
    line = figure.add_artist(plt.Line2D([0.123456, 0.654321], [0.111111, 0.777777]))
    line.set_color("#123456")
    path = re.search(r'd="M ([^"]*)" [^>]*#123456', svg(figure))[1]
    found = np.array(re.findall(r"[\d.]+", path), dtype=float).reshape(-1, 2)
    wanted = np.array([[0.123456, 1 - 0.111111], [0.654321, 1 - 0.777777]]) * [288, 216]
    np.testing.assert_allclose(found, wanted, atol=0.0051)


def test_letters_keep_their_size():
    """The scale of a letter is no place, and is not rounded."""
    figure = plt.figure(figsize=(4, 3))
    figure.text(0.1, 0.1, "common", fontsize=11)
    assert "scale(0.11 -0.11)" in svg(figure)
    assert not re.search(r"scale\(0\.02\)", svg(figure))


def test_nothing_is_named_that_nothing_refers_to():
    ax = axes()
    ax.plot([0, 1], "o")
    text = svg(ax.figure)
    for name in re.findall(r' id="([^"]*)"', text):
        assert f"#{name}" in text


@pytest.mark.parametrize("many", [False, True])
def test_what_has_too_many_points_is_stored_as_pixels(many):
    ax = axes()
    n = MOST_POINTS + 10 if many else MOST_POINTS - 10
    ax.scatter(*np.random.default_rng(0).random((2, n)))
    assert len(pixels(svg(ax.figure))) == many


def test_pixels_follow_the_sharpness_asked_for():
    sizes = []
    for dpi in (96, 192):
        ax = axes()
        ax.pcolormesh(np.random.default_rng(0).random((40, 40)))
        (image,) = pixels(svg(ax.figure, dpi))
        sizes.append(image.width)
    assert sizes[1] == pytest.approx(2 * sizes[0], abs=3)


def test_an_enlarged_image_is_stored_as_it_is():
    ax = axes()
    ax.imshow(np.arange(30).reshape(5, 6))
    text = svg(ax.figure)
    assert [image.size for image in pixels(text)] == [(6, 5)]
    assert "pixelated" in text


@pytest.mark.parametrize(
    ("image", "cmap", "data"),
    [
        (np.zeros((4, 4, 3)), None, True),
        (np.eye(4), "viridis", True),
        (np.eye(4), "gray", True),
        (np.eye(4), "Greys", False),
        (np.eye(4), "Blues", False),
        (np.eye(4), "RdBu", False),
    ],
)
def test_photographs_and_data_are_told_from_ink_on_paper(image, cmap, data):
    ax = axes()
    assert shows_data(ax.imshow(image, cmap=cmap)) is data
    plt.close("all")


@pytest.mark.parametrize("draw", ["imshow", "pcolormesh"])
def test_dark_mode_is_told_to_keep_data_and_what_is_drawn_on_it(draw):
    ax = axes()
    getattr(ax, draw)(np.random.default_rng(0).random((20, 20)), cmap="viridis")
    ax.plot([0, 9], [0, 9], color="#123456")
    ax.set_xlabel("label", color="#654321")
    text = svg(ax.figure)
    assert re.search(r'<image class="kept"', text)
    assert "rgb(18,52,86)" in text and "#123456" not in text
    assert "#654321" in text


def decoded(webp):
    return np.asarray(Image.open(io.BytesIO(webp)).convert("RGB"))


def test_few_colours_are_kept_exactly():
    image = np.zeros((40, 60, 3), np.uint8)
    image[::3, ::2] = [0, 114, 178]
    assert (decoded(encode(Image.fromarray(image))) == image).all()


def test_noise_as_in_a_photograph_is_not_stored_without_loss():
    noise = np.random.default_rng(0).integers(0, 255, (100, 100, 3)).astype(np.uint8)
    image = Image.fromarray(noise).resize((400, 400), Image.Resampling.BICUBIC)
    exact = io.BytesIO()
    image.save(exact, format="WEBP", lossless=True)
    assert len(encode(image)) < 0.5 * len(exact.getvalue())


def test_what_is_transparent_stays_so():
    image = np.random.default_rng(0).integers(0, 255, (50, 50, 4)).astype(np.uint8)
    image[:25, :, 3] = 0
    stored = Image.open(io.BytesIO(encode(Image.fromarray(image))))
    assert (np.asarray(stored.convert("RGBA"))[:25, :, 3] == 0).all()


def test_an_address_holds_the_content():
    assert data_uri(b"<svg/>", "image/svg+xml") == "data:image/svg+xml;base64,PHN2Zy8+"
