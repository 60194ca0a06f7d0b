"""The drawings show what they are given."""

from otbook_utils.bayesian_networks.noise_that_regularises.figures import draw_subnetwork


def test_dropped_units_have_no_edges(ax):
    draw_subnetwork(ax, [2, 3, 2], [None, [True, False, False], None])
    (edges, *_) = ax.collections
    assert len(edges.get_segments()) == 2 + 2
    units, crosses = ax.collections[1:]
    assert len(units.get_offsets()) == 5 and len(crosses.get_offsets()) == 2


def test_all_may_be_dropped(ax):
    draw_subnetwork(ax, [1, 2, 1], [None, [False, False], None])
    assert len(ax.collections[0].get_segments()) == 0
