"""The drawings show what they say, and points are carried as the flow carries them."""

import numpy as np
import pytest
import torch

from otbook_utils.normalizing_flows import RealNVP
from otbook_utils.normalizing_flows.change_of_variables.figures import (
    bell,
    bend,
    bent_by_one_coupling,
    carried,
    carried_back,
    draw_bent_grid,
    draw_carried,
    draw_density,
    grid_lines,
    slope_of_bend,
)


def test_the_slope_is_that_of_the_bend_and_the_density_holds_mass_one():
    x = np.linspace(-4, 4, 8001)
    assert np.gradient(bend(x), x)[1:-1] == pytest.approx(slope_of_bend(x)[1:-1], abs=1e-5)
    assert np.trapezoid(bell(bend(x)) * slope_of_bend(x), x) == pytest.approx(1, abs=1e-6)


def test_a_flow_carries_points_from_where_they_are_to_z_and_back():
    torch.manual_seed(0)
    flow, x = RealNVP(2, 5, 16), torch.randn(20, 2)
    with torch.no_grad():
        torch.testing.assert_close(carried(flow, x, 0), x)
        torch.testing.assert_close(carried(flow, x, 5), flow(x)[0])
        torch.testing.assert_close(carried_back(flow, x, 5), flow.inverse(x)[0])
        half = carried(flow, x, 2.5)
        torch.testing.assert_close(half[:, 0], carried(flow, x, 2)[:, 0])  # the third keeps it


def test_a_grid_has_lines_both_ways():
    lines = grid_lines(reach=1, lines=3, points=5)
    assert lines[:3, :, 1].std(1).max() == 0 and lines[3:, :, 0].std(1).max() == 0


def test_the_marked_cell_grows_as_the_title_says(ax):
    draw_bent_grid(ax, 1.0, 0.5)
    s = np.sin(1.3 * np.linspace(0.5, 1.0, 201))
    grown = np.trapezoid(np.exp(s), np.linspace(0.5, 1.0, 201)) / 0.5
    assert f"area × {grown:.2f}" in ax.get_title()


def test_one_coupling_keeps_the_first_number():
    x = torch.randn(7, 2)
    assert torch.equal(bent_by_one_coupling(x, 0.7)[:, 0], x[:, 0])
    assert torch.equal(bent_by_one_coupling(x, 0.0), x)


def test_two_kinds_of_points_get_two_markers(ax):
    draw_carried(ax, grid_lines(lines=2), torch.randn(10, 2), [0, 1] * 5)
    assert [line.get_marker() for line in ax.lines[-2:]] == ["o", "^"]


def test_a_density_is_drawn_over_its_square(ax):
    draw_density(ax, torch.zeros(4, 4), torch.zeros(3, 2), reach=2.0)
    assert ax.images[0].get_extent() == [-2, 2, -2, 2]
    assert len(ax.lines[0].get_xdata()) == 3
