"""The drawings show what they are given."""

import numpy as np
import pytest

from otbook_utils.generative_models.autoregressive_text.figures import draw_attention, draw_ranking


def test_what_falls_outside_is_hatched(ax):
    draw_ranking(ax, [0.5, 0.3, 0.2], "a b", kept=2)
    assert [bar.get_height() for bar in ax.patches] == [0.5, 0.3, 0.2]
    assert [bar.get_hatch() for bar in ax.patches] == [None, None, "////"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "␣", "b"]


def test_sizes_that_do_not_fit_are_refused(ax):
    with pytest.raises(ValueError, match=r"heights must be one for each of 2 .* got \(3,\)"):
        draw_ranking(ax, [1, 2, 3], "ab")
    with pytest.raises(ValueError, match=r"weights must be \(2, 2\) for 2 .* got \(2, 3\)"):
        draw_attention(ax, np.zeros((2, 3)), "ab")
