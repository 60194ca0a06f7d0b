"""The drawings of moving sand show the numbers that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import FancyArrowPatch

from otbook_utils.optimal_transport.intuition.figures import (
    draw_cost_curve,
    draw_cumulative,
    draw_sand,
    draw_shelf,
)


def test_sand_keeps_its_scale_when_mass_moves_between_piles():
    limits = []
    for left in (0.0, 4.0, 10.0):
        figure, axes = plt.subplots()
        P = np.array([[left, 0.0], [10 - left - 3, 3.0]]) if left <= 7 else [[7.0, 3.0], [0, 0]]
        draw_sand(axes, [2, 6], np.sum(P, axis=1), [0, 9], [7, 3], P, rows="AB", columns="KL")
        heights = [bar.get_height() for bar in axes.patches[:2]]
        limits.append((axes.get_xlim(), axes.get_ylim(), sum(heights)))
        plt.close(figure)
    assert limits[0][:2] == limits[1][:2] == limits[2][:2]
    assert np.allclose([total for *_, total in limits], limits[0][2])


def test_cost_curve_marks_the_cost_where_we_are(ax):
    draw_cost_curve(ax, [0, 1, 2], [5.0, 4.0, 6.0], here=2)
    assert ax.lines[1].get_xydata().tolist() == [[2.0, 6.0]]


def test_shelf_draws_an_arc_for_each_move(ax):
    draw_shelf(ax, 4, {slot: slot + 1 for slot in range(4)})
    assert sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches) == 4


@settings(max_examples=25, deadline=None)
@given(
    x=st.lists(st.integers(-9, 9), min_size=1, max_size=5),
    y=st.lists(st.integers(-9, 9), min_size=1, max_size=5),
)
def test_cumulative_curves_rise_from_zero_to_one(x, y):
    figure, axes = plt.subplots()
    draw_cumulative(axes, x, np.full(len(x), 1 / len(x)), y, np.full(len(y), 1 / len(y)))
    curves = [line.get_ydata() for line in axes.lines]
    plt.close(figure)
    for curve in curves:
        assert curve[0] == 0
        assert np.isclose(curve[-1], 1)
        assert (np.diff(curve) >= -1e-12).all()


def test_plan_of_the_wrong_shape_is_refused(ax):
    with pytest.raises(ValueError, match=r"P must have the shape \(2, 3\), got \(3, 2\)"):
        draw_sand(ax, [0, 1], [1, 1], [0, 1, 2], [1] * 3, np.ones((3, 2)), rows="AB", columns="KLM")


def test_place_that_is_not_on_the_curve_is_refused(ax):
    with pytest.raises(ValueError, match=r"here must be one of the values, got 3"):
        draw_cost_curve(ax, [0, 1, 2], [5.0, 4.0, 6.0], here=3)
