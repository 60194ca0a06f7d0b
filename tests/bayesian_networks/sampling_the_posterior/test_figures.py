"""The drawings of the chapter show the numbers that they are given."""

import numpy as np
import torch

from otbook_utils.bayesian_networks.sampling_the_posterior.figures import (
    draw_bands,
    draw_ellipse,
    draw_histogram,
    draw_variances,
)


def test_an_ellipse_is_two_deviations_out_everywhere(ax):
    covariance = torch.tensor([[2.0, 0.5], [0.5, 1.0]])
    draw_ellipse(ax, covariance, "--", "blue", "tilted")
    points = ax.lines[0].get_xydata()
    lengths = np.einsum("ni,ij,nj->n", points, np.linalg.inv(covariance.numpy()), points)
    np.testing.assert_allclose(lengths, 4, rtol=1e-6)


def test_a_histogram_is_a_density(ax):
    edges = np.linspace(-5, 5, 41)
    draw_histogram(ax, torch.randn(1000, generator=torch.Generator().manual_seed(0)), edges, "n")
    assert ax.patches[0].get_data().values.sum() * (edges[1] - edges[0]) == 1


def test_bands_hold_nine_tenths(ax):
    grid = torch.linspace(-1, 1, 5)
    values = torch.linspace(0, 1, 101)[:, None].expand(101, 5)
    draw_bands(ax, grid, values, 2 * values, (grid, grid), "steps")
    low, high = (line.get_ydata() for line in ax.lines[1:3])
    np.testing.assert_allclose(low, 0.05, atol=1e-6)
    np.testing.assert_allclose(high, 0.95, atol=1e-6)


def test_marks_are_what_was_measured_and_lines_the_formula(ax):
    steps = torch.linspace(1, 2, 7)
    draw_variances(ax, steps, {0.0: steps, 2.0: 2 * steps}, {0.0: steps + 1, 2.0: steps}, 1.5)
    line, marks = ax.lines[:2]
    np.testing.assert_allclose(line.get_ydata(), steps)
    np.testing.assert_allclose(marks.get_ydata(), steps[::3] + 1)
