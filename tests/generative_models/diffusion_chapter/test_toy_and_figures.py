"""The ring has unit variance, and the drawings show what they are given."""

import numpy as np
import pytest
import torch

from otbook_utils.generative_models.diffusion_chapter.figures import (
    draw_cloud,
    draw_fields,
    draw_ways,
)
from otbook_utils.generative_models.diffusion_chapter.toy import CENTRES, ring, transport


def test_the_ring_has_mean_zero_and_almost_unit_variance():
    torch.manual_seed(0)
    x = ring(50_000)
    torch.testing.assert_close(x.mean(0), torch.zeros(2), atol=0.02, rtol=0)
    torch.testing.assert_close(x.var(0), torch.full((2,), 1.4**2 / 2 + 0.01), atol=0.02, rtol=0)
    assert torch.cdist(x, CENTRES).min(1).values.max() < 0.6


def test_transport_of_a_shift_is_its_length():
    x = torch.randn(30, 2)
    assert transport(x, x + torch.tensor([0.3, -0.4])) == pytest.approx(0.5, rel=1e-5)


def test_drawings_hold_their_points(ax):
    points = torch.tensor([[0.5, -1.0], [2.0, 0.0]])
    draw_cloud(ax, points, "two")
    np.testing.assert_allclose(ax.collections[0].get_offsets(), points)


def test_both_fields_are_drawn_to_scale(ax):
    places, arrows = torch.randn(6, 2), torch.randn(6, 2)
    draw_fields(ax, places, arrows, 2 * arrows, "fields")
    exact, learnt = ax.collections
    np.testing.assert_allclose(exact.U, arrows[:, 0])
    np.testing.assert_allclose(learnt.V, 2 * arrows[:, 1])


def test_a_way_begins_at_its_noise(ax):
    way = torch.stack([torch.arange(4.0), torch.zeros(4)], dim=1)
    draw_ways(ax, way, torch.ones(3, 2), "way")
    lines = [line.get_xydata() for line in ax.lines]
    np.testing.assert_allclose(lines[0], way)
    np.testing.assert_allclose(lines[1][0], way[0])
