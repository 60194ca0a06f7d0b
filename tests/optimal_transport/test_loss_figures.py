"""The drawings of the chapter on losses show the numbers that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from otbook_utils.optimal_transport.figures import (
    draw_costs,
    draw_digits,
    draw_mistakes,
    draw_seeds,
)


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


def test_mistakes_are_counted_in_a_thousand_of_each_truth(ax):
    confusion = 90 * np.eye(10)
    confusion[2, 7], confusion[7, 2] = 10, 30  # of 100 and of 120
    draw_mistakes(ax, confusion, most=100)
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(7, 2): "100", (2, 7): "250"}


def test_confusion_of_another_size_is_refused(ax):
    with pytest.raises(ValueError, match=r"confusion must be \(10, 10\), got \(4, 4\)"):
        draw_mistakes(ax, np.eye(4), most=1)


def test_every_seed_is_a_dot_and_every_row_has_its_mean(ax):
    draw_seeds(ax, {"one": [1.0, 2.0, 6.0], "two": [0.0, 1.0]}, number="{:.1f}")
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[1, 2, 6], [0, 1]]
    assert texts(ax) == ["3.0", "0.5"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]


def test_pixels_of_digits_stay_in_place(ax):
    images = np.arange(2 * 3 * 64).reshape(2, 3, 64) / 400
    draw_digits(ax, {"top": images[0], "bottom": images[1]})
    drawn = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert np.array_equal(drawn[9:17, 18:26], images[1, 2].reshape(8, 8))
    assert np.isnan(drawn[8]).all()
    assert np.isnan(drawn[:, 26]).all()
