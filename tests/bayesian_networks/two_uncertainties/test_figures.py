"""The drawings show what they are given."""

import numpy as np
import torch

from otbook_utils.bayesian_networks import reliability
from otbook_utils.bayesian_networks.two_uncertainties.figures import (
    draw_deviations,
    draw_map,
    draw_reliability,
)


def test_deviations_are_roots_of_variances(ax):
    grid = torch.linspace(-4, 4, 6)
    draw_deviations(ax, grid, torch.full((6,), 0.25), torch.full((6,), 0.09), torch.ones(6))
    heights = [float(line.get_ydata()[3]) for line in ax.lines]
    np.testing.assert_allclose(heights, [1, 0.5, 0.3], rtol=1e-6)


def test_a_map_covers_its_square(ax):
    side = torch.linspace(-4, 4, 9)
    image = draw_map(ax, side, torch.rand(9, 9), [0.0, 0.5, 1.0], "random")
    assert image.norm.boundaries.tolist() == [0.0, 0.5, 1.0]
    assert image.get_extent() == [-4.5, 4.5, -4.5, 4.5]  # nine pixels, the outer ones by half
    assert ax.get_xlim() == ax.get_ylim() == (-4, 4)


def test_bars_are_accuracies_of_bins_that_hold_something(ax):
    probabilities = torch.tensor([[0.9, 0.1], [0.95, 0.05], [0.6, 0.4]])
    binned = reliability(probabilities, torch.tensor([0, 1, 0]), bins=10)
    draw_reliability(ax, binned, "net", "blue")
    heights = {round(bar.get_x(), 1): bar.get_height() for bar in ax.patches}
    assert set(heights) == {0.5, 0.8, 0.9}
    np.testing.assert_allclose(list(heights.values()), [1, 1, 0])
    assert [text.get_text() for text in ax.texts] == ["1", "1", "1"]


def test_bars_of_few_cases_are_hollow(ax):
    probabilities = torch.tensor([[0.9, 0.1]] * 30 + [[0.6, 0.4]] * 3)
    binned = reliability(probabilities, torch.zeros(33, dtype=torch.long), bins=10)
    draw_reliability(ax, binned, "net", "blue")
    opacity = {round(bar.get_x(), 1): bar.get_facecolor()[3] for bar in ax.patches}
    assert opacity == {0.8: 0.7, 0.5: 0}
