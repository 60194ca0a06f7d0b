"""The drawings of the chapter show the numbers that they are given."""

import numpy as np
import pytest
from scipy import stats

from otbook_utils.optimal_transport.one_dimension_slices_gaussians.figures import (
    draw_ellipse,
    draw_journeys,
    draw_shadows,
    draw_stairs,
)


def test_stairs_rise_by_each_mass_at_its_place(ax):
    places, masses = np.array([2.0, -1.0, 5.0]), np.array([0.2, 0.5, 0.3])
    draw_stairs(ax, places, masses, label="source")
    x, level = ax.lines[0].get_data()
    for place, mass in zip(places, masses, strict=True):
        assert np.ptp(level[x == place]) == pytest.approx(mass)
    assert level[0] == 0 and level[-1] == pytest.approx(1)
    assert ax.lines[0].get_label() == "source"


def test_stairs_want_a_mass_for_each_place(ax):
    with pytest.raises(ValueError, match=r"masses must be \(3,\) as places is, got \(2,\)"):
        draw_stairs(ax, np.zeros(3), np.ones(2))


def test_each_point_of_the_ellipse_is_one_deviation_from_the_mean(ax):
    mean, cov = np.array([3.0, -1.0]), np.array([[2.0, 0.9], [0.9, 1.0]])
    draw_ellipse(ax, mean, cov)
    off = ax.lines[0].get_xydata() - mean
    assert np.einsum("ni,ij,nj->n", off, np.linalg.inv(cov), off) == pytest.approx(1)


def test_a_gaussian_on_a_segment_is_a_segment(ax):
    draw_ellipse(ax, [0, 0], [[1, 1], [1, 1]])
    x, y = ax.lines[0].get_data()
    assert x == pytest.approx(y, abs=1e-7) and x.max() == pytest.approx(1)


def test_the_grain_travels_between_the_quantiles(ax):
    """The mean journey over evenly spaced levels is scipy's W1."""
    rng = np.random.default_rng(0)
    sides = [(rng.normal(size=n), rng.dirichlet(np.ones(n))) for n in (3, 4)]
    levels = np.arange(0.005, 1, 0.01)
    mean = np.mean([draw_journeys(ax, *sides, u) for u in levels])
    (x, a), (y, b) = sides
    assert mean == pytest.approx(stats.wasserstein_distance(x, y, a, b), abs=0.03)


@pytest.mark.parametrize("angle", [0, 30, 135])
def test_a_shadow_is_the_nearest_point_of_the_line(ax, angle):
    cloud = np.random.default_rng(1).normal(size=(5, 2))
    draw_shadows(ax, cloud, cloud[:0], angle)
    line = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    fallen = ax.lines[1].get_xydata()
    assert fallen @ line == pytest.approx(cloud @ line)
    assert np.linalg.norm(fallen - np.outer(cloud @ line, line), axis=1) == pytest.approx(0.15)
