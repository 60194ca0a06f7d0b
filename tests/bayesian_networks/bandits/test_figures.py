"""The drawings show what they are given."""

import numpy as np
import pytest
from scipy.stats import beta

from otbook_utils.bayesian_networks.bandits.figures import (
    draw_beliefs,
    draw_cycle,
    draw_regrets,
)


def test_beliefs_are_the_posteriors_densities(ax):
    draw_beliefs(ax, [3, 0], [1, 4], ["A", "B"], height=5)
    for line, (a, b) in zip(ax.lines, ((4, 2), (1, 5)), strict=True):
        mean, density = line.get_xydata().T
        np.testing.assert_allclose(density, beta(a, b).pdf(mean))
    assert ax.get_ylim() == (0, 5)


def test_regrets_are_drawn_as_means_at_their_rounds(ax):
    regret = np.arange(12.0).reshape(2, 6)
    draw_regrets(ax, {"one": regret}, every=3)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [(3, 5), (6, 8)])


def test_the_cycle_names_what_passes():
    texts = [text.get_text() for text in draw_cycle().axes[0].texts]
    for wanted in ("agent", "environment", "action", "reward, new state"):
        assert wanted in texts


@pytest.mark.parametrize("names", [["A"], ["A", "B", "C"]])
def test_each_arm_needs_a_name(ax, names):
    with pytest.raises(ValueError):
        draw_beliefs(ax, [1, 2], [0, 0], names, height=5)
