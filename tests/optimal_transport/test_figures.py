"""The shared drawings show the numbers they are given, and refuse a plan of the wrong shape."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from otbook_utils.optimal_transport.figures import (
    draw_bars,
    draw_costs,
    draw_map,
    draw_plan_matrix,
)

# Whole numbers, some of them zero: what is drawn can then be compared exactly.
PLANS = arrays(float, (2, 3), elements=st.integers(0, 9).map(float)).filter(lambda P: P.sum() > 0)


def widths(axes):
    return sorted(line.get_linewidth() for line in axes.lines)


@settings(max_examples=25, deadline=None)
@given(P=PLANS)
def test_map_draws_one_line_for_each_entry_and_its_width_is_the_mass(P):
    figure, axes = plt.subplots()
    draw_map(axes, np.eye(2), np.ones((3, 2)), P, line=3.0)
    average_of_a_start = P.sum() / 2
    wanted = sorted(3.0 * P[P > 0] / average_of_a_start)
    drawn = widths(axes)
    plt.close(figure)
    assert np.allclose(drawn, wanted)


@settings(max_examples=25, deadline=None)
@given(P=PLANS)
def test_plan_matrix_writes_entries_and_marginals(P):
    figure, axes = plt.subplots()
    draw_plan_matrix(axes, P, "AB", "KLM")
    texts = [text.get_text() for text in axes.texts]
    plt.close(figure)
    entries = [f"{mass:g}" if mass else "·" for mass in P.ravel()]
    rows = [f"{name}: {mass:g}" for name, mass in zip("AB", P.sum(axis=1), strict=True)]
    columns = [f"{name}: {mass:g}" for name, mass in zip("KLM", P.sum(axis=0), strict=True)]
    assert texts == entries + rows + columns


def test_plan_matrix_has_bars_as_long_as_the_marginals(ax):
    P = np.array([[1.0, 2.0], [0.0, 5.0]])
    draw_plan_matrix(ax, P, "AB", "KL")
    rows = [-bar.get_width() for bar in ax.patches[4:6]]
    columns = [-bar.get_height() for bar in ax.patches[6:8]]
    assert np.allclose(np.array(rows) / sum(rows), P.sum(axis=1) / P.sum())
    assert np.allclose(np.array(columns) / sum(columns), P.sum(axis=0) / P.sum())


def test_bars_of_what_is_wanted_do_not_differ_by_colour_alone(ax):
    draw_bars(ax, [0], [1.0])
    draw_bars(ax, [1], [1.0], wanted=True)
    there, wanted = ax.patches
    assert not there.get_hatch()
    assert wanted.get_hatch()


def test_map_tells_starts_from_wanted_places_by_shape(ax):
    draw_map(ax, [[0, 0]], [[1, 1]], [[1.0]])
    starts, wanted = ax.collections
    assert len(starts.get_paths()[0].vertices) > len(wanted.get_paths()[0].vertices)


def test_map_letters_stand_in_their_places(ax):
    draw_map(ax, [[0, 0], [1, 0]], [[2, 2]], [[1.0], [0.0]], rows="AB", columns="K")
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert places["A"] == (0, 0)
    assert places["B"] == (1, 0)
    assert places["K"] == (2, 2)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax, P: draw_map(ax, np.eye(2), np.ones((3, 2)), P),
        lambda ax, P: draw_plan_matrix(ax, P, "AB", "KLM"),
    ],
    ids=["draw_map", "draw_plan_matrix"],
)
def test_plan_of_the_wrong_shape_is_refused(ax, draw):
    with pytest.raises(ValueError, match=r"P must have the shape \(2, 3\), got \(3, 2\)"):
        draw(ax, np.ones((3, 2)))


def texts(axes):
    return [text.get_text() for text in axes.texts]


@settings(max_examples=25, deadline=None)
@given(C=arrays(float, (2, 3), elements=st.integers(0, 9).map(float)))
def test_cost_matrix_writes_every_entry_in_its_cell(C):
    figure, axes = plt.subplots()
    draw_costs(axes, C, "AB", "KLM")
    written = {text.get_position(): text.get_text() for text in axes.texts}
    plt.close(figure)
    assert written == {(j, i): f"{C[i, j]:g}" for i, j in np.ndindex(2, 3)}


def test_zero_may_stand_back(ax):
    draw_costs(ax, [[0, 0.25]], ["A"], ["K", "L"], number="{:.1f}", zero="·")
    assert texts(ax) == ["·", "0.2"]


def test_cost_matrix_that_does_not_fit_its_names_is_refused(ax):
    with pytest.raises(ValueError, match=r"C must be \(2, 3\), got \(3, 2\)"):
        draw_costs(ax, np.ones((3, 2)), "AB", "KLM")
