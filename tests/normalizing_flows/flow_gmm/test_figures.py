"""The drawings show what they say, and the bells of one number are densities."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from otbook_utils.normalizing_flows.flow_gmm.figures import (
    draw_both_sides,
    draw_boundary,
    draw_digits,
    draw_latent,
    draw_points,
    draw_two_bells,
    slope_of_wave,
    two_bells,
    wave,
)


def test_the_slope_is_that_of_the_wave_and_both_classes_hold_half_of_the_mass():
    x = np.linspace(-8, 8, 8001)
    slope = slope_of_wave(x)
    assert np.gradient(wave(x), x)[1:-1] == pytest.approx(slope[1:-1], abs=1e-4)
    assert slope.min() > 0
    masses = np.trapezoid(two_bells(wave(x), 4.0) * slope, x)
    assert masses == pytest.approx([0.5, 0.5], abs=1e-6)
    assert two_bells(1.0, 4.0) == pytest.approx(0.5 * norm.pdf([1.0, 1.0], [-2, 2]))


def test_the_share_of_a_class_is_the_same_in_both_pictures(ax):
    right = ax.figure.add_subplot()
    draw_two_bells(ax, right, 0.3, 3.0)
    shares = [axes.get_title().split(": ")[1] for axes in (ax, right)]
    assert shares[0] == shares[1] == f"{100 / (1 + np.exp(-3.0 * wave(0.3))):.0f} %"
    assert ax.get_title() != right.get_title()


def test_known_points_are_marked_over_grey_ones(ax):
    x, kinds = torch.randn(20, 2), torch.tensor([0, 1] * 10)
    draw_points(ax, x, kinds, known=torch.tensor([0, 1, 3]))
    assert [len(line.get_xdata()) for line in ax.lines] == [20, 1, 2]
    assert len({line.get_marker() for line in ax.lines}) == 3


def test_the_boundary_is_where_the_margin_changes_its_sign(ax):
    line = torch.linspace(-2, 2, 41)
    draw_boundary(ax, (line - 0.5).expand(41, 41), reach=2.0)
    (boundary,) = ax.lines
    assert boundary.get_xdata() == pytest.approx(np.full(41, 0.5))


def test_without_a_change_of_sign_no_boundary_is_drawn(ax):
    draw_boundary(ax, torch.ones(4, 4), reach=1.0)
    assert not ax.lines


def test_rings_stand_round_the_means_and_the_line_midway(ax):
    means = torch.tensor([[-2.0, 1.0], [4.0, 1.0]])
    draw_latent(ax, torch.randn(6, 2), torch.tensor([0, 0, 0, 1, 1, 1]), means)
    ring = np.array(ax.lines[2].get_xydata())
    assert np.hypot(*(ring - [-2, 1]).T) == pytest.approx(np.full(len(ring), 2.0))
    assert list(ax.lines[-1].get_xdata()) == [1.0, 1.0]


def test_digits_stand_row_by_row(ax):
    images = torch.rand(2, 3, 8, 8)
    draw_digits(ax, images, rows=["none", "all"])
    sheet = ax.images[0].get_array()
    assert sheet.shape == (20, 30)
    assert np.asarray(sheet)[11:19, 21:29] == pytest.approx(images[1, 2].numpy())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["none", "all"]


def test_both_sides_show_all_points_and_mark_the_known_ones(ax):
    right = ax.figure.add_subplot()
    x, kinds = torch.randn(12, 2), torch.tensor([0, 1] * 6)
    means = torch.tensor([[-2.0, 0.0], [2.0, 0.0]])
    draw_both_sides([ax, right], x, kinds, torch.ones(3, 3), 2 * x, means, reach=2.0, known=4)
    assert [len(line.get_xdata()) for line in ax.lines] == [12, 2, 2]
    assert [len(line.get_xdata()) for line in right.lines[:2]] == [6, 6]
