"""The drawings of the chapter show what they are given."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from otbook_utils.generative_models.wasserstein_gan_and_fid.figures import (
    draw_bias,
    draw_critic,
    draw_curves,
    draw_lines,
    draw_made,
    draw_twins,
    twin_gaussian,
)


@pytest.fixture
def two():
    figure, axes = plt.subplots(1, 2)
    yield axes
    plt.close(figure)


@pytest.mark.parametrize(("theta", "js"), [(0.0, 0.0), (-0.4, math.log(2))])
def test_lines_are_marked_at_their_distances(two, theta, js):
    draw_lines(*two, theta)
    marks = [line.get_ydata()[0] for line in two[1].lines[-2:]]
    assert marks == pytest.approx([abs(theta), js])


def test_a_critic_is_drawn_around_zero(ax):
    draw_critic(ax, [0, 1, 2], [5, 6, 7], np.zeros(5), np.ones(5), "t")
    assert list(ax.lines[0].get_ydata()) == [-1, 0, 1]


def test_made_points_lie_over_eight_circles(ax):
    draw_made(ax, torch.zeros(4, 2), "t")
    assert len(ax.patches) == 8 and len(ax.lines[0].get_xdata()) == 4


def test_curves_have_a_line_a_seed_and_kind(two):
    draw_curves(*two, [1, 2], np.ones((2, 3)), np.full((2, 3), 2.0))
    assert len(two[0].lines) == 8 and len(two[1].lines) == 3
    assert list(two[1].lines[0].get_ydata()) == [1, 1]


def test_bias_is_drawn_by_means(ax):
    draw_bias(ax, [10, 100], {"one": [[1, 3], [0.1, 0.3]]}, [2, 0.2])
    assert list(ax.lines[0].get_ydata()) == pytest.approx([2, 0.2])


def test_twins_share_two_moments(ax):
    torch.manual_seed(0)
    points = twin_gaussian(200_000, 2.0, 0.5)
    torch.testing.assert_close(points.T.cov(), 2.25 * torch.eye(2), atol=0.05, rtol=0)
    draw_twins(ax, points[:5], "t")
    assert len(ax.lines[0].get_xdata()) == 5
