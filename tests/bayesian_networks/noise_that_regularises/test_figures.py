"""The drawings show what they are given."""

import matplotlib.pyplot as plt
import torch

from otbook_utils.bayesian_networks.noise_that_regularises.figures import (
    draw_frequencies,
    draw_pairs,
    draw_subnetwork,
)


def test_dropped_units_have_no_edges(ax):
    draw_subnetwork(ax, [2, 3, 2], [None, [True, False, False], None])
    (edges, *_) = ax.collections
    assert len(edges.get_segments()) == 2 + 2
    units, crosses = ax.collections[1:]
    assert len(units.get_offsets()) == 5 and len(crosses.get_offsets()) == 2


def test_the_highest_bar_is_one_and_narrow_values_get_narrow_bars(ax):
    values = torch.randn(2000, generator=torch.Generator().manual_seed(0))
    for deviation in (1.0, 0.05):
        draw_frequencies(ax, deviation * values, -5, 5, widest=0.25)
        heights, edges, _ = ax.patches[-1].get_data()
        assert heights.max() == 1 and len(heights) == len(edges) - 1
        assert edges[0] <= deviation * values.min() and edges[-1] >= deviation * values.max()
        assert edges[1] - edges[0] < 0.6 * deviation


def test_values_that_are_all_equal_make_one_bar(ax):
    draw_frequencies(ax, torch.full((10,), 0.3), 0, 1, widest=0.1)
    assert ax.patches[0].get_data().values.tolist() == [1]


def test_the_title_tells_the_covariance_of_all_pairs():
    pairs = torch.tensor([[0.3, -0.2], [-0.1, 0.4], [0.2, 0.1]]).repeat(200, 1)
    figure = draw_pairs(pairs, highest=700)
    ax, right = figure.axes
    assert len(ax.lines[0].get_xdata()) == 250
    assert sum(bar.get_height() for bar in right.patches) == 600
    variance, covariance = pairs.T.cov()[0].tolist()
    assert right.get_title() == f"variance {variance:.2f}, covariance −{-covariance:.2f}"
    plt.close(figure)


def test_all_may_be_dropped(ax):
    draw_subnetwork(ax, [1, 2, 1], [None, [False, False], None])
    assert len(ax.collections[0].get_segments()) == 0
