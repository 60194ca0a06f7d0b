"""The drawings of the chapter show the numbers that they are given."""

import numpy as np
import pytest
from scipy.stats import binom

from otbook_utils.generative_models.likelihood_and_divergences.figures import (
    draw_boxes,
    draw_densities,
    draw_likelihood,
    draw_outcomes,
    draw_scale,
)


def test_bars_are_the_probabilities_and_one_is_marked(ax):
    draw_outcomes(ax, 0.3, tosses=4, seen=3)
    heights = [bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(heights, binom.pmf(range(5), 4, 0.3))
    filled = [bar.get_facecolor() != (1, 1, 1, 1) for bar in ax.patches]
    assert filled == [False, False, False, True, False]


def test_mark_on_the_likelihood_is_as_high_as_the_marked_bar(ax):
    draw_likelihood(ax, 0.3, tosses=4, seen=3)
    assert ax.lines[-1].get_ydata()[0] == pytest.approx(4 * 0.3**3 * 0.7)


def test_two_models_differ_by_more_than_colour(ax):
    draw_densities(ax, [0, 1], [1, 1], {"one": [2, 0], "other": [0, 2]}, top=2)
    assert [line.get_linestyle() for line in ax.lines] == ["--", "-"]
    assert [line.get_ydata().tolist() for line in ax.lines] == [[2, 0], [0, 2]]


def test_three_models_are_refused(ax):
    with pytest.raises(ValueError, match="models must be two at most, got 3"):
        draw_densities(ax, [0], [1], {"a": [1], "b": [1], "c": [1]}, top=1)


def test_what_is_off_the_scale_says_its_value(ax):
    draw_scale(ax, ["a", "b"], [1.5, 77.2], most=5)
    assert [bar.get_width() for bar in ax.patches] == [1.5, 5]
    assert [text.get_text() for text in ax.texts] == ["1.50", "77 →"]


def test_boxes_have_area_1_and_are_as_far_apart_as_told(ax):
    draw_boxes(ax, 1.5)
    assert [(box.get_x(), box.get_width() * box.get_height()) for box in ax.patches] == [
        (0, 1),
        (1.5, 1),
    ]
