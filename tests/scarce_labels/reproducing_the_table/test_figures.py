"""The curve over beta shows the numbers that it is given."""

from otbook_utils.scarce_labels.reproducing_the_table.figures import draw_over_beta


def test_curve_over_beta_passes_through_means_and_skips_places_without_runs(ax):
    draw_over_beta(ax, ["none", "0.9", "0.99"], {"all": [[70, 72], [], [80]]}, here=0)
    assert ax.lines[-1].get_xydata().tolist() == [[0, 71], [2, 80]]
