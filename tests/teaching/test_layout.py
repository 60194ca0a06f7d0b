"""Frames laid out alike, and figures cut into panels."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.transforms import Bbox

from otbook_utils.teaching.layout import common, cut, freeze, smallest_letters, solved


@pytest.fixture(autouse=True)
def constrained():
    with plt.rc_context({"figure.constrained_layout.use": True}):
        yield
    plt.close("all")


def shapes(figure):
    """Return how many panels each row has, after a check that they are of the figure's height."""
    solved(figure)
    rows = cut([figure])
    heights = [{panel.height for panel in row} for row in rows]
    assert all(len(h) == 1 for h in heights)
    assert sum(h.pop() for h in heights) == pytest.approx(96 * figure.get_size_inches()[1], abs=0.3)
    return [len(row) for row in rows]


def with_colour_bar(of_all):
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3))
    image = axes[0].imshow(np.eye(3))
    figure.colorbar(image, ax=axes if of_all else axes[0])
    return figure


def with_title_and_legend():
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 5))
    figure.suptitle("Title")
    figure.legend(handles=axes[0, 0].plot([1], label="line"), loc="outside lower center")
    return figure


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda: plt.subplots(figsize=(7.2, 3))[0], [1]),
        (lambda: plt.subplots(1, 2, figsize=(7.2, 3))[0], [2]),
        (lambda: plt.subplots(1, 2, figsize=(5.0, 3))[0], [1]),  # narrow enough as it is
        (lambda: plt.subplots(3, 1, figsize=(7.2, 6))[0], [1]),  # stacked already
        (lambda: plt.subplots(2, 3, figsize=(7.2, 5))[0], [3, 3]),
        (lambda: plt.subplot_mosaic([["a", "b"], ["a", "c"]], figsize=(7.2, 4))[0], [2]),
        (lambda: plt.subplot_mosaic([["a", "b"], ["c", "c"]], figsize=(7.2, 4))[0], [2, 1]),
        (lambda: with_colour_bar(of_all=False), [2]),
        (lambda: with_colour_bar(of_all=True), [2]),
        (with_title_and_legend, [1, 2, 2, 1]),
    ],
)
def test_a_wide_figure_is_cut_at_its_gutters(make, wanted):
    assert shapes(make()) == wanted


def test_a_figure_with_something_across_its_gutter_is_left_whole():
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3))
    axes[0].annotate("long " * 20, (0, 0.5), annotation_clip=False).set_in_layout(False)
    figure.text(0.2, 0.5, "a note across both of the panels, in the middle " * 2)
    assert shapes(figure) == [1]


def test_panels_side_by_side_make_up_the_figure_and_hold_their_axes():
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 3))
    solved(figure)
    (row,) = cut([figure])
    assert row[0].x == 0
    for one, other in itertools.pairwise(row):
        assert one.x + one.width == pytest.approx(other.x, abs=0.11)
    assert row[-1].x + row[-1].width == pytest.approx(691.2, abs=0.11)
    for panel, ax in zip(row, axes, strict=True):
        left, right = ax.get_tightbbox().intervalx * 96 / figure.dpi
        assert panel.x <= left + 0.1 and right - 0.1 <= panel.x + panel.width
        assert panel.holds((left + right) / 2, 100)


def test_what_is_wide_in_any_frame_is_not_cut():
    def frame(title):
        figure, (left, _) = plt.subplots(1, 2, figsize=(7.2, 3))
        left.set_title(title)
        solved(figure)
        return figure

    short, long = frame("short"), frame("a title that runs over both of the panels " * 2)
    assert [len(row) for row in cut([short])] == [2]
    assert [len(row) for row in cut([short, long])] == [1]


def test_a_common_layout_lies_within_each():
    boxes = [Bbox([[0.1, 0.2], [0.9, 0.8]]), Bbox([[0.2, 0.1], [0.8, 0.9]])]
    (both,) = common([[boxes[0]], [boxes[1]]])
    np.testing.assert_allclose(both.extents, [0.2, 0.2, 0.8, 0.8])
    assert common([[boxes[0]], boxes]) is None


def test_a_frozen_figure_keeps_its_layout_whatever_its_labels():
    def frame(scale):
        figure, axes = plt.subplots(figsize=(4, 3))
        axes.plot([0, scale])
        return figure

    layout = common([solved(frame(1)), solved(frame(1e7))])
    for scale in (1, 12345.678):
        figure = frame(scale)
        freeze(figure, layout)
        np.testing.assert_allclose(solved(figure)[0].extents, layout[0].extents)


def test_the_smallest_letters_are_found():
    figure, axes = plt.subplots()
    axes.tick_params(labelsize=9)
    axes.set_title("", fontsize=1)
    axes.text(0, 0, "unseen", fontsize=2, visible=False)
    solved(figure)
    assert smallest_letters(figure) == 12
