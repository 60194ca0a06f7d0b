"""The book's look."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from otbook_utils.teaching import PALETTE, use_book_style

#: Machado, Oliveira and Fernandes 2009, table 1: what the three kinds of colour blindness see.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.fixture(autouse=True)
def book_style():
    with mpl.rc_context():
        use_book_style()
        yield


def linear(colour):
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return linear(colour) @ [0.2126, 0.7152, 0.0722]


def test_the_palette_has_the_names_that_chapters_use():
    names = "blue orange green vermillion purple sky yellow black grey"
    assert set(PALETTE) == set(names.split())


def test_the_palette_cannot_be_changed_by_accident():
    with pytest.raises(TypeError):
        PALETTE["blue"] = "red"


@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_the_first_colours_stay_apart_for_colour_blind_readers(kind):
    seen = np.array(DEFICIENCIES[kind])
    first = mpl.rcParams["axes.prop_cycle"].by_key()["color"][:4]
    for one, other in itertools.combinations(first, 2):
        assert np.abs(seen @ linear(one) - seen @ linear(other)).max() > 0.1


def test_lines_are_visible_on_white():
    for colour in mpl.rcParams["axes.prop_cycle"].by_key()["color"]:
        assert 1.05 / (luminance(colour) + 0.05) > 2


def test_figures_are_opaque_and_their_letters_legible():
    assert mpl.rcParams["figure.facecolor"] == "white"
    assert mpl.rcParams["savefig.transparent"] is False
    width = mpl.rcParams["figure.figsize"][0] * 96
    assert mpl.rcParams["xtick.labelsize"] * 96 / 72 * 350 / width >= 9  # on a phone
    # In pixels of the page, beside body text of 16.
    assert mpl.rcParams["font.size"] * 96 / 72 >= 14
    assert mpl.rcParams["xtick.labelsize"] * 96 / 72 >= 13


def test_images_are_drawn_in_a_map_of_even_lightness():
    from matplotlib import colormaps

    colours = colormaps[mpl.rcParams["image.cmap"]](np.linspace(0, 1, 64))[:, :3]
    assert (np.diff([luminance(c) for c in colours]) > 0).all()
