"""The drawings show the points and the shares that they are given."""

import numpy as np
import pytest

from otbook_utils.optimal_transport.losses_between_distributions.figures import (
    draw_clouds,
    draw_shares,
)


def test_journeys_join_each_dot_to_its_cross(ax):
    x, y = np.arange(6.0).reshape(3, 2), -np.arange(6.0).reshape(3, 2)
    draw_clouds(ax, x, y, journeys=True)
    assert np.array_equal(ax.collections[0].get_segments(), np.stack([x, y], axis=1))
    assert {line.get_label() for line in ax.lines} == {"wanted", "moved"}


def test_clouds_of_two_sizes_are_refused(ax):
    with pytest.raises(ValueError, match=r"moving must be \(3, 2\) as target is, got \(2, 2\)"):
        draw_clouds(ax, np.zeros((2, 2)), np.zeros((3, 2)))


def test_what_is_wanted_stands_in_front(ax):
    draw_shares(ax, [1, 2], [0.1, 0.9], [0.5, 0.5])
    assert [bar.get_height() for bar in ax.patches] == [0.1, 0.9, 0.5, 0.5]
    assert [bar.get_hatch() for bar in ax.patches] == [None, None, "////", "////"]
