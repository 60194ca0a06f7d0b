"""The drawings of the chapter show the samples and the pictures that they are given."""

import numpy as np
import pytest

from otbook_utils.generative_models.conditional_generation.figures import draw_bells, draw_rows


def test_each_class_is_drawn_beside_its_own_bell(ax):
    samples = np.stack([np.full(10, -2.1), np.full(10, 0.1), np.full(10, 2.1)])
    draw_bells(ax, samples)
    assert [line.get_xdata()[line.get_ydata().argmax()] for line in ax.lines] == pytest.approx(
        [-2, 0, 2]
    )
    assert [patch.get_data().values.argmax() for patch in ax.patches] == [15, 24, 32]


def test_columns_bear_what_was_asked_for_in_their_middle(ax):
    draw_rows(ax, np.zeros((16, 24)), [4, 0, 9], side=8)
    assert list(ax.get_xticks()) == [3.5, 11.5, 19.5]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["4", "0", "9"]
