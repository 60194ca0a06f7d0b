"""The drawings of losses for unbalanced labels show the numbers that they are given."""

import matplotlib.pyplot as plt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otbook_utils.scarce_labels.imbalance_losses.figures import draw_covering, draw_joint


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=6, max_size=6))
def test_covering_writes_how_often_and_leaves_the_unseen_white(times):
    figure, axes = plt.subplots()
    draw_covering(axes, times, columns=3)
    texts = [text.get_text() for text in axes.texts]
    white = [cell.get_facecolor()[:3] == (1, 1, 1) for cell in axes.patches]
    plt.close(figure)
    assert texts == [str(n) for n in times if n]
    assert white == [n == 0 for n in times]


def test_covering_refuses_cells_that_do_not_fill_rows(ax):
    with pytest.raises(ValueError, match="times must fill rows of 3 cells, got 4 cells"):
        draw_covering(ax, [0, 1, 0, 2], columns=3)


def test_joint_marks_the_boundary_and_tells_classes_by_line_style(ax):
    draw_joint(ax, [0, 1], [0.5, 0.1], [0.1, 0.3], boundary=0.6)
    common, rare, boundary = ax.lines
    assert common.get_linestyle() != rare.get_linestyle()
    assert list(boundary.get_xdata()) == [0.6, 0.6]
